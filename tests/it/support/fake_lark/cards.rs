//! Messages and cards: sent once, changed as long as they may be, and by clicks' tokens at most twice.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{FakeLark, Refusal, Reply, Seen, State, card_schema};

const CARD_BYTES_MAX: usize = 30 * 1024;
const TEXT_BYTES_MAX: usize = 150 * 1024;
const PATCH_MS: u64 = 14 * 24 * 3_600_000;
const UPDATE_MS: u64 = 30 * 60_000;
const UPDATES_MAX: u32 = 2;

/// How long a message is known again by its `uuid`.
const UUID_MS: u64 = 3_600_000;
const UUID_BYTES_MAX: usize = 50;

/// The kinds of ids that a message may be addressed to.
const RECEIVERS: [&str; 5] = ["open_id", "union_id", "user_id", "email", "chat_id"];

/// Messages to one person, and changes of one message, within [`RATE_WINDOW`].
const RATE_MAX: usize = 5;
const RATE_WINDOW: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Cards {
    messages: HashMap<String, Message>,
    /// The message of an application and a `uuid`, and when it was sent.
    by_uuid: HashMap<(String, String), (String, u64)>,
    clicks: HashMap<String, Click>,
    /// Messages with a click that is not answered yet.
    open: HashSet<String>,
    /// When something was sent to somebody, or a message was changed.
    lately: HashMap<String, VecDeque<Instant>>,
}

impl Cards {
    /// Refuses the sixth within a second, by Lark's real clock.
    fn limit(&mut self, whose: &str) -> Result<(), Refusal> {
        let lately = self.lately.entry(whose.to_owned()).or_default();
        lately.retain(|at| at.elapsed() < RATE_WINDOW);
        if lately.len() >= RATE_MAX {
            return Err(Refusal::expected(400, 230_020, "the frequency limit is exceeded"));
        }
        lately.push_back(Instant::now());
        Ok(())
    }
}

/// A message as the user sees it.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Who sent it.
    pub(crate) app: String,
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
    /// The messages in the chats, by id.
    pub(crate) fn messages(&self) -> HashMap<String, Message> {
        self.state().cards.messages.clone()
    }

    /// The answer to a click puts another card in the place of the one that was clicked.
    pub(crate) fn replace_card(&self, message_id: &str, card: &Value) {
        let mut state = self.state();
        let message = state.cards.messages.get_mut(message_id).unwrap();
        assert_eq!(card["config"]["update_multi"], true, "{card}");
        assert_eq!(card_schema::check(card), Ok(()), "{card}");
        message.content = card.clone();
    }

    /// Somebody clicks on a card: until the answer is there, nobody else can change it.
    pub(crate) fn click_opens(&self, message_id: &str) {
        self.state().cards.open.insert(message_id.to_owned());
    }

    /// The click was answered.
    pub(crate) fn click_closes(&self, message_id: &str) {
        self.state().cards.open.remove(message_id);
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

    /// The updates of a click's card, in order.
    pub(crate) fn updates(&self, token: &str) -> Vec<Value> {
        self.state().cards.clicks[token].cards.clone()
    }
}

pub(super) fn send(state: &mut State, seen: &Seen, replied: Option<&str>) -> Result<Reply, Refusal> {
    let app = seen.check_tenant(state)?;
    seen.check_json()?;
    let to = match replied {
        Some(id) => {
            seen.check_fields(&["msg_type", "content", "uuid", "reply_in_thread"])?;
            message(state, id)?.to.clone()
        }
        None => {
            seen.check_fields(&["receive_id", "msg_type", "content", "uuid"])?;
            receiver(state, seen)?
        }
    };
    let kind = seen.field("msg_type", 230_001)?.to_owned();
    let content = content(seen, &kind)?;
    let now_ms = state.now_ms;
    let key = uuid(seen)?.map(|uuid| (app.clone(), uuid));
    if let Some((id, sent_at_ms)) = key.as_ref().and_then(|key| state.cards.by_uuid.get(key))
        && now_ms < sent_at_ms + UUID_MS
    {
        return Ok(Reply::data(&json!({"message_id": id})));
    }
    state.cards.limit(&to)?;
    let id = state.make("om_");
    if let Some(key) = key {
        state.cards.by_uuid.insert(key, (id.clone(), now_ms));
    }
    let sent_at_ms = now_ms;
    let message = Message {
        app,
        to,
        kind,
        content,
        sent_at_ms,
    };
    state.cards.messages.insert(id.clone(), message);
    Ok(Reply::data(&json!({"message_id": id})))
}

/// Whom a message is for: a person must be one whom the application may write to.
fn receiver(state: &State, seen: &Seen) -> Result<String, Refusal> {
    let kind = seen.query("receive_id_type").unwrap_or_default();
    if !RECEIVERS.contains(&kind) {
        return Err(Refusal::new(400, 99_992_402, "receive_id_type is none"));
    }
    let to = seen.field("receive_id", 230_001)?;
    if kind == "open_id" && !state.knows(to) {
        return Err(Refusal::new(400, 230_013, "Bot has NO availability to this user."));
    }
    Ok(to.to_owned())
}

fn uuid(seen: &Seen) -> Result<Option<String>, Refusal> {
    match &seen.body["uuid"] {
        Value::Null => Ok(None),
        Value::String(uuid) if uuid.len() <= UUID_BYTES_MAX => Ok(Some(uuid.clone())),
        _ => Err(Refusal::new(400, 230_001, "the uuid is no text of at most 50 bytes")),
    }
}

pub(super) fn patch(state: &mut State, seen: &Seen, id: &str) -> Result<Reply, Refusal> {
    let refuse = |code, why: &str| Err(Refusal::new(400, code, why));
    let app = seen.check_tenant(state)?;
    seen.check_json()?;
    seen.check_fields(&["content"])?;
    let new = content(seen, "interactive")?;
    let now_ms = state.now_ms;
    state.cards.limit(id)?;
    if state.cards.open.contains(id) {
        let why = "Failed to create card content, ext=ErrCode: 11310; ErrMsg: the card is locked by an interaction;";
        return Err(Refusal::expected(400, 230_099, why));
    }
    let message = message(state, id)?;
    if message.app != app {
        return refuse(230_027, "another application's message");
    }
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
    seen.check_fields(&["token", "card"])?;
    let token = seen.field("token", 300_020)?;
    if !token.starts_with("c-") {
        return refuse(300_020, "the token has another form");
    }
    let card = seen.body["card"].clone();
    if !card.is_object() || seen.bytes > CARD_BYTES_MAX || card_schema::check(&card).is_err() {
        return refuse(11_311, "no card, or too large");
    }
    let now_ms = state.now_ms;
    let Some(click) = state.cards.clicks.get_mut(token) else {
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
    if seen.bytes > bytes_max {
        return Err(Refusal::new(400, 230_025, "the body is too long"));
    }
    let content =
        serde_json::from_str(text).map_err(|_not_json| Refusal::new(400, 230_001, "the content is no JSON"))?;
    if kind == "interactive" {
        card_schema::check(&content).map_err(|at| {
            let why = format!("Failed to create card content, ext=ErrCode: 200621; ErrMsg: parse card json err; {at}");
            Refusal::new(400, 230_099, why)
        })?;
    }
    Ok(content)
}
