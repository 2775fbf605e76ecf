//! Answers a click with what Lark answers: `{"call": "/open-apis/…", "user": "ou_…"}`, the user being optional.

use lark_plugin_sdk::prelude::*;
use serde::Deserialize;

#[derive(Default)]
struct LarkCalls;

#[derive(Deserialize)]
struct Value {
    call: String,
    user: Option<String>,
}

impl Plugin for LarkCalls {
    const EVENTS: &'static [&'static str] = &["card.action.trigger"];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let click: CardAction = event.payload()?;
        let Some(value) = click.action.value_as::<Value>() else {
            return Ok(Outcome::pass());
        };
        let mut openapi = host.openapi();
        if let Some(open_id) = value.user {
            openapi = openapi.as_user(open_id);
        }
        let said = match openapi.get(value.call).send() {
            Ok(answer) => answer.body::<serde_json::Value>()?.to_string(),
            Err(error) => error.to_string(),
        };
        Outcome::reply(&CardReply::toast(Toast::info(said)))
    }
}

register!(LarkCalls);
