//! Fixtures that `plugin test` would not read as they are meant, and the words that tell it.

use std::fs;

use serde_json::json;

use super::authoring::{click, laid_out, plugin};
use crate::support::Place;

#[tokio::test]
async fn a_fixture_that_is_none_is_told_what_it_must_be() {
    let place = Place::new();
    let wasm = laid_out(
        &place,
        "counter",
        "",
        &[
            ("a.json", json!({"action": {"value": 1}})),
            ("b.json", json!({"encrypt": "x"})),
            ("c.event.json", click(json!({"count": "likes"}))),
            ("c.host.json", json!({"kb": {}})),
            ("e.event.json", click(json!({"count": "likes"}))),
            (
                "e.host.json",
                json!({"lark": {"GET /open-apis/x": [{}, {"status": 200, "boddy": {}}]}}),
            ),
            ("f.event.json", click(json!({"count": "likes"}))),
            ("f.expected.json", json!({"otcome": "pass"})),
            ("g.json", json!({"task": {"name": "tidy", "paylod": {}}})),
            ("h.event.json", click(json!({"count": "likes"}))),
            ("h.host.json", json!({"now_ms": "yesterday"})),
            ("i.event.json", click(json!({"count": "likes"}))),
            ("i.host.json", json!({"kv": ["likes"]})),
            ("j.json", json!({"task": {"name": ["tidy"]}})),
        ],
    );
    for (file, told) in [
        ("a.json", "--type TYPE"),
        ("b.json", "events export"),
        ("c.event.json", "c.host.json: the file has no `kb`; did you mean `kv`?"),
        (
            "e.event.json",
            "lark.\"GET /open-apis/x\": [1]: an answer has no `boddy`; did you mean `body`?",
        ),
        ("f.event.json", "the file has no `otcome`; did you mean `outcome`?"),
        ("g.json", "`task` has no `paylod`; did you mean `payload`?"),
        ("h.event.json", "h.host.json: `now_ms`: invalid type: string"),
        ("i.event.json", "i.host.json: `kv`: invalid type: sequence"),
        ("j.json", "in `task`, `name`: invalid type: sequence"),
        ("d.json", "d.json"),
    ] {
        let event = wasm.with_file_name("fixtures").join(file);
        let refused = plugin(
            &place,
            &["test", wasm.to_str().unwrap(), "--event", event.to_str().unwrap()],
        )
        .await;
        assert_ne!(refused.code, Some(0), "{refused:?}");
        assert!(refused.stderr.contains(told), "{file}: {refused:?}");
    }
    let none = plugin(&place, &["test", wasm.to_str().unwrap(), "--fixtures", "."]).await;
    assert!(
        none.code == Some(5) && none.stderr.contains("events export"),
        "{none:?}"
    );
}

#[tokio::test]
async fn a_file_beside_the_fixtures_that_would_never_be_read_is_refused() {
    let place = Place::new();
    let wasm = laid_out(&place, "counter", "", &[]);
    for (file, told) in [
        ("likes.hosts.json", "did you mean likes.host.json?"),
        ("liks.host.json", "there is no liks.event.json beside it"),
        ("liks.expected.json", "there is no liks.event.json beside it"),
    ] {
        let folder = place.path(file);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join(file), "{}").unwrap();
        fs::write(
            folder.join("likes.event.json"),
            click(json!({"count": "likes"})).to_string(),
        )
        .unwrap();
        let refused = plugin(
            &place,
            &["test", wasm.to_str().unwrap(), "--fixtures", folder.to_str().unwrap()],
        )
        .await;
        assert!(refused.code != Some(0) && refused.stderr.contains(told), "{refused:?}");
    }
}

#[tokio::test]
async fn a_schedule_whose_task_no_fixture_runs_is_worth_a_note() {
    let place = Place::new();
    let ticks = json!({"task": {"name": "tick", "scheduled_at_ms": 1_700_000_040_000_u64}});
    let other = json!({"task": {"name": "tock", "scheduled_at_ms": 1_700_000_040_000_u64}});
    let note = "note: no fixture runs the task `tick`, which has a schedule; add one: \
                {\"task\":{\"name\":\"tick\"}}";
    for (task, is_noted) in [(other, true), (ticks, false)] {
        let done = json!({"outcome": "done"});
        let files = [("a.event.json", task), ("a.expected.json", done)];
        let wasm = laid_out(&place, "timed", "", &files);
        let tested = plugin(&place, &["test", wasm.to_str().unwrap()]).await;
        assert_eq!(tested.code, Some(0), "{tested:?}");
        assert_eq!(tested.stdout.contains(note), is_noted, "{tested:?}");
    }
}

#[tokio::test]
async fn an_event_that_no_server_would_deliver_to_the_plugin_is_worth_a_note() {
    let place = Place::new();
    let files = [
        ("a.event.json", click(json!({"do": "nothing"}))),
        ("a.expected.json", json!({"outcome": "done"})),
    ];
    let wasm = laid_out(&place, "moody", "", &files);
    let tested = plugin(&place, &["test", wasm.to_str().unwrap()]).await;
    let note = "the plugin does not take card.action.trigger, so no server delivers this to it";
    assert!(tested.stdout.contains(note), "{tested:?}");
}
