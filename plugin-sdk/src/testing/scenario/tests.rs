//! Fixtures are refused, answered and compared natively as they are in the sandbox.

use std::fs;
use std::path::PathBuf;

use lark_fixture::Fixture;
use serde_json::{Value, json};

use super::{Found, found, read_text};
use crate::prelude::*;

#[derive(Default)]
struct Teller;

impl Plugin for Teller {
    const EVENTS: &'static [&'static str] = &["im.message.receive_v1"];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        if event.event_type == "url.preview.get" {
            return Outcome::reply(&json!({"toast": {"content": "hi"}}));
        }
        let message: MessageReceive = event.payload()?;
        let user = host.openapi().user(message.sender_open_id())?;
        let told = host.kv().get("told")?.map(|entry| entry.value).unwrap_or_default();
        for _again in 0..2 {
            let answer = host.http().get("https://api.example.com/v1/words?n=1").send()?;
            host.log().info(&format!("{} at {}", answer.status(), host.now_ms()));
        }
        let told = String::from_utf8_lossy(&told).into_owned();
        let text = format!("{} {told}", user.name.unwrap_or_default());
        host.openapi().reply_text(&message.message.message_id, &text)?;
        Ok(Outcome::done().with_task(NewTask::new("later", &json!({"text": text}))?))
    }

    fn run(&self, _host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
        let again = NewTask::new(format!("{} again", task.name), &json!({}))?;
        Ok((0..17).fold(Outcome::done(), |outcome, _| outcome.with_task(again.clone())))
    }
}

/// A folder with the files of one fixture.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

impl Folder {
    fn new(name: &str, files: &[(&str, Value)]) -> Self {
        let folder = std::env::temp_dir().join(format!("scenario-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for (file, value) in files {
            fs::write(folder.join(file), value.to_string()).unwrap();
        }
        Self(folder)
    }

    fn found(&self) -> Result<Found, String> {
        let fixtures = Fixture::read_all(&self.0, &read_text).map_err(|error| error.to_string())?;
        found::<Teller>(&fixtures[0], &[]).map_err(|error| error.to_string())
    }
}

fn message() -> Value {
    let event = json!({
        "sender": {"sender_id": {"open_id": "ou_anna"}},
        "message": {"message_id": "om_9", "message_type": "text", "content": "{\"text\": \"hi\"}"},
    });
    let header = json!({"event_id": "e1", "event_type": "im.message.receive_v1", "create_time": "1700000000123"});
    json!({"schema": "2.0", "header": header, "event": event})
}

fn host() -> Value {
    json!({
        "kv": {"told": "twice"},
        "lark": {
            "GET /open-apis/contact/v3/users/*": {"code": 0, "data": {"user": {"name": "Anna"}}},
            "GET /open-apis/im/v1/chats/*": {"code": 0},
        },
        "http": {"* https://api.example.com/**": [{"status": 503}, {"status": 200, "body": "words"}]},
    })
}

/// What is found of a message with these expectations.
fn compared(name: &str, expected: Value) -> Result<Found, String> {
    let files = [
        ("a.event.json", message()),
        ("a.host.json", host()),
        ("a.expected.json", expected),
    ];
    Folder::new(name, &files).found()
}

#[test]
fn a_fixture_is_answered_with_what_its_host_holds() {
    let expected = json!({
        "outcome": "done",
        "calls": [
            "openapi GET /open-apis/contact/v3/users/ou_anna?user_id_type=open_id",
            "http GET https://api.example.com/v1/words?n=1",
            "http GET https://api.example.com/v1/words?n=1",
            "openapi POST /open-apis/im/v1/messages/om_9/reply",
        ],
        "tasks": [{"name": "later", "payload": {"text": "Anna twice"}}],
        "log": ["INFO 503 at 1700000000123", "INFO 200 at 1700000000123"],
    });
    assert_eq!(compared("same", expected).unwrap().lines, Vec::<String>::new());
}

#[test]
fn each_difference_has_its_place() {
    let expected = json!({"outcome": "reply", "tasks": [{"name": "later", "payload": {"text": "Ben"}}]});
    assert_eq!(
        compared("other", expected).unwrap().lines,
        [
            "outcome: expected \"reply\", got \"done\"",
            "tasks[0].payload.text: expected \"Ben\", got \"Anna twice\"",
        ]
    );
}

#[test]
fn an_answer_that_no_call_was_for_is_worth_a_note() {
    let notes = compared("note", json!({"outcome": "done"})).unwrap().notes;
    assert_eq!(notes.len(), 1);
    let told = "no call was for lark.\"GET /open-apis/im/v1/chats/*\" in ";
    assert!(notes[0].starts_with(told), "{notes:?}");
}

#[test]
fn a_file_that_the_sandbox_would_not_read_is_refused_in_its_words() {
    let tidy = json!({"task": {"name": "tidy"}});
    for (name, files, told) in [
        (
            "list",
            vec![("a.expected.json", json!([]))],
            "a.expected.json: an object is wanted",
        ),
        (
            "member",
            vec![("a.host.json", json!({"htpp": {}}))],
            "a.host.json: the file has no `htpp`; did you mean `http`?",
        ),
        (
            "kind",
            vec![("a.host.json", json!({"now_ms": "yesterday"}))],
            "a.host.json: `now_ms`: invalid type: string",
        ),
        (
            "answer",
            vec![(
                "a.host.json",
                json!({"lark": {"GET /open-apis/x": {"statuss": 500, "body": {}}}}),
            )],
            "lark.\"GET /open-apis/x\": an answer has no `statuss`; did you mean `status`?",
        ),
        (
            "outcome",
            vec![("a.expected.json", json!({"outcome": "don"}))],
            "a.expected.json: `outcome` is never `don`; did you mean `done`?",
        ),
        (
            "part",
            vec![("a.expectd.json", json!({}))],
            "a.expectd.json: it is not read; did you mean a.expected.json?",
        ),
        (
            "paylod",
            vec![("a.event.json", json!({"task": {"name": "tidy", "paylod": {}}}))],
            "a.event.json: `task` has no `paylod`; did you mean `payload`?",
        ),
        (
            "half",
            vec![("a.event.json", json!({"message": {}}))],
            "a.event.json: it is neither a whole body",
        ),
    ] {
        let mut all = vec![("a.event.json", tidy.clone())];
        all.extend(files);
        let why = Folder::new(name, &all).found().unwrap_err();
        assert!(why.contains(told), "{why}");
    }
}

#[test]
fn what_the_server_would_refuse_is_no_good_outcome() {
    let header = json!({"event_id": "e1", "event_type": "url.preview.get", "create_time": "1700000000123"});
    let preview = json!({"schema": "2.0", "header": header, "event": {}});
    let files = [
        ("a.event.json", preview),
        ("a.expected.json", json!({"outcome": "reply"})),
    ];
    assert_eq!(
        Folder::new("preview", &files).found().unwrap().lines,
        [
            "Lark would not take this reply: `toast` belongs to the reply to a click; the reply to a link preview has `inline` \
             and `card`"
        ]
    );
    let expected = json!({
        "outcome": "over_limit",
        "error": "the number of tasks in one outcome is over the limit of 16; the setting is `tasks_max = 16` under [limits] in \
                  the plugin's .toml",
    });
    let files = [
        ("a.event.json", json!({"task": {"name": "tidy"}})),
        ("a.expected.json", expected),
    ];
    assert_eq!(Folder::new("tasks", &files).found().unwrap(), Found::default());
}

#[test]
fn a_fixture_whose_result_is_not_written_down_is_no_good_one() {
    let lines = Folder::new("none", &[("a.event.json", json!({"task": {"name": "tidy"}}))])
        .found()
        .unwrap()
        .lines;
    assert!(
        lines[0].contains("a.expected.json does not exist; `lark-callback plugin test`"),
        "{lines:?}"
    );
}
