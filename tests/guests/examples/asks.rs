//! Has another plugin ask somebody for an authorization: a click on `{"ask": {"open_id": "ou_…"}}` becomes its task `request`.

use lark_plugin_sdk::prelude::*;
use serde::Deserialize;

#[derive(Default)]
struct Asks;

#[derive(Deserialize)]
struct Value {
    ask: serde_json::Value,
}

impl Plugin for Asks {
    const EVENTS: &'static [&'static str] = &["card.action.trigger"];

    fn handle(&self, _host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let click: CardAction = event.payload()?;
        let Some(value) = click.action.value_as::<Value>() else {
            return Ok(Outcome::pass());
        };
        let task = NewTask::new("request", &value.ask)?.by("card-auth");
        Ok(Outcome::reply(&CardReply::toast(Toast::info("asked")))?.with_task(task))
    }
}

register!(Asks);
