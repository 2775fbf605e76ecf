//! Answers messages to the bot with the same text.

use lark_plugin_sdk::prelude::*;

#[derive(Default)]
struct {{Type}};

const REPLY: &str = "POST /open-apis/im/v1/messages/*/reply";

/// Attempts to answer one message. A failure or a panic is retried for hours, and the later messages
/// of the chat wait behind it: a bug, which that does not mend, would silence the bot there.
const ATTEMPTS_MAX: u32 = 3;

impl Plugin for {{Type}} {
    const EVENTS: &'static [&'static str] = &["{{event}}"];
    const WANTS: &'static [Want] = &[Want::grant("openapi", REPLY, "to answer messages")];
    // The messages of one chat are answered in their order.
    const ORDERING_KEY: Option<&'static str> = Some("/message/chat_id");

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        if event.attempt > ATTEMPTS_MAX {
            return Err(Failure::permanent("given up; earlier attempts say why"));
        }
        let message: MessageReceive = event.payload()?;
        if message.text().is_empty() {
            return Ok(Outcome::pass()); // a picture, a file
        }
        // With names in the place of mentions, and without the mention of this bot.
        let text = message.read_as(&event.app_id).text;
        let answer = format!("你说：{text}");
        let message_id = &message.message.message_id;
        host.openapi().reply_text(message_id, &answer)?;
        host.log().info("a message was answered");
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

    use super::{ATTEMPTS_MAX, {{Type}}};

    #[test]
    fn a_text_is_answered() {
        let host = FakeHost::new();
        let message = Event::text_message("ou_anna", "hello");
        host.handle(&{{Type}}, &message).unwrap();
        let calls = host.calls();
        assert_eq!(calls.len(), 1);
        assert!(calls[0].path.ends_with("/reply"), "{}", calls[0].path);
        assert!(calls[0].body.as_ref().unwrap().contains("hello"));
    }

    #[test]
    fn a_message_that_cannot_be_answered_is_given_up_soon() {
        let mut message = Event::text_message("ou_anna", "hello");
        message.attempt = ATTEMPTS_MAX + 1;
        let failure = FakeHost::new().handle(&{{Type}}, &message).unwrap_err();
        assert!(matches!(failure, Failure::Permanent { .. }), "{failure}");
    }

    /// The same files that `lark-callback plugin test` runs in the sandbox.
    #[test]
    fn the_fixtures_are_answered() {
        assert_fixtures::<{{Type}}>("fixtures", &[]);
    }
}
