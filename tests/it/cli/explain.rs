//! `explain`: what a code means, from the terminal and in the manual, and beside what failed.

use std::fs;

use lark_callback::codes::{self, Language};
use serde_json::{Value, json};

use crate::{
    operate::{ask, give_up, place, run},
    support::{Finished, Place, root},
};

async fn explain(place: &Place, arguments: &[&str]) -> Finished {
    run(place, &[&["explain"], arguments].concat()).await
}

#[test]
fn the_pages_of_the_codes_are_what_the_table_says() {
    for (file, language, arguments) in [
        ("host/docs/errors.md", Language::En, "--markdown"),
        ("host/docs/zh/errors.md", Language::Zh, "--markdown --lang zh"),
    ] {
        let page = fs::read_to_string(root().join(file)).unwrap_or_default();
        assert!(
            page == codes::page(language),
            "write it anew: cargo run -- explain {arguments} > {file}"
        );
    }
}

#[test]
fn the_exit_codes_in_the_page_about_operating_are_those_of_the_table() {
    for (file, language) in [
        ("host/docs/operating.md", Language::En),
        ("host/docs/zh/operating.md", Language::Zh),
    ] {
        let page = fs::read_to_string(root().join(file)).unwrap();
        let table = codes::exit_table(language);
        let lines = |text: &str| -> Vec<String> {
            let codes = |line: &&str| line.split(' ').nth(1).is_some_and(|code| code.parse::<u8>().is_ok());
            let rows = text.lines().filter(|line| line.starts_with("| ")).filter(codes);
            rows.map(str::to_owned).collect()
        };
        assert!(page.contains(&table), "{file} differs from the table:\n{table}");
        assert_eq!(lines(&page), lines(&table), "{file} has other rows of exit codes");
    }
}

#[tokio::test]
async fn a_code_is_explained_in_the_language_of_the_terminal() {
    let place = Place::new();
    let english = explain(&place, &["200340"]).await;
    assert_eq!(english.code, Some(0), "{english:?}");
    assert!(english.stdout.contains("Callback Configuration") && english.stdout.contains("https://open.feishu.cn/"));
    for place in [
        place.set("LANG", "zh_CN.UTF-8"),
        Place::new().set("LC_ALL", "zh_CN.UTF-8"),
    ] {
        let chinese = explain(&place, &["200340"]).await;
        assert!(chinese.stdout.contains("回调配置"), "{chinese:?}");
        let asked = explain(&place, &["--lang", "en", "200340"]).await;
        assert_eq!(asked.stdout, english.stdout);
    }
}

#[tokio::test]
async fn the_codes_in_a_pasted_line_are_found() {
    let place = Place::new();
    let line = r#"{"level":"WARN","message":"Callback refused: …","reason":"signature","status":401}"#;
    for (text, wanted) in [
        ("230099/11310", vec!["230099", "11310"]),
        ("ErrCode: 11310", vec!["11310"]),
        (line, vec!["signature"]),
        ("exit 3", vec!["exit 3"]),
    ] {
        let found = ask(&place, &["explain", text]).await;
        let codes: Vec<_> = found["found"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["code"].clone())
            .collect();
        assert_eq!(codes, wanted, "{text}");
        assert_eq!(found["unknown"], json!([]));
    }
    let all = explain(&place, &[]).await;
    assert!(
        all.stdout.contains("20029") && all.stdout.contains("over_cpu"),
        "{all:?}"
    );
}

#[tokio::test]
async fn an_unknown_code_is_placed_and_a_misspelt_one_corrected() {
    let place = Place::new();
    let unknown = explain(&place, &["230998"]).await;
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    assert!(
        unknown.stderr.contains("230000 to 230999, is about: messages"),
        "{unknown:?}"
    );
    let misspelt = explain(&place, &["over_cqu"]).await;
    assert_eq!(misspelt.code, Some(1));
    assert!(misspelt.stderr.contains("(over_cpu?)"), "{misspelt:?}");
    let nothing = explain(&place, &["it", "is", "broken"]).await;
    assert_eq!(nothing.code, Some(1), "{nothing:?}");
}

#[tokio::test]
async fn a_dead_letter_and_its_event_say_what_to_do() {
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let event = give_up(&place, &client).await;
    let cure = |explained: &Value| explained[0]["cure"].as_str().unwrap_or_default().to_owned();
    let listed = ask(&place, &["dead", "list"]).await;
    assert!(cure(&listed["dead"][0]["explained"]).contains("dead retry"), "{listed}");
    let shown = ask(&place, &["events", "show", &event]).await;
    let attempt = &shown["deliveries_in_full"][0]["attempts"][0];
    assert_eq!(attempt["explained"][0]["code"], "permanent", "{shown}");
    program.until_logged(r#""cure":"correct what the error names"#).await;

    let place = place.set("LANG", "zh_CN.UTF-8");
    for arguments in [&["dead", "list"][..], &["events", "show", &event]] {
        let chinese = run(&place, arguments).await;
        assert!(chinese.stdout.contains("插件表示重试无用"), "{chinese:?}");
    }
}

#[tokio::test]
async fn what_was_pasted_or_set_commands_no_terminal() {
    let place = Place::new().set("CALLBACK_BUDGET_MS", "soon\u{9b}2J\u{202e}");
    for arguments in [
        &["explain", "7\u{9b}2J\u{202e}"][..],
        &["explain", "--json", "7\u{9b}2J\u{202e}"],
        &["check"],
        &["check", "--json"],
        &["config", "show"],
        &["config", "show", "--json"],
        &["doctor", "--json"],
        &["events", "show", "\u{9b}2J\u{202e}"],
    ] {
        let told = run(&place, arguments).await;
        let text = format!("{}{}", told.stdout, told.stderr);
        assert!(!text.is_empty(), "{arguments:?}");
        assert!(!text.contains(['\u{9b}', '\u{202e}']), "{arguments:?}: {text:?}");
        if arguments.contains(&"--json") && !told.stdout.is_empty() {
            serde_json::from_str::<Value>(&told.stdout).unwrap();
        }
    }
}
