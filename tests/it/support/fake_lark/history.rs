//! What was written in chats, as Lark keeps it: the bot, its groups, and messages by chat and time, in small pages.

use serde_json::{Value, json};

use super::{Refusal, Reply, Seen, State};

pub(crate) const BOT: &str = "ou_the_bot";

/// Small, so that several pages are read.
const PAGE: usize = 2;

pub(super) fn bot(state: &State, seen: &Seen) -> Result<Reply, Refusal> {
    seen.check_tenant(state)?;
    let bot = json!({"activate_status": 2, "app_name": "bot", "open_id": BOT});
    Ok(Reply::json(200, &json!({"code": 0, "msg": "ok", "bot": bot})))
}

/// Groups only: Lark does not list chats of two.
pub(super) fn chats(state: &State, seen: &Seen) -> Result<Reply, Refusal> {
    seen.check_tenant(state)?;
    let groups = state.groups.iter().map(|chat| json!({"chat_id": chat, "name": chat}));
    page(seen, groups.collect())
}

pub(super) fn messages(state: &State, seen: &Seen) -> Result<Reply, Refusal> {
    seen.check_tenant(state)?;
    let asked = |name: &str| seen.query(name).unwrap_or_default();
    let number = |name: &str| asked(name).parse::<u64>();
    let (Ok(from), Ok(until)) = (number("start_time"), number("end_time")) else {
        return Err(Refusal::new(400, 230_001, "times are whole seconds"));
    };
    if asked("container_id_type") != "chat" || from > until {
        return Err(Refusal::new(400, 230_001, "invalid request parameters"));
    }
    let chat = asked("container_id");
    if state.closed_chats.contains(chat) {
        return Err(Refusal::expected(400, 230_002, "The bot can not be outside the group."));
    }
    let of_time = |message: &&Value| {
        let ms: u64 = message["create_time"].as_str().unwrap().parse().unwrap();
        message["chat_id"] == chat && (from * 1_000..=until * 1_000).contains(&ms)
    };
    page(seen, state.history.iter().filter(of_time).cloned().collect())
}

fn page(seen: &Seen, items: Vec<Value>) -> Result<Reply, Refusal> {
    let from: usize = seen.query("page_token").map_or(0, |token| token.parse().unwrap());
    let rest = items.len().saturating_sub(from + PAGE);
    let items: Vec<_> = items.into_iter().skip(from).take(PAGE).collect();
    let token = if rest > 0 {
        (from + PAGE).to_string()
    } else {
        String::new()
    };
    Ok(Reply::data(
        &json!({"items": items, "has_more": rest > 0, "page_token": token}),
    ))
}

/// A message as a list has it.
pub(crate) fn listed(id: &str, chat: &str, at_ms: u64, sender: &str, mentions: &[&str]) -> Value {
    let is_user = sender.starts_with("ou_");
    let mentions = mentions.iter().enumerate().map(|(number, who)| {
        json!({"key": format!("@_user_{}", number + 1), "id": who, "id_type": "open_id", "name": who, "tenant_key": "tk_1"})
    });
    json!({
        "message_id": id, "root_id": "", "parent_id": "", "msg_type": "text", "create_time": at_ms.to_string(),
        "update_time": at_ms.to_string(), "deleted": false, "updated": false, "chat_id": chat,
        "sender": {
            "id": sender, "id_type": if is_user { "open_id" } else { "app_id" },
            "sender_type": if is_user { "user" } else { "app" }, "tenant_key": "tk_1",
        },
        "body": {"content": json!({"text": format!("missed {id}")}).to_string()},
        "mentions": mentions.collect::<Vec<_>>(),
    })
}
