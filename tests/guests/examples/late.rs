//! Takes its time: `{"late_ms": n}` is answered after n milliseconds with a card that says so, and goes on after the answer
//! when that is too late.
#![allow(clippy::disallowed_methods, reason = "being slow is what this plugin is for")]

use std::{thread::sleep, time::Duration};

use lark_plugin_sdk::prelude::*;
use serde::Deserialize;
use serde_json::json;

#[derive(Default)]
struct Late;

#[derive(Deserialize)]
struct Value {
    late_ms: u64,
}

impl Plugin for Late {
    const EVENTS: &'static [&'static str] = &["card.action.trigger"];
    const FINISHES_LATE: bool = true;

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let click: CardAction = event.payload()?;
        let Some(Value { late_ms }) = click.action.value_as() else {
            return Ok(Outcome::pass());
        };
        host.log().info(&format!("try {} takes {late_ms} ms", event.attempt));
        sleep(Duration::from_millis(late_ms));
        let text = format!("took {late_ms} ms");
        Outcome::reply(&json!({
            "toast": {"type": "info", "content": text},
            "card": {"type": "raw", "data": {"elements": [{"tag": "markdown", "content": text}]}},
        }))
    }
}

register!(Late);
