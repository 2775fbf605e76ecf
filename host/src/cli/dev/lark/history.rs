//! Messages of a chat by time, page by page, with those that people have written over the long connection.

use axum::response::Response;
use serde_json::{Value, json};

use super::{Memory, Request, data, messages, refused};

/// Lark's largest page, and the usual one.
const PAGE_MAX: usize = 50;
const PAGE_USUAL: usize = 20;

/// Lark's "The bot can not be outside the group".
const OUTSIDE: i64 = 230_002;

/// Query of a list.
struct Asked {
    from_ms: u64,
    until_ms: u64,
    is_newest_first: bool,
    page: usize,
    begin: usize,
}

/// Messages of a chat ("Get chat history").
pub(super) fn list(memory: &Memory, request: &Request<'_>) -> Response {
    let asked = match read(request) {
        Ok(asked) => asked,
        Err(name) => return refused(messages::INVALID, &format!("Invalid request param: {name}")),
    };
    let chat = request.query("container_id");
    if !memory.groups().any(|group| group == chat) && !memory.messages.values().any(|message| message.chat_id == chat) {
        return refused(OUTSIDE, "The bot can not be outside the group.");
    }
    let mut found: Vec<_> = memory
        .messages
        .iter()
        .filter(|(_, message)| message.chat_id == chat)
        .filter(|(_, message)| (asked.from_ms..=asked.until_ms).contains(&message.created_ms))
        .collect();
    found.sort_by_key(|(id, message)| (message.created_ms, *id));
    if asked.is_newest_first {
        found.reverse();
    }
    let end = found.len().min(asked.begin.saturating_add(asked.page));
    let has_more = end < found.len();
    let items = found.get(asked.begin..end).unwrap_or_default();
    let items: Vec<_> = items.iter().map(|(id, message)| messages::shown(id, message)).collect();
    let token = if has_more { format!("p{end}") } else { String::new() };
    data(&json!({"items": items, "has_more": has_more, "page_token": token}))
}

/// Reads the query; the error names what is wrong.
fn read(request: &Request<'_>) -> Result<Asked, &'static str> {
    let query = |name| Some(request.query(name)).filter(|value| !value.is_empty());
    let seconds = |name, usual: u64| match query(name) {
        // Whole seconds: Lark refuses milliseconds as a time that is too far away.
        Some(value) if value.len() <= 11 => value.parse::<u64>().ok(),
        Some(_) => None,
        None => Some(usual),
    };
    if query("container_id_type") != Some("chat") {
        return Err("container_id_type (the simulated Lark knows `chat`)");
    }
    query("container_id").ok_or("container_id")?;
    let from = seconds("start_time", 0).ok_or("start_time, in seconds")?;
    let until = seconds("end_time", u64::MAX / 1_000).ok_or("end_time, in seconds")?;
    if from > until {
        return Err("start_time is after end_time");
    }
    let page = query("page_size").map_or(Ok(PAGE_USUAL), |page| page.parse().map_err(|_error| "page_size"))?;
    if page == 0 || page > PAGE_MAX {
        return Err("page_size, from 1 to 50");
    }
    let begin = match query("page_token") {
        Some(token) => token.strip_prefix('p').and_then(|begin| begin.parse().ok()),
        None => Some(0),
    };
    Ok(Asked {
        from_ms: from.saturating_mul(1_000),
        until_ms: until.saturating_mul(1_000).saturating_add(999),
        is_newest_first: match query("sort_type") {
            None | Some("ByCreateTimeAsc") => false,
            Some("ByCreateTimeDesc") => true,
            Some(_) => return Err("sort_type"),
        },
        page,
        begin: begin.ok_or("page_token")?,
    })
}

/// Keeps what a person has written. It stands in the chat whether or not an application hears of it.
pub(super) fn keep_pushed(memory: &mut Memory, body: &Value) {
    if body.pointer("/header/event_type").and_then(Value::as_str) != Some("im.message.receive_v1") {
        return;
    }
    let event = body.get("event").unwrap_or(&Value::Null);
    if let Some((id, message)) = messages::Message::of_event(event) {
        memory.keep(id, message);
    }
}
