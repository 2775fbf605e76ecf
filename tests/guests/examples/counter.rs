//! Counts clicks and messages durably, and tells how many there were.
//!
//! `{"count": "key"}` adds one and tells the number; `{"read": "key"}` tells it; `{"later": ["key", ms]}` has a task add
//! one. A message counts under its message id.

use std::time::Duration;

use lark_plugin_sdk::prelude::*;
use serde::Deserialize;

#[derive(Default)]
struct Counter;

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Value {
    Count(String),
    Read(String),
    Later(String, u64),
}

impl Plugin for Counter {
    const EVENTS: &'static [&'static str] = &["card.action.trigger", "im.message.receive_v1"];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        if event.event_type == "im.message.receive_v1" {
            let message: MessageReceive = event.payload()?;
            count(host, &message.message.message_id)?;
            return Ok(Outcome::done());
        }
        let click: CardAction = event.payload()?;
        let number = match click.action.value_as() {
            Some(Value::Count(key)) => count(host, &key)?,
            Some(Value::Read(key)) => host.kv().get_json(&key)?.map_or(0, |entry| entry.value),
            Some(Value::Later(key, ms)) => {
                let task = NewTask::new("count", &key)?.after(Duration::from_millis(ms));
                return Ok(Outcome::reply(&CardReply::toast(Toast::info("later")))?.with_task(task));
            }
            None => return Ok(Outcome::pass()),
        };
        Outcome::reply(&CardReply::toast(Toast::info(number.to_string())))
    }

    fn run(&self, host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
        count(host, &task.payload::<String>()?)?;
        Ok(Outcome::done())
    }
}

fn count(host: &dyn Host, key: &str) -> Result<u64, Failure> {
    let number = host
        .kv()
        .update_json(key, None, |number: Option<u64>| Some(number.unwrap_or(0) + 1))?;
    Ok(number.unwrap_or_default())
}

register!(Counter);
