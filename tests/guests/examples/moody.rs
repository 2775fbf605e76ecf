//! Handles messages as they say, and no link preview at all: `twice` works at the second try, `never` does not, `panic`
//! breaks, `panic once` at the first try only, `begun` does not come to an end at the first try, `endless` at none, `slowly` takes a second for it, `at length` three. The messages
//! of one chat come in their order.
#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    reason = "failing in every way is what this plugin is for"
)]

use std::thread::sleep;
use std::time::Duration;

use lark_plugin_sdk::prelude::*;

#[derive(Default)]
struct Moody;

impl Plugin for Moody {
    const EVENTS: &'static [&'static str] = &["im.message.receive_v1", "url.preview.get"];
    const ORDERING_KEY: Option<&'static str> = Some("/message/chat_id");

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        if event.event_type == "url.preview.get" {
            return Err(Failure::retry("no preview today"));
        }
        let message: MessageReceive = event.payload()?;
        host.log().info(&format!("try {} of {}", event.attempt, event.id));
        match message.text().as_str() {
            "twice" if event.attempt < 2 => Err(Failure::retry("not at the first try")),
            "endless" => {
                sleep(Duration::MAX);
                Ok(Outcome::done())
            }
            "begun" if event.attempt < 2 => {
                sleep(Duration::MAX);
                Ok(Outcome::done())
            }
            "slowly" if event.attempt < 2 => {
                sleep(Duration::from_secs(1));
                Ok(Outcome::done())
            }
            "at length" if event.attempt < 2 => {
                sleep(Duration::from_secs(3));
                Ok(Outcome::done())
            }
            "panic once" if event.attempt < 2 => panic!("the message said so"),
            "never" => Err(Failure::permanent("not today, not tomorrow")),
            "panic" => panic!("the message said so"),
            _ => Ok(Outcome::done()),
        }
    }
}

register!(Moody);
