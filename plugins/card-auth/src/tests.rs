//! Helpers of the tests: a session for Anna, her clicks, her returns, and what remains stored.

mod account;
mod card;
mod click;
mod counts;
mod redirect;
mod request;
mod settle;

use std::time::Duration;

use lark_plugin_sdk::prelude::*;
use lark_plugin_sdk::testing::FakeHost;
use serde_json::{Value, json};

use crate::CardAuth;

const MINUTE: Duration = Duration::from_secs(60);

fn request_with(host: &FakeHost, payload: &Value) -> Result<Outcome, Failure> {
    // A task of its own each time: a task that comes again has the id of the first time.
    let mut task = Task::new("request", payload)?;
    task.id = format!("task-{}", host.kv().list("task/")?.len());
    CardAuth.run(host, &task)
}

fn request_reply(host: &FakeHost, payload: &Value) -> Value {
    let outcome = request_with(host, payload).expect("an outcome");
    outcome.reply_json().expect("the task has a reply")
}

/// The id of a new session for Anna.
fn request(host: &FakeHost) -> String {
    let reply = request_reply(
        host,
        &json!({"open_id": "ou_anna", "scope": ["contact:contact", "offline_access"]}),
    );
    reply["session_id"].as_str().expect("an id").to_owned()
}

fn run(host: &FakeHost, task: &NewTask) -> Result<Outcome, Failure> {
    let payload: Value = serde_json::from_str(&task.payload).expect("json");
    CardAuth.run(host, &Task::new(task.name.as_str(), &payload)?)
}

fn handled(host: &FakeHost, event: &Event) -> Outcome {
    CardAuth.handle(host, event).expect("an outcome")
}

fn click_value(host: &FakeHost, open_id: &str, value: Value) -> Value {
    handled(host, &Event::card_action(open_id, value))
        .reply_json()
        .expect("a reply")
}

fn click(host: &FakeHost, session_id: &str, action: &str) -> Value {
    click_value(host, "ou_anna", json!({"card_auth": session_id, "action": action}))
}

/// Anna has a link: her session. The state is `state-2` for the first link that is shown: `state-1` goes with the request,
/// which tries whether a link can be made at all.
fn linked(host: &FakeHost) -> String {
    let session_id = request(host);
    assert_eq!(toast(&click(host, &session_id, "authorize")).0, "info");
    session_id
}

/// Somebody comes back with a code: the page, and the names of the tasks that follow.
fn back(host: &FakeHost, state: &str) -> (String, Vec<String>) {
    page(&handled(host, &Event::oauth_redirect(state)))
}

fn page(outcome: &Outcome) -> (String, Vec<String>) {
    let reply = outcome.reply_json().expect("a reply");
    let tasks = outcome.tasks.iter().map(|task| task.name.clone()).collect();
    (reply["page"].as_str().expect("a page").to_owned(), tasks)
}

/// The kind, and what an English client shows.
fn toast(reply: &Value) -> (&str, &str) {
    let toast = &reply["toast"];
    (
        toast["type"].as_str().unwrap_or_default(),
        toast["i18n"]["en_us"].as_str().unwrap_or_default(),
    )
}

fn title_of(card: &Value) -> Option<&str> {
    card["header"]["title"]["i18n_content"]["en_us"].as_str()
}

fn title(reply: &Value) -> Option<&str> {
    title_of(&reply["card"]["data"])
}

fn stored_session(host: &FakeHost, session_id: &str) -> Value {
    let entry = host.kv().get_json::<Value>(&format!("session/{session_id}"));
    entry.expect("kv").expect("a session").value
}

fn status(host: &FakeHost, session_id: &str) -> String {
    stored_session(host, session_id)["status"]
        .as_str()
        .expect("a status")
        .to_owned()
}

fn set(host: &FakeHost, session_id: &str, field: &str, value: Value) {
    let mut session = stored_session(host, session_id);
    session[field] = value;
    host.kv()
        .set_json(&format!("session/{session_id}"), &session, None)
        .expect("kv");
}

fn set_status(host: &FakeHost, session_id: &str, status: &str) {
    set(host, session_id, "status", json!(status));
}
