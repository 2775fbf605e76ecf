//! Answers every click and every message with as little as a handler can do: the plugin of the benchmark.

use lark_plugin_sdk::{Kind, prelude::*};
use serde::Deserialize;

#[derive(Default)]
struct BenchToast;

#[derive(Deserialize)]
struct Value {
    action: String,
}

impl Plugin for BenchToast {
    const EVENTS: &'static [&'static str] = &["card.action.trigger", "im.message.receive_v1"];
    const NAME: Option<&'static str> = Some("bench-toast");

    fn handle(&self, _host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        if event.kind == Kind::Event {
            let message: MessageReceive = event.payload()?;
            return match message.text().as_str() {
                "" => Ok(Outcome::pass()),
                _ => Ok(Outcome::done()),
            };
        }
        let click: CardAction = event.payload()?;
        match click.action.value_as::<Value>() {
            Some(value) => Outcome::reply(&CardReply::toast(Toast::success(value.action))),
            None => Ok(Outcome::pass()),
        }
    }
}

register!(BenchToast);
