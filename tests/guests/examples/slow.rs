//! `{"sleep_ms": n}` is answered after n milliseconds.
#![allow(clippy::disallowed_methods, reason = "being slow is what this plugin is for")]

use std::thread::sleep;
use std::time::Duration;

use lark_plugin_sdk::prelude::*;
use serde::Deserialize;

#[derive(Default)]
struct Slow;

#[derive(Deserialize)]
struct Value {
    sleep_ms: u64,
}

impl Plugin for Slow {
    const EVENTS: &'static [&'static str] = &["card.action.trigger"];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let click: CardAction = event.payload()?;
        let Some(value) = click.action.value_as::<Value>() else {
            return Ok(Outcome::pass());
        };
        host.log().info(&format!("sleeps {} ms", value.sleep_ms));
        sleep(Duration::from_millis(value.sleep_ms));
        Outcome::reply(&CardReply::toast(Toast::info(format!("slept {} ms", value.sleep_ms))))
    }
}

register!(Slow);
