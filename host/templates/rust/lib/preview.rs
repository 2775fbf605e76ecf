//! Shows a title in place of a link.

use lark_plugin_sdk::prelude::*;

#[derive(Default)]
struct {{Type}};

impl Plugin for {{Type}} {
    const EVENTS: &'static [&'static str] = &["{{event}}"];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let preview: UrlPreview = event.payload()?;
        let Some((_, ticket)) = preview.url().rsplit_once("/tickets/") else {
            return Ok(Outcome::pass()); // another plugin's link
        };
        host.log().info(&format!("a preview of ticket {ticket}"));
        let title = PreviewReply::title(format!("工单 {ticket}"));
        Outcome::reply(&title.translated("en_us", format!("Ticket {ticket}")))
    }
}

register!({{Type}});

#[cfg(test)]
mod tests {
    use lark_plugin_sdk::{
        prelude::*,
        testing::{FakeHost, assert_fixtures},
    };

    use super::{{Type}};

    #[test]
    fn a_link_to_a_ticket_has_a_title() {
        let host = FakeHost::new();
        let link = Event::url_preview("ou_anna", "https://example.com/tickets/42");
        let outcome = host.handle(&{{Type}}, &link).unwrap();
        let reply = outcome.reply_json().unwrap();
        assert!(reply.to_string().contains("工单 42"), "{reply}");
    }

    #[test]
    fn other_links_are_passed_on() {
        let host = FakeHost::new();
        let link = Event::url_preview("ou_anna", "https://example.com/");
        let outcome = host.handle(&{{Type}}, &link).unwrap();
        assert_eq!(outcome, Outcome::pass());
    }

    /// The same files that `lark-callback plugin test` runs in the sandbox.
    #[test]
    fn the_fixtures_are_answered() {
        assert_fixtures::<{{Type}}>("fixtures", &[]);
    }
}
