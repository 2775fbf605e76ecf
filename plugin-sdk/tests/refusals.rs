//! What the server refuses, as `schema/refusals.json` has it for the SDKs of all languages.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends with a panic"
)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use lark_plugin_sdk::prelude::*;
use lark_plugin_sdk::testing::FakeHost;
use serde_json::{Map, Value};

/// A part of the file, with all that it repeats.
fn part(name: &str) -> Vec<Vec<Value>> {
    let mut file: Value = serde_json::from_str(include_str!("../schema/refusals.json")).unwrap();
    let cases: Vec<Vec<Value>> = serde_json::from_value(file[name].take()).unwrap();
    assert!(cases.len() > 4, "{name}");
    cases
        .into_iter()
        .map(|case| case.into_iter().map(expanded).collect())
        .collect()
}

fn expanded(value: Value) -> Value {
    match value {
        Value::Object(members) => match members.get("$repeat") {
            Some(repeated) => {
                let times = usize::try_from(repeated[0].as_u64().unwrap()).unwrap();
                match &repeated[1] {
                    Value::String(text) => text.repeat(times).into(),
                    other => vec![other.clone(); times].into(),
                }
            }
            None => members
                .into_iter()
                .map(|(name, value)| (name, expanded(value)))
                .collect::<Map<_, _>>()
                .into(),
        },
        Value::Array(values) => values.into_iter().map(expanded).collect(),
        other => other,
    }
}

fn refused<E: ToString>(result: Result<(), E>) -> Value {
    result.err().map_or(Value::Null, |error| error.to_string().into())
}

/// Plugin that asks for these tasks.
struct Asks(Vec<NewTask>);

impl Plugin for Asks {
    const EVENTS: &'static [&'static str] = &["*"];

    fn handle(&self, _host: &dyn Host, _event: &Event) -> Result<Outcome, Failure> {
        let tasks = self.0.iter().cloned();
        Ok(tasks.fold(Outcome::done(), Outcome::with_task))
    }
}

#[test]
fn replies_cards_and_requests_are_refused_in_the_words_of_the_file() {
    for case in part("replies") {
        let (event_type, reply) = (case[0].as_str().unwrap(), case[1].to_string());
        let checked = lark_card::reply::checked(event_type, &reply).map(drop);
        assert_eq!(refused(checked), case[2], "{:?}", case.last());
    }
    for case in part("cards") {
        assert_eq!(
            refused(lark_card::check(&case[0].to_string())),
            case[1],
            "{:?}",
            case.last()
        );
    }
    for case in part("requests") {
        let (method, path, body) = (
            case[0].as_str().unwrap(),
            case[1].as_str().unwrap(),
            case[2].to_string(),
        );
        let checked = lark_card::message::check(method, path, &body);
        assert_eq!(refused(checked), case[3], "{method} {path}");
    }
}

#[test]
fn tasks_and_values_are_refused_in_the_words_of_the_file() {
    let event = Event::text_message("ou_anna", "hi");
    for case in part("tasks") {
        let tasks = case[0].as_array().unwrap().iter().map(|task| NewTask {
            plugin: task["plugin"].as_str().map(str::to_owned),
            name: task["name"].as_str().unwrap().to_owned(),
            payload: task["payload"].to_string(),
            delay: Duration::from_millis(task["delay_ms"].as_u64().unwrap_or(0)),
        });
        let asks = Asks(tasks.collect());
        let host = FakeHost::new();
        let judged = catch_unwind(AssertUnwindSafe(|| drop(host.handle(&asks, &event))));
        let said = judged.err().map(|panic| *panic.downcast::<String>().unwrap());
        match case[1].as_str() {
            None => assert_eq!(said, None),
            Some(words) => assert!(said.as_ref().is_some_and(|said| said.ends_with(words)), "{said:?}"),
        }
    }
    for case in part("values") {
        let key = case[0].as_str().unwrap();
        let value = vec![b'a'; usize::try_from(case[1].as_u64().unwrap()).unwrap()];
        let set = FakeHost::new().kv().set(key, &value, None);
        let said = set.err().map(|error| error.to_string());
        match case[2].as_str() {
            None => assert_eq!(said, None),
            Some(words) => {
                let words = words.replace("NAME.toml", "lark-plugin-sdk.toml");
                assert_eq!(said, Some(format!("over a limit of the key-value store: {words}")));
            }
        }
    }
}
