//! Mistakes of authors and operators, each with the words that tell what to do.

use std::fs;

use serde_json::{Value, json};
use test_guests::guest;

use crate::support::{Finished, Place};

async fn plugin(place: &Place, arguments: &[&str]) -> Finished {
    place.run(&[&["plugin"], arguments].concat()).finished().await
}

/// What `plugin check` finds.
async fn problems(place: &Place, file: &str) -> Vec<String> {
    let checked = plugin(place, &["check", file, "--json"]).await;
    assert_eq!(checked.code, Some(1), "{checked:?}");
    let said: Value = serde_json::from_str(&checked.stdout).unwrap();
    let problems = said["problems"].as_array().unwrap().iter();
    problems.map(|problem| problem.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_value_of_another_type_in_config_is_told_what_it_must_be_before_anybody_clicks() {
    let place = Place::new()
        .plugin("wants_config")
        .file("wants_config.toml", b"[config]\ngreeting = { word = 'topsecret' }\n");
    let file = place.path("plugins/wants_config.wasm");
    let [problem] = problems(&place, file.to_str().unwrap()).await.try_into().unwrap();
    let told =
        "`greeting` under [config] must be a text in quotation marks, as in `greeting = \"…\"`, and it is a table";
    assert!(
        problem.contains("wants_config.toml") && problem.contains(told),
        "{problem}"
    );
    assert!(!problem.contains("topsecret"), "{problem}");

    let scene = place.serve().await;
    let line = scene.log.until("its settings do not fit").await;
    assert!(line.contains("and it is a table"), "{line}");
    scene
        .place
        .write("wants_config.toml", b"[config]\ngreeting = 'hello'\n");
    scene.until_click_says(json!({"greet": "world"}), "hello world").await;
}

#[tokio::test]
async fn a_core_module_is_told_the_target_that_it_was_built_for() {
    let place = Place::new();
    let preview1 = wat::parse_str("(module (import \"wasi_snapshot_preview1\" \"fd_write\" (func)))").unwrap();
    let bare = wat::parse_str("(module)").unwrap();
    for (module, told) in [(preview1, "wasm32-wasip1"), (bare, "wasm32-unknown-unknown")] {
        let file = place.path("greeter.wasm");
        fs::write(&file, module).unwrap();
        let [problem] = problems(&place, file.to_str().unwrap()).await.try_into().unwrap();
        assert!(
            problem.contains(told) && problem.contains("cargo build --target wasm32-wasip2"),
            "{problem}"
        );
    }
}

#[tokio::test]
async fn a_project_without_a_component_is_told_the_lines_to_add() {
    let place = Place::new();
    let folder = place.path("greeter");
    fs::create_dir_all(folder.join("src")).unwrap();
    fs::write(folder.join("src/lib.rs"), "").unwrap();
    let manifest = "[package]\nname = \"greeter\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    for more in ["", "\n[lib]\ncrate-type = [\"rlib\"]\n"] {
        fs::write(folder.join("Cargo.toml"), format!("{manifest}{more}")).unwrap();
        let built = plugin(&place, &["build", folder.to_str().unwrap()]).await;
        assert_eq!(built.code, Some(1), "{built:?}");
        assert!(built.stderr.contains("[lib]\ncrate-type = [\"cdylib\"]"), "{built:?}");
    }
}

#[tokio::test]
async fn one_fixture_is_told_from_many() {
    let place = Place::new();
    let folder = place.path("author");
    fs::create_dir_all(folder.join("fixtures")).unwrap();
    let wasm = folder.join("counter.wasm");
    fs::copy(guest("counter"), &wasm).unwrap();
    let body = json!({
        "schema": "2.0",
        "header": {"event_id": "e1", "event_type": "card.action.trigger", "create_time": "1700000000000000", "app_id": "cli_1"},
        "event": {"operator": {"open_id": "ou_anna"}, "action": {"value": {"count": "likes"}, "tag": "button"}},
    });
    for (name, told) in [("a", "1 fixture, as expected."), ("b", "2 fixtures, all as expected.")] {
        fs::write(folder.join(format!("fixtures/{name}.event.json")), body.to_string()).unwrap();
        let blessed = plugin(&place, &["test", wasm.to_str().unwrap(), "--bless"]).await;
        assert!(blessed.stdout.contains(told), "{blessed:?}");
    }
    fs::write(folder.join("fixtures/a.expected.json"), "{\"outcome\": \"pass\"}").unwrap();
    let tested = plugin(&place, &["test", wasm.to_str().unwrap()]).await;
    assert!(
        tested.stdout.contains("1 of 2 fixtures is not as expected."),
        "{tested:?}"
    );
}

#[tokio::test]
async fn the_log_is_compared_where_a_fixture_names_its_lines() {
    let place = Place::new();
    let folder = place.path("author");
    fs::create_dir_all(folder.join("fixtures")).unwrap();
    let wasm = folder.join("wants_config.wasm");
    fs::copy(guest("wants_config"), &wasm).unwrap();
    fs::write(wasm.with_extension("toml"), "[config]\ngreeting = \"hello\"\n").unwrap();
    let body = json!({
        "schema": "2.0",
        "header": {"event_id": "e1", "event_type": "card.action.trigger", "create_time": "1700000000000000", "app_id": "cli_1"},
        "event": {"operator": {"open_id": "ou_anna"}, "action": {"value": {"greet": "you"}, "tag": "button"}},
    });
    fs::write(folder.join("fixtures/a.event.json"), body.to_string()).unwrap();
    for (line, code) in [("INFO the greeting is hello, as it was set", 0), ("INFO another", 1)] {
        let expected = json!({"log": [line]}).to_string();
        fs::write(folder.join("fixtures/a.expected.json"), expected).unwrap();
        let tested = plugin(&place, &["test", wasm.to_str().unwrap()]).await;
        assert_eq!(tested.code, Some(code), "{line}: {tested:?}");
    }
}
