//! Messages and cards: sent once, changed as long as they may be, and by clicks' tokens at most twice.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{FakeLark, Refusal, Reply, Seen, State};

const CARD_BYTES_MAX: usize = 30 * 1024;
const TEXT_BYTES_MAX: usize = 150 * 1024;
const PATCH_MS: u64 = 14 * 24 * 3_600_000;
const UPDATE_MS: u64 = 30 * 60_000;
const UPDATES_MAX: u32 = 2;

#[derive(Debug, Default)]
pub(super) struct Cards {
    messages: HashMap<String, Message>,
    by_uuid: HashMap<String, String>,
    clicks: HashMap<String, Click>,
}

/// A message as the user sees it.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) to: String,
    pub(crate) kind: String,
    pub(crate) content: Value,
    sent_at_ms: u64,
}

#[derive(Debug, Default)]
struct Click {
    answered_at_ms: Option<u64>,
    cards: Vec<Value>,
}

impl FakeLark {
    /// What lies in the chats, by message id.
    pub(crate) fn messages(&self) -> HashMap<String, Message> {
        self.state().cards.messages.clone()
    }

    /// The answer to a click puts another card in the place of the one that was clicked.
    pub(crate) fn replace_card(&self, message_id: &str, card: &Value) {
        let mut state = self.state();
        let message = state.cards.messages.get_mut(message_id).unwrap();
        assert_eq!(card["config"]["update_multi"], true, "{card}");
        message.content = card.clone();
    }

    /// A click's `c-…` token that Lark has given out; its callback was not answered yet.
    pub(crate) fn clicked(&self, token: &str) {
        self.state().cards.clicks.insert(token.to_owned(), Click::default());
    }

    /// The callback with this token was answered.
    pub(crate) fn callback_answered(&self, token: &str) {
        let mut state = self.state();
        let now_ms = state.now_ms;
        state.cards.clicks.get_mut(token).unwrap().answered_at_ms = Some(now_ms);
    }

    /// What a click's card was changed to, one after the other.
    pub(crate) fn updates(&self, token: &str) -> Vec<Value> {
        self.state().cards.clicks[token].cards.clone()
    }
}

pub(super) fn send(state: &mut State, seen: &Seen, replied: Option<&str>) -> Result<Reply, Refusal> {
    seen.check_tenant(state)?;
    seen.check_json()?;
    let to = match replied {
        Some(id) => message(state, id)?.to.clone(),
        None if seen.query("receive_id_type").is_none() => {
            return Err(Refusal::new(400, 99_992_402, "receive_id_type is missing"));
        }
        None => seen.field("receive_id", 230_001)?.to_owned(),
    };
    let kind = seen.field("msg_type", 230_001)?.to_owned();
    let content = content(seen, &kind)?;
    if let Some(uuid) = seen.body["uuid"].as_str() {
        if uuid.len() > 50 {
            return Err(Refusal::new(400, 230_001, "the uuid is too long"));
        }
        if let Some(id) = state.cards.by_uuid.get(uuid) {
            return Ok(Reply::data(&json!({"message_id": id})));
        }
    }
    let id = state.make("om_");
    if let Some(uuid) = seen.body["uuid"].as_str() {
        state.cards.by_uuid.insert(uuid.to_owned(), id.clone());
    }
    let sent_at_ms = state.now_ms;
    let message = Message {
        to,
        kind,
        content,
        sent_at_ms,
    };
    state.cards.messages.insert(id.clone(), message);
    Ok(Reply::data(&json!({"message_id": id})))
}

pub(super) fn patch(state: &mut State, seen: &Seen, id: &str) -> Result<Reply, Refusal> {
    let refuse = |code, why: &str| Err(Refusal::new(400, code, why));
    seen.check_tenant(state)?;
    seen.check_json()?;
    let new = content(seen, "interactive")?;
    let now_ms = state.now_ms;
    let message = message(state, id)?;
    if message.kind != "interactive" {
        return refuse(230_001, "only a card can be changed");
    }
    if now_ms > message.sent_at_ms + PATCH_MS {
        return refuse(230_031, "the message is older than 14 days");
    }
    if [&message.content, &new]
        .iter()
        .any(|card| card["config"]["update_multi"] != true)
    {
        return refuse(230_099, "a card without update_multi");
    }
    message.content = new;
    Ok(Reply::data(&json!({})))
}

pub(super) fn delayed_update(state: &mut State, seen: &Seen) -> Result<Reply, Refusal> {
    let refuse = |code, why: &str| Err(Refusal::new(400, code, why));
    seen.check_tenant(state)?;
    seen.check_json()?;
    let card = seen.body["card"].clone();
    if !card.is_object() || card.to_string().len() > CARD_BYTES_MAX {
        return refuse(11_311, "no card, or too large");
    }
    let now_ms = state.now_ms;
    let Some(click) = state.cards.clicks.get_mut(seen.field("token", 300_020)?) else {
        return refuse(300_020, "there is no such token");
    };
    match click.answered_at_ms {
        None => refuse(300_000, "the callback was not answered yet"),
        Some(at) if now_ms > at + UPDATE_MS => refuse(300_030, "the token has expired"),
        Some(_) if click.cards.len() as u32 >= UPDATES_MAX => refuse(300_040, "the token is used up"),
        Some(_) => {
            click.cards.push(card);
            Ok(Reply::json(200, &json!({"code": 0, "msg": "ok"})))
        }
    }
}

fn message<'s>(state: &'s mut State, id: &str) -> Result<&'s mut Message, Refusal> {
    let found = state.cards.messages.get_mut(id);
    found.ok_or_else(|| Refusal::new(400, 230_011, "there is no such message"))
}

/// The content is a text with JSON in it.
fn content(seen: &Seen, kind: &str) -> Result<Value, Refusal> {
    let text = seen.field("content", 230_001)?;
    let bytes_max = if kind == "text" { TEXT_BYTES_MAX } else { CARD_BYTES_MAX };
    if text.len() > bytes_max {
        return Err(Refusal::new(400, 230_025, "the content is too long"));
    }
    serde_json::from_str(text).map_err(|_not_json| Refusal::new(400, 230_001, "the content is no JSON"))
}
