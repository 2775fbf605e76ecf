//! What monitors get: the metrics of a real server, and the alert rules, the board and the pages that stand on them.

mod promtool;

use std::{collections::BTreeSet, fs};

use lark_callback::telemetry::metrics;
use serde_json::{Value, json};

use crate::{
    admin::admin,
    operate::{give_up, place},
    support::{Request, root},
};

fn file(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn rules() -> String {
    file("host/deploy/prometheus/alerts.yml")
}

fn board() -> Value {
    serde_json::from_str(&file("host/deploy/grafana/lark-callback.json")).unwrap()
}

/// The page of a server that has served requests, delivered, given up and refused.
async fn served_page() -> String {
    let place = place()
        .plugin("moody")
        .file("broken.wasm", b"no component")
        .set("CALLBACK_DATABASE_BYTES_MAX", "1073741824")
        // Nobody is there; what could not be sent counts.
        .set("LARK_API_BASE_URL", "http://127.0.0.1:9")
        .set("LARK_ACCOUNTS_BASE_URL", "http://127.0.0.1:9")
        .set("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
        .set("CALLBACK_ALERT_CHAT", "oc_nobody");
    let mut program = place.run(&[]);
    let door = program.serving().await;
    let admin = admin(&mut program, &place).await;
    give_up(&place, &door).await;
    door.send(&place.lark.click(json!({}))).await;
    door.send(&Request::post("/callback", "{}")).await;
    let answer = admin.send(&Request::get("/metrics")).await;
    assert_eq!(answer.status, 200);
    answer.body
}

/// The names of a page's samples, as they are queried.
fn sampled(page: &str) -> BTreeSet<String> {
    let samples = page.lines().filter(|line| !line.starts_with('#'));
    let name = |line: &str| line.split(['{', ' ']).next().unwrap().to_owned();
    samples.map(name).collect()
}

/// All names of our metrics in a text.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|symbol: char| !symbol.is_ascii_alphanumeric() && symbol != '_');
    let ours = words.filter(|word| word.starts_with(metrics::PREFIX) && *word != metrics::PREFIX);
    ours.map(str::to_owned).collect()
}

/// The names under which declared metrics can be queried.
fn queried() -> BTreeSet<String> {
    let of = |metric: &metrics::Metric| {
        let name = format!("{}{}", metrics::PREFIX, metric.name);
        match metric.kind {
            metrics::MetricKind::Histogram => ["_bucket", "_sum", "_count"].map(|end| format!("{name}{end}")).into(),
            metrics::MetricKind::Counter | metrics::MetricKind::Gauge => vec![name],
        }
    };
    metrics::all().flat_map(of).collect()
}

/// Every expression of the board, with what Grafana puts into it.
fn board_expressions() -> Vec<String> {
    let mut found = Vec::new();
    for panel in board()["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let expression = target["expr"].as_str().unwrap();
            found.push(expression.replace("$__rate_interval", "5m").replace("$job", ".*"));
        }
    }
    assert!(found.len() > 20, "{found:?}");
    found
}

/// The names of all alerts.
fn alerts() -> Vec<String> {
    let rules = rules();
    let names = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
    let names: Vec<_> = names.map(str::to_owned).collect();
    assert!(names.len() > 10, "{names:?}");
    names
}

#[tokio::test]
async fn the_server_exports_what_is_declared_with_its_labels_and_nothing_else() {
    let page = served_page().await;
    let (sampled, queried) = (sampled(&page), queried());
    let unknown: Vec<_> = sampled.difference(&queried).collect();
    assert!(unknown.is_empty(), "not declared: {unknown:?}");
    for metric in metrics::all() {
        let name = format!("{}{}", metrics::PREFIX, metric.name);
        let help = format!("# HELP {name} {}", metric.help);
        let kind = format!("# TYPE {name} {}", metric.kind.word());
        assert!(page.lines().any(|line| line == help), "{help} in {page}");
        assert!(page.lines().any(|line| line == kind), "{kind} in {page}");
        for line in page
            .lines()
            .filter(|line| line.starts_with(&format!("{name}{{")) || line.starts_with(&format!("{name}_bucket{{")))
        {
            let (_, labels) = line.split_once('{').unwrap();
            let found: BTreeSet<_> = labels
                .split("\",")
                .filter_map(|label| label.split_once("=\""))
                .map(|(label, _)| label.trim_matches(','))
                .filter(|label| *label != "le")
                .collect();
            assert_eq!(found, metric.labels.iter().copied().collect(), "{line}");
        }
    }
}

#[tokio::test]
async fn an_attempt_is_in_every_bucket_from_its_own_on() {
    let page = served_page().await;
    let value = |end: &str| -> u64 {
        let line = format!(r#"lark_callback_attempt_duration_seconds_{end} "#);
        let found = page.lines().find_map(|found| found.strip_prefix(&line));
        found.unwrap_or_else(|| panic!("{line} in {page}")).parse().unwrap()
    };
    let of = r#"kind="event",plugin="moody""#;
    assert_eq!(value(&format!(r#"bucket{{{of},le="60"}}"#)), 1);
    assert_eq!(value(&format!(r#"bucket{{{of},le="+Inf"}}"#)), 1);
    assert_eq!(value(&format!("count{{{of}}}")), 1);
    assert!(value(&format!(r#"bucket{{{of},le="0.01"}}"#)) <= 1);
}

#[test]
fn the_page_of_the_metrics_is_what_is_declared() {
    assert!(
        file("host/docs/metrics.md") == metrics::page(),
        "write it anew: cargo run -- metrics --markdown > host/docs/metrics.md"
    );
}

#[test]
fn rules_and_board_ask_for_metrics_that_there_are() {
    let known = queried();
    let of_card_auth = metrics::page();
    let texts = [rules(), board_expressions().join("\n")];
    for name in texts.iter().flat_map(|text| named(text)) {
        let is_of_a_plugin = name
            .strip_prefix("lark_callback_plugin_")
            .is_some_and(|own| of_card_auth.contains(&format!("`{own}")));
        // A pattern over two names.
        let is_pattern = name == "lark_callback_" && texts[0].contains("lark_callback_(requests|attempts)_total");
        assert!(known.contains(&name) || is_of_a_plugin || is_pattern, "{name}");
    }
}

#[test]
fn the_board_shows_every_metric_but_those_that_only_say_that_there_is_a_server() {
    let shown = named(&board_expressions().join("\n"));
    for metric in metrics::all() {
        let name = format!("{}{}", metrics::PREFIX, metric.name);
        let is_shown = shown.iter().any(|shown| shown.starts_with(&name));
        assert!(
            is_shown || ["up", "build_info", "attempts_seconds_total"].contains(&metric.name),
            "{name}"
        );
    }
}

#[test]
fn every_alert_leads_to_its_heading_in_the_runbook_and_has_a_case() {
    let (rules, runbook) = (rules(), file("host/docs/runbook.md"));
    let cases = file("host/deploy/prometheus/alerts_test.yml");
    let names = alerts();
    for name in &names {
        let link = format!(
            "'{{{{ $externalLabels.runbooks }}}}runbook.md#{}'\n",
            name.to_lowercase()
        );
        assert!(rules.contains(&link), "{name} has no link to the runbook");
        assert!(
            runbook.contains(&format!("\n## {name}\n")),
            "{name} is not in the runbook"
        );
        let case = format!("alertname: {name}\n        exp_alerts:");
        assert!(cases.contains(&case), "{name} is never raised by a case");
    }
    let headings = runbook.lines().filter_map(|line| line.strip_prefix("## "));
    for heading in headings {
        assert!(
            names.iter().any(|name| name == heading),
            "{heading} is no alert any more"
        );
    }
}
