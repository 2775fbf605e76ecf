//! Takes what nobody else takes, and says so.

use lark_plugin_sdk::prelude::*;
use serde_json::json;

#[derive(Default)]
struct CatchAll;

impl Plugin for CatchAll {
    const EVENTS: &'static [&'static str] = &["*"];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        host.log().info(&format!("caught {}", event.event_type));
        Outcome::reply(&json!({"caught": event.event_type}))
    }
}

register!(CatchAll);
