//! Typed views of payloads, generated into `events`, and what is more convenient to do with some of them.
//!
//! Rules of all views: a field that Lark may omit or send as `null` is an `Option` or empty; a field that is unknown here, or
//! whose value is of an unexpected kind, is kept in `extra`. Neither ever breaks a plugin.

#[macro_use]
mod view;

mod answers;
mod card_action;
pub mod events;
mod message;
mod oauth_redirect;
mod secret;
mod url_preview;

pub use answers::{Bot, ChatBody, ChatInfo, ChatMention, ChatMessage, ChatSender, MemberInfo};
pub use events::*;

/// Treats an absent text and the empty text that Lark may send instead alike.
fn filled(text: Option<&String>) -> &str {
    text.map_or("", String::as_str)
}

#[cfg(test)]
mod tests;
