//! The replacement of `second`: the same, with another text.

use lark_plugin_sdk::prelude::*;
use serde::Deserialize;

#[derive(Default)]
struct Second;

#[derive(Deserialize)]
struct Value {
    second: String,
}

impl Plugin for Second {
    const EVENTS: &'static [&'static str] = &["card.action.trigger"];
    const NAME: Option<&'static str> = Some("second");
    const VERSION: Option<&'static str> = Some("2");

    fn handle(&self, _host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let click: CardAction = event.payload()?;
        match click.action.value_as::<Value>() {
            Some(value) => Outcome::reply(&CardReply::toast(Toast::info(format!(
                "version 2 heard {}",
                value.second
            )))),
            None => Ok(Outcome::pass()),
        }
    }
}

register!(Second);
