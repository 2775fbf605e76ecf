//! Handles `{{event}}`.

use lark_plugin_sdk::prelude::*;
use serde_json::Value;

const EVENT: &str = "{{event}}";

#[derive(Default)]
struct {{Type}};

impl Plugin for {{Type}} {
    const EVENTS: &'static [&'static str] = &[EVENT];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        // The `event` object as Lark documents it. A type of your own with `#[derive(serde::Deserialize)]` is read in the
        // same way.
        let payload: Value = event.payload()?;
        let fields = payload.as_object().map_or(0, serde_json::Map::len);
        host.log()
            .info(&format!("{} with {fields} fields", event.event_type));
        Ok(Outcome::done())
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

    use super::{EVENT, {{Type}}};

    #[test]
    fn an_event_is_handled() {
        let host = FakeHost::new();
        let event = Event::new(EVENT, &json!({"a": 1}));
        let outcome = host.handle(&{{Type}}, &event).unwrap();
        assert_eq!(outcome, Outcome::done());
        assert!(host.logged()[0].message.ends_with("with 1 fields"));
    }

    /// The same files that `lark-callback plugin test` runs in the sandbox.
    #[test]
    fn the_fixtures_are_answered() {
        assert_fixtures::<{{Type}}>("fixtures", &[]);
    }
}
