//! Wants an HTTP request to be granted, and says to a click (`{"wants": "http"}`) that it was.

use lark_plugin_sdk::prelude::*;
use serde::Deserialize;

#[derive(Default)]
struct WantsHttp;

#[derive(Deserialize)]
struct Value {
    wants: String,
}

impl Plugin for WantsHttp {
    const EVENTS: &'static [&'static str] = &["card.action.trigger"];

    const WANTS: &'static [Want] = &[Want::grant(
        "http",
        "POST https://api.example.com/v1/**",
        "it asks the approval service",
    )];

    fn handle(&self, _: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let click: CardAction = event.payload()?;
        match click.action.value_as::<Value>() {
            Some(value) if value.wants == "http" => Outcome::reply(&CardReply::toast(Toast::info("granted"))),
            _ => Ok(Outcome::pass()),
        }
    }
}

register!(WantsHttp);
