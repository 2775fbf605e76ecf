//! A bad replacement of `second`: it wants and takes more, and crashes at each click of its own.

#![expect(clippy::panic, reason = "the crash is what it is for")]

use lark_plugin_sdk::prelude::*;
use serde::Deserialize;

#[derive(Default)]
struct Second;

#[derive(Deserialize)]
struct Value {
    second: String,
}

impl Plugin for Second {
    const EVENTS: &'static [&'static str] = &["card.action.trigger", "im.chat.updated_v1"];
    const NAME: Option<&'static str> = Some("second");
    const VERSION: Option<&'static str> = Some("3");
    const WANTS: &'static [Want] = &[Want::config("greeting", "the word before the name")];

    fn handle(&self, _host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let click: CardAction = event.payload()?;
        match click.action.value_as::<Value>() {
            Some(value) => panic!("version 3 did not expect {}", value.second),
            None => Ok(Outcome::pass()),
        }
    }
}

register!(Second);
