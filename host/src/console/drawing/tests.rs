//! Cards that people send, and what nobody would send; the whole answer is JSON that a stranger may have written.

mod cards;
mod hostile;
mod texts;

use serde_json::Value;

use super::{ClickForm, Clicks, Look};
use crate::codes::Language;

const OFF: Look<'static> = Look {
    language: Language::En,
    id: "card",
    clicks: Clicks::Off("Nothing can be clicked here."),
};

const ON: Look<'static> = Look {
    language: Language::En,
    id: "card",
    clicks: Clicks::On(ClickForm {
        action: "/console/click",
        hidden: &[("csrf", "token")],
    }),
};

fn card(card: &Value) -> String {
    super::card(card, OFF).into_string()
}

fn clickable(card: &Value) -> String {
    super::card(card, ON).into_string()
}

/// A card of schema 2.0 with one text.
fn markdown(content: &str) -> String {
    card(&serde_json::json!({"schema": "2.0", "body": {"elements": [{"tag": "markdown", "content": content}]}}))
}
