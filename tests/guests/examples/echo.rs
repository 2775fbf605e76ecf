//! Logs what was written, answers a click with what the button says, and a task with what it was told.

use lark_plugin_sdk::prelude::*;
use serde::Deserialize;

#[derive(Default)]
struct Echo;

#[derive(Deserialize)]
struct Value {
    echo: String,
}

impl Plugin for Echo {
    const EVENTS: &'static [&'static str] = &["im.message.receive_v1", "card.action.trigger"];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        if event.event_type == "im.message.receive_v1" {
            let message: MessageReceive = event.payload()?;
            host.log()
                .info(&format!("{} said {}", message.sender_open_id(), message.text()));
            return Ok(Outcome::done());
        }
        let click: CardAction = event.payload()?;
        match click.action.value_as::<Value>() {
            Some(value) => Outcome::reply(&CardReply::toast(Toast::info(value.echo))),
            None => Ok(Outcome::pass()),
        }
    }

    fn run(&self, _host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
        let payload: serde_json::Value = task.payload()?;
        Outcome::reply(&serde_json::json!({"task": task.name, "app_id": task.app_id, "payload": payload}))
    }
}

register!(Echo);
