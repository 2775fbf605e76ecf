//! The text in the content of a message ("Received message content").

use std::borrow::Cow;

use serde_json::Value;

use super::message::{Mention, Message};
use crate::json_text;

/// The text of a text message or a post; empty for every other message, and for content that is not as documented.
pub(super) fn text(message: &Message) -> String {
    let content = json_text::without_lone_surrogates(Cow::Borrowed(&message.content_json));
    let Ok(content) = serde_json::from_str::<Value>(&content) else {
        return String::new();
    };
    // Other types have texts of their own in the same fields: the title of a task, the label of a red packet.
    match message.message_type.as_str() {
        "text" => content
            .get("text")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        "post" => post(&content).unwrap_or_default(),
        _ => String::new(),
    }
}

/// Title and paragraphs, a line each. A post that was received has them at the top; one that was sent, once for each
/// language, of which the first is taken.
fn post(content: &Value) -> Option<String> {
    let post = match content.get("content") {
        Some(_) => content,
        None => content
            .as_object()?
            .values()
            .find(|post| post.get("content").is_some())?,
    };
    let title = post.get("title").and_then(Value::as_str).unwrap_or_default();
    let mut lines = Vec::new();
    if !title.is_empty() {
        lines.push(title.to_owned());
    }
    for paragraph in post.get("content")?.as_array()? {
        let parts = paragraph.as_array().map(Vec::as_slice).unwrap_or_default();
        lines.push(parts.iter().map(part).collect());
    }
    Some(lines.join("\n"))
}

/// What a person reads of one part; nothing of pictures and lines.
fn part(part: &Value) -> String {
    let field = |name: &str| part.get(name).and_then(Value::as_str).unwrap_or_default();
    match field("tag") {
        // The placeholder, as in a text message; a post that was sent has the id of the person there.
        "at" if field("user_id").starts_with('@') => field("user_id").to_owned(),
        "at" if field("user_id") == "all" => super::message::ALL.to_owned(),
        "at" => format!("@{}", field("user_name")),
        "emotion" => format!("[{}]", field("emoji_type")),
        // A link without words is read as its address.
        "a" if field("text").is_empty() => field("href").to_owned(),
        _ => field("text").to_owned(),
    }
}

/// Puts names in the place of placeholders, in one pass: what a name contains is never taken for a placeholder.
pub(super) fn with_names(text: &str, mentions: &[Mention]) -> String {
    let mut named = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, here) = rest.split_at(at);
        named.push_str(before);
        // The longest key: `@_user_1` is also the beginning of `@_user_10`.
        let fitting = mentions
            .iter()
            .filter(|mention| mention.key.len() > 1 && here.starts_with(&mention.key));
        if let Some(mention) = fitting.max_by_key(|mention| mention.key.len()) {
            named.push('@');
            named.push_str(&mention.name);
            rest = here.strip_prefix(mention.key.as_str()).unwrap_or_default();
        } else {
            named.push('@');
            rest = here.strip_prefix('@').unwrap_or_default();
        }
    }
    named.push_str(rest);
    named
}

/// Whether a placeholder stands somewhere in a text, and not as the beginning of a longer word.
pub(super) fn has_placeholder(text: &str, key: &str) -> bool {
    let is_word = |next: char| next.is_ascii_alphanumeric() || next == '_';
    text.split(key).skip(1).any(|after| !after.starts_with(is_word))
}
