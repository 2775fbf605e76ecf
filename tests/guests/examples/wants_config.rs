//! Does not start without a `greeting`, and answers `{"greet": "name"}` with it; it is careless and logs it, too, and fails with
//! it for `nobody`.

use lark_plugin_sdk::{ConfigType, prelude::*};
use serde::Deserialize;

#[derive(Default)]
struct WantsConfig;

#[derive(Deserialize)]
struct Value {
    greet: String,
}

impl Plugin for WantsConfig {
    const EVENTS: &'static [&'static str] = &["card.action.trigger"];
    const WANTS: &'static [Want] = &[Want::config("greeting", "the word before the name").of(ConfigType::Text)];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let click: CardAction = event.payload()?;
        let Some(value) = click.action.value_as::<Value>() else {
            return Ok(Outcome::pass());
        };
        let greeting = host.config().require("greeting")?;
        host.log().info(&format!("the greeting is {greeting}, as it was set"));
        if value.greet == "nobody" {
            return Err(Failure::permanent(format!("{greeting} is for nobody")));
        }
        Outcome::reply(&CardReply::toast(Toast::info(format!("{greeting} {}", value.greet))))
    }
}

register!(WantsConfig);
