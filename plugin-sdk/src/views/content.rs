//! The text of a message, read from its content ("Received message content").

use std::borrow::Cow;

use serde_json::Value;

use crate::json_text;

/// The placeholder for everybody in the chat.
pub(super) const ALL: &str = "@_all";

/// Returns the text of a text message or a post; empty for every other message, and for content that is not as documented.
pub(super) fn text(message_type: &str, content_json: &str) -> String {
    let content = json_text::without_lone_surrogates(Cow::Borrowed(content_json));
    let Ok(content) = serde_json::from_str::<Value>(&content) else {
        return String::new();
    };
    // Other types use the same fields for other texts: the title of a task, the label of a red packet.
    match message_type {
        "text" => content
            .get("text")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        "post" => post(&content).unwrap_or_default(),
        _ => String::new(),
    }
}

/// Joins title and paragraphs, one per line. A received post has them at the top level; a sent one has them once for each
/// language, of which the first is used.
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

/// Returns the visible text of one part; empty for images and lines.
fn part(part: &Value) -> String {
    let field = |name: &str| part.get(name).and_then(Value::as_str).unwrap_or_default();
    match field("tag") {
        // The placeholder, as in a text message; a sent post has the person's id there.
        "at" if field("user_id").starts_with('@') => field("user_id").to_owned(),
        "at" if field("user_id") == "all" => ALL.to_owned(),
        "at" => format!("@{}", field("user_name")),
        "emotion" => format!("[{}]", field("emoji_type")),
        // A link without a text is shown as its URL.
        "a" if field("text").is_empty() => field("href").to_owned(),
        _ => field("text").to_owned(),
    }
}

/// Replaces placeholders by names, given as pairs, in one pass, so that a name is never taken for a placeholder.
pub(super) fn with_names<'a>(text: &str, mentions: &(impl Iterator<Item = (&'a str, &'a str)> + Clone)) -> String {
    let mut named = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, here) = rest.split_at(at);
        named.push_str(before);
        // The longest key wins: `@_user_1` is also the beginning of `@_user_10`.
        let fitting = mentions
            .clone()
            .filter(|(key, _)| key.len() > 1 && here.starts_with(key));
        if let Some((key, name)) = fitting.max_by_key(|(key, _)| key.len()) {
            named.push('@');
            named.push_str(name);
            rest = here.strip_prefix(key).unwrap_or_default();
        } else {
            named.push('@');
            rest = here.strip_prefix('@').unwrap_or_default();
        }
    }
    named.push_str(rest);
    named
}

/// Returns whether a text contains a placeholder that is not the beginning of a longer word.
pub(super) fn has_placeholder(text: &str, key: &str) -> bool {
    let is_word = |next: char| next.is_ascii_alphanumeric() || next == '_';
    text.split(key).skip(1).any(|after| !after.starts_with(is_word))
}
