//! Answers a click with what Lark answers: `{"call": "/open-apis/…", "user": "ou_…"}`, the user being optional. With
//! `"must": true` it fails when Lark does not answer. With `"backwards": ["…"]` it tells instead which of these texts, read
//! forwards, stand in its memory after the call.

use guests::is_in_memory;
use lark_plugin_sdk::prelude::*;
use serde::Deserialize;

#[derive(Default)]
struct LarkCalls;

#[derive(Deserialize)]
struct Value {
    call: String,
    user: Option<String>,
    #[serde(default)]
    must: bool,
    #[serde(default)]
    backwards: Vec<String>,
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
            Err(error) if value.must => return Err(error.into()),
            Err(error) => error.to_string(),
        };
        if !value.backwards.is_empty() {
            let in_memory: Vec<_> = value.backwards.iter().map(|text| is_in_memory(text)).collect();
            return Outcome::reply(&CardReply::toast(Toast::info(format!("{in_memory:?}"))));
        }
        Outcome::reply(&CardReply::toast(Toast::info(said)))
    }
}

register!(LarkCalls);
