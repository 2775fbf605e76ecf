//! Says hello to whoever clicks, and reads nothing: the smallest plugin that does something.

use lark_plugin_sdk::prelude::*;

#[derive(Default)]
struct Hello;

impl Plugin for Hello {
    const EVENTS: &'static [&'static str] = &["card.action.trigger"];

    fn handle(&self, host: &dyn Host, _event: &Event) -> Result<Outcome, Failure> {
        host.log().info("hello");
        Outcome::reply(&CardReply::toast(Toast::success("hello")))
    }
}

register!(Hello);
