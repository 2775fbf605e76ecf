//! Says about itself, logs, keeps and fails with markup, and replies what a button says, whatever it is.

use lark_plugin_sdk::prelude::*;
use serde::Deserialize;

const MARKUP: &str = "</script><script>window.hurt=1</script><img src=x onerror=window.hurt=1>";

#[derive(Default)]
struct Hostile;

#[derive(Deserialize)]
struct Value {
    reply: serde_json::Value,
}

impl Plugin for Hostile {
    const EVENTS: &'static [&'static str] = &["im.message.receive_v1", "card.action.trigger"];
    const NAME: Option<&'static str> = Some(MARKUP);
    const VERSION: Option<&'static str> = Some("1\"><svg/onload=window.hurt=1>");
    const WANTS: &'static [Want] = &[Want::config("x' onfocus=window.hurt=1 autofocus x='", MARKUP)];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        if event.event_type == "im.message.receive_v1" {
            let text = event.payload::<MessageReceive>()?.text();
            host.log().info(&text);
            host.log().error(&text);
            host.kv().set(&text, text.as_bytes(), None)?;
            return Err(Failure::permanent(text));
        }
        let click: CardAction = event.payload()?;
        match click.action.value_as::<Value>() {
            Some(value) => Outcome::reply(&value.reply),
            None => Ok(Outcome::pass()),
        }
    }
}

register!(Hostile);
