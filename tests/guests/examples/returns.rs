//! Takes returns from the authorize page, and shows the page that `state` names; a state of `fail` is too much for it.

use lark_plugin_sdk::prelude::*;
use serde_json::{Value, json};

#[derive(Default)]
struct Returns;

impl Plugin for Returns {
    const EVENTS: &'static [&'static str] = &["oauth_redirect"];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        host.log().info(&format!(
            "returned {} {} with {} ms left",
            event.schema, event.payload, event.budget_ms
        ));
        let payload: Value = event.payload()?;
        match payload.get("state").and_then(Value::as_str) {
            Some("pass") => Ok(Outcome::pass()),
            Some("fail") => Err(Failure::retry("as asked")),
            state => Outcome::reply(&json!({"page": state})),
        }
    }
}

register!(Returns);
