//! The fake host refuses what the server refuses, in its words.

use serde_json::json;

use super::super::FakeHost;
use crate::prelude::*;
use crate::{KvError, Toast};

/// Replies and tasks as the payload of the event wants them.
struct Odd;

impl Plugin for Odd {
    const EVENTS: &'static [&'static str] = &["*"];

    fn handle(&self, _host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let reply: serde_json::Value = event.payload()?;
        Outcome::reply(&reply)
    }

    fn run(&self, _host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
        Ok(Outcome::done().with_task(NewTask::new(task.name.as_str(), &json!({}))?))
    }
}

/// What the panic of a test says.
fn told(test: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(test).unwrap_err();
    *panic.downcast::<String>().unwrap()
}

#[test]
fn a_value_that_is_too_large_is_refused_with_the_setting() {
    let host = FakeHost::new();
    let refused = |set: Result<u64, KvError>| set.unwrap_err().to_string();
    let too_large = vec![0; (256 << 10) + 1];
    assert_eq!(
        refused(host.kv().set("text", &too_large, None)),
        "over a limit of the key-value store: a value of 262145 bytes is over the limit; the setting is `kv_value_bytes_max = \
         262144` under [limits] in lark-plugin-sdk.toml"
    );
    assert!(host.kv().set("text", &too_large[1..], None).is_ok());
    for (key, bytes) in [(String::new(), 0), ("k".repeat(513), 513)] {
        let said = format!("over a limit of the key-value store: a key has 1 to 512 bytes, this one has {bytes}");
        assert_eq!(refused(host.kv().set(&key, b"", None)), said);
        assert_eq!(host.kv().get(&key).unwrap_err().to_string(), said);
    }
    let host = FakeHost::new().with_limit("kv_bytes_max", 150);
    host.kv().set("a", b"1", None).unwrap();
    host.kv().set("b", b"1", None).unwrap();
    let said = refused(host.kv().set("c", b"1", None));
    assert!(
        said.contains("all keys and values together are over the limit; the setting is `kv_bytes_max = 150`"),
        "{said}"
    );
    host.kv().set("a", b"2", None).unwrap();
}

#[test]
fn a_reply_of_another_kind_ends_the_test_and_so_does_a_misspelt_component() {
    let card = json!({"card": {"type": "raw", "data": {
        "schema": "2.0", "body": {"elements": [{"tag": "markdwn", "content": "hi"}]},
    }}});
    for (event_type, reply, said) in [
        (
            "url.preview.get",
            serde_json::to_value(CardReply::toast(Toast::info("hi"))).unwrap(),
            "`toast` belongs to the reply to a click; the reply to a link preview has `inline` and `card`",
        ),
        (
            "card.action.trigger",
            json!({"inline": {"title": "hi"}}),
            "`inline` belongs to the reply to a link preview; the reply to a click has `toast` and `card`",
        ),
        (
            "card.action.trigger",
            card,
            "`card.data.body.elements[0].tag` is no kind of component; the nearest one is `markdown`",
        ),
    ] {
        let event = Event::new(event_type, &reply);
        let told = told(move || drop(FakeHost::new().handle(&Odd, &event)));
        assert_eq!(told, format!("Lark would not take this reply: {said}"));
    }
    let good = Event::new("card.action.trigger", &json!({"toast": {"content": "hi"}}));
    FakeHost::new().handle(&Odd, &good).unwrap().assert_toast("hi");
}

#[test]
fn a_task_that_the_server_would_not_take_ends_the_test() {
    let long = Task::new("a".repeat(129), &json!({})).unwrap();
    let told = told(move || drop(FakeHost::new().run(&Odd, &long)));
    assert!(
        told.contains("(bad_task)") && told.contains("not a valid name: one line of 1 to 128 bytes"),
        "{told}"
    );
    let month = std::time::Duration::from_secs(31 * 86_400);
    let later = Outcome::done().with_task(NewTask::new("later", &json!({})).unwrap().after(month));
    let refused = FakeHost::new().limits.check_tasks(&later.tasks).unwrap_err();
    assert_eq!(
        (refused.code, refused.message.as_str()),
        (
            "over_limit",
            "the delay of a task in milliseconds is over the limit of 2592000000; the setting is `task_delay_ms_max = \
             2592000000` under [limits] in the plugin's .toml"
        )
    );
}

#[test]
fn a_card_that_lark_would_refuse_is_not_sent() {
    let fake = FakeHost::new();
    let host: &dyn Host = &fake;
    let card = json!({"schema": "2.0", "body": {"elements": [{"tag": "markdwn", "content": "hi"}]}});
    let sent = host.openapi().send_message(To::Chat("oc_team"), "interactive", &card);
    assert_eq!(
        sent.unwrap_err().to_string(),
        "this call cannot be made: `content.body.elements[0].tag` is no kind of component; the nearest one is `markdown`"
    );
    assert!(fake.calls().is_empty() && fake.said().is_empty());
}
