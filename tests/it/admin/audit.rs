//! The record of changes: who made each, what, when, from where, and how it ended.

use rustix::process::Signal;
use serde_json::{Value, json};

use super::admin;
use crate::{
    operate::{ask, give_up, place, run},
    support::{Client, Request},
};

async fn recorded(admin: &Client, query: &str) -> Vec<Value> {
    let answer = admin.send(&Request::get(&format!("/api/v1/audit{query}"))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["audit"].as_array().unwrap().clone()
}

#[tokio::test]
async fn each_change_is_on_record_with_who_what_and_how_it_ended() {
    let place = place().plugin("moody");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let admin = admin(&mut program, &place).await;
    give_up(&place, &client).await;
    assert_eq!(recorded(&admin, "").await, Vec::<Value>::new(), "reading is no change");

    let letters = admin.send(&Request::get("/api/v1/dead")).await.json();
    let letter = letters["dead"][0].clone();
    let named = |body: Value| {
        let request = Request::post("/api/v1/dead/drop", body.to_string());
        request.header("x-operator", "安娜 \u{202e}<script>")
    };
    let counted = admin
        .send(&named(json!({"ids": [letter["id"]], "dry_run": true})))
        .await;
    assert_eq!(counted.json()["count"], 1);
    assert_eq!(recorded(&admin, "").await, Vec::<Value>::new(), "counting is no change");
    let refused = admin.send(&named(json!({"ids": [letter["id"], 4711]}))).await;
    assert_eq!(refused.status, 404, "{refused:?}");
    let dropped = admin.send(&named(json!({"ids": [letter["id"]]}))).await;
    assert_eq!(dropped.json()["dropped"], 1);

    let changes = recorded(&admin, "").await;
    let [last, first] = &changes[..] else {
        panic!("{changes:?}")
    };
    assert_eq!(
        (&last["outcome"], &first["outcome"]),
        (&json!("done"), &json!("refused")),
        "{changes:?}"
    );
    assert_eq!(first["result"]["code"], "not_found");
    assert_eq!(last["command"], "dead/drop");
    assert_eq!(last["arguments"]["ids"], json!([letter["id"]]));
    assert_eq!(last["result"]["dropped"], 1);
    assert_eq!(
        (&last["role"], &last["way"], &last["peer"]),
        (&json!("operator"), &json!("api"), &json!("127.0.0.1"))
    );
    let name = last["name"].as_str().unwrap();
    assert!(name.starts_with("安娜") && !name.contains('\u{202e}'), "{name:?}");

    let event = letter["event"].as_i64().unwrap();
    let shown = admin
        .send(&Request::get(&format!("/api/v1/events/{event}")))
        .await
        .json();
    assert_eq!(shown["changes"].as_array().unwrap().len(), 2, "{shown}");
    assert_eq!(recorded(&admin, &format!("?delivery={}", letter["id"])).await.len(), 2);
    assert_eq!(recorded(&admin, "?outcome=refused&command=dead%2Fdrop").await.len(), 1);
    assert_eq!(recorded(&admin, "?plugin=moody").await.len(), 0);
    let older = recorded(&admin, &format!("?limit=1&before={}", last["id"])).await;
    assert_eq!(older[0]["id"], first["id"]);
}

#[tokio::test]
async fn a_filter_that_means_nothing_is_an_error() {
    let place = place();
    let mut program = place.run(&[]);
    program.serving().await;
    let admin = admin(&mut program, &place).await;
    for (query, status) in [
        ("?outcome=dnoe", 404),
        ("?event=1&plugin=a", 400),
        ("?command=", 400),
        ("?name=%00", 400),
        ("?since_ms=2&until_ms=1", 400),
        ("?unknown=1", 400),
        ("?event=x", 400),
    ] {
        let answer = admin.send(&Request::get(&format!("/api/v1/audit{query}"))).await;
        assert_eq!(answer.status, status, "{query}: {answer:?}");
    }
}

#[tokio::test]
async fn a_refusal_on_record_names_no_person() {
    let place = place();
    let mut program = place.run(&[]);
    program.serving().await;
    let admin = admin(&mut program, &place).await;
    for (path, body, status) in [
        (
            "authorizations/revoke",
            json!({"app": "cli_a1b2", "user": "ou_planted"}),
            404,
        ),
        ("erase", json!({"users": ["planted"]}), 400),
    ] {
        let request = Request::post(&format!("/api/v1/{path}"), body.to_string());
        let refused = admin.send(&request).await;
        assert_eq!(refused.status, status, "{refused:?}");
        assert!(refused.body.contains("planted"), "whoever asked is told: {refused:?}");
    }
    let changes = recorded(&admin, "?outcome=refused").await;
    assert_eq!(changes.len(), 2, "{changes:?}");
    assert!(!json!(changes).to_string().contains("planted"), "{changes:?}");
}

#[tokio::test]
async fn what_a_person_changes_without_a_server_is_on_record_too() {
    let place = place().plugin("counter").set("CALLBACK_OPERATOR", "anna");
    assert_eq!(run(&place, &["db", "migrate"]).await.code, Some(0));
    ask(&place, &["plugin", "pause", "counter"]).await;
    assert_eq!(run(&place, &["db", "prune"]).await.code, Some(0));
    let listed = ask(&place, &["audit"]).await;
    let commands: Vec<_> = listed["audit"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| &change["command"])
        .collect();
    assert_eq!(commands, ["prune", "plugin-orders/pause"], "{listed}");
    assert_eq!(listed["audit"][1]["name"], "anna");
    assert_eq!(listed["audit"][1]["way"], "command_line");
    let of_plugin = ask(
        &place,
        &["audit", "--plugin", "counter", "--outcome", "done", "--since", "1h"],
    )
    .await;
    assert_eq!(of_plugin["audit"].as_array().unwrap().len(), 1, "{of_plugin}");
    let shown = ask(&place, &["plugin", "show", "counter"]).await;
    assert_eq!(shown["changes"][0]["command"], "plugin-orders/pause", "{shown}");
    let table = run(&place, &["audit"]).await;
    assert!(
        table.stdout.contains("anna (operator)") && table.stdout.contains("plugin-orders/pause"),
        "{table:?}"
    );
    let none = run(&place, &["audit", "--name", "nobody"]).await;
    assert!(none.stdout.contains("no change is on record"), "{none:?}");
}

#[tokio::test]
async fn what_is_installed_and_restored_at_the_command_line_is_on_record() {
    let place = place().set("CALLBACK_OPERATOR", "anna");
    let file = test_guests::guest("counter");
    let install = ["plugin", "install", file.to_str().unwrap()];
    let first = run(&place, &install).await;
    assert!(
        first.code == Some(0) && !first.stderr.contains("warning"),
        "there is no database yet: {first:?}"
    );
    assert!(!place.path("data/config.db").exists(), "nobody makes one for a record");

    let mut program = place.run(&[]);
    program.serving().await;
    assert_eq!(run(&place, &install).await.code, Some(0));
    let of_plugin = ask(&place, &["audit", "--plugin", "counter"]).await;
    let by_server = &of_plugin["audit"][0];
    assert_eq!(
        (
            &by_server["command"],
            &by_server["name"],
            &by_server["arguments"]["plugin"]
        ),
        (&json!("plugin-install"), &json!("anna"), &json!("counter")),
        "{of_plugin}"
    );
    ask(&place, &["db", "backup", "copy.db"]).await;
    program.signal(Signal::TERM);
    program.finished().await;

    assert_eq!(run(&place, &install).await.code, Some(0));
    let newest = ask(&place, &["audit"]).await["audit"][0].clone();
    assert_eq!(
        (&newest["command"], &newest["way"]),
        (&json!("plugin-install"), &json!("command_line"))
    );
    let restored = ask(&place, &["db", "restore", "copy.db"]).await;
    assert_eq!(restored["recorded"], true, "{restored}");
    let listed = ask(&place, &["audit"]).await;
    let commands: Vec<_> = listed["audit"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| &change["command"])
        .collect();
    assert_eq!(commands, ["db restore", "backup", "plugin-install"], "{listed}");
    assert_eq!(
        (&listed["audit"][0]["name"], &listed["audit"][0]["way"]),
        (&json!("anna"), &json!("command_line"))
    );
}

#[tokio::test]
async fn changes_of_the_server_itself_are_on_record_and_hold_no_payload() {
    let place = place();
    let mut program = place.run(&[]);
    program.serving().await;
    let admin = admin(&mut program, &place).await;
    let level = Request::post("/api/v1/log-level", r#"{"level":"debug"}"#);
    assert_eq!(admin.send(&level).await.status, 200);
    let task = Request::post("/api/v1/tasks/card-auth/status", r#"{"open_id":"ou_planted_person"}"#);
    assert_eq!(admin.send(&task).await.status, 200);
    let erase = Request::post("/api/v1/erase", r#"{"users":["ou_planted_person"]}"#);
    assert_eq!(admin.send(&erase).await.status, 200);
    let changes = recorded(&admin, "").await;
    let commands: Vec<_> = changes.iter().map(|change| &change["command"]).collect();
    assert_eq!(commands, ["erase", "tasks/{plugin}/{name}", "log-level"], "{changes:?}");
    assert_eq!(changes[2]["arguments"]["level"], "debug");
    assert_eq!(changes[1]["arguments"]["plugin"], "card-auth");
    assert!(!json!(changes).to_string().contains("planted"), "{changes:?}");
}
