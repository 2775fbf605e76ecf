//! Never takes a click, and needs a while to find that out: `{"hesitate_ms": n}` is passed on after n milliseconds, and
//! `{"break_ms": n}` breaks after them. It goes on after the answer when that is too late.
#![allow(clippy::disallowed_methods, reason = "being slow is what this plugin is for")]

use std::{thread::sleep, time::Duration};

use lark_plugin_sdk::prelude::*;
use serde::Deserialize;

#[derive(Default)]
struct Hesitates;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Value {
    hesitate_ms: u64,
    break_ms: u64,
}

impl Plugin for Hesitates {
    const EVENTS: &'static [&'static str] = &["card.action.trigger"];
    const FINISHES_LATE: bool = true;

    fn handle(&self, _host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let click: CardAction = event.payload()?;
        let value: Value = click.action.value_as().unwrap_or_default();
        sleep(Duration::from_millis(value.hesitate_ms + value.break_ms));
        if value.break_ms > 0 {
            std::process::exit(1);
        }
        Ok(Outcome::pass())
    }
}

register!(Hesitates);
