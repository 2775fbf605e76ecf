//! Counts the clicks on its buttons, and tells the person who clicked.

use lark_plugin_sdk::prelude::*;
use serde::Deserialize;

#[derive(Default)]
struct {{Type}};

/// The value of this plugin's buttons: `{"{{name}}": {"count": "likes"}}`. By the name in it they are told from the buttons
/// of other plugins.
#[derive(Deserialize)]
struct Value {
    #[serde(rename = "{{name}}")]
    pressed: Pressed,
}

#[derive(Deserialize)]
struct Pressed {
    count: String,
}

impl Plugin for {{Type}} {
    const EVENTS: &'static [&'static str] = &["{{event}}"];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let click: CardAction = event.payload()?;
        let Some(Value { pressed }) = click.action.value_as() else {
            return Ok(Outcome::pass()); // another plugin's button
        };
        let next = |count: Option<u64>| Some(count.unwrap_or(0) + 1);
        let count = host.kv().update_json(&pressed.count, None, next)?;
        let count = count.unwrap_or_default();
        host.log().info(&format!("click {count}"));
        let toast = Toast::success(format!("第 {count} 次"));
        let toast = toast.translated("en_us", format!("Clicks: {count}"));
        Outcome::reply(&CardReply::toast(toast))
    }
}

register!({{Type}});

#[cfg(test)]
mod tests {
    use lark_plugin_sdk::{
        prelude::*,
        testing::{FakeHost, assert_fixtures},
    };
    use serde_json::json;

    use super::{{Type}};

    #[test]
    fn clicks_are_counted() {
        let host = FakeHost::new();
        let value = json!({"{{name}}": {"count": "likes"}});
        let click = Event::card_action("ou_anna", value);
        for count in 1..=2 {
            let outcome = host.handle(&{{Type}}, &click).unwrap();
            let reply = outcome.reply_json().unwrap();
            assert_eq!(reply["toast"]["content"], format!("第 {count} 次"));
        }
    }

    #[test]
    fn buttons_of_other_plugins_are_passed_on() {
        let click = Event::card_action("ou_anna", json!({"another": 1}));
        let host = FakeHost::new();
        let outcome = host.handle(&{{Type}}, &click).unwrap();
        assert_eq!(outcome, Outcome::pass());
    }

    /// The same files that `lark-callback plugin test` runs in the sandbox.
    #[test]
    fn the_fixtures_are_answered() {
        assert_fixtures::<{{Type}}>("fixtures", &[]);
    }
}
