//! Messages that Lark keeps: the groups of the bot, and what was written in a chat in a span of time.

use serde_json::Value;

use super::{Openapi, console::ConsoleError, deadline::Deadline};

const BOT: &str = "/open-apis/bot/v3/info";
const CHATS: &str = "/open-apis/im/v1/chats";
const MESSAGES: &str = "/open-apis/im/v1/messages";

/// Lark's largest page of chats.
const CHATS_PAGE: &str = "100";

/// Lark's largest page of messages.
const MESSAGES_PAGE: &str = "50";

/// One page of a list.
#[derive(Debug, Clone, Default)]
pub struct ListPage {
    /// Its items, as Lark sends them.
    pub items: Vec<Value>,
    /// Where the next page begins; none after the last one.
    pub next: Option<String>,
}

impl Openapi {
    /// Reads the `open_id` of the application's bot; none when Lark does not say.
    ///
    /// # Errors
    /// [`ConsoleError`].
    pub async fn bot_open_id(&self, app_id: &str, deadline: &Deadline) -> Result<Option<String>, ConsoleError> {
        let body = self.read_as_app(app_id, BOT, &[], deadline).await?;
        Ok(body.pointer("/bot/open_id").and_then(Value::as_str).map(str::to_owned))
    }

    /// Reads a page of the groups that the bot is in.
    ///
    /// # Errors
    /// [`ConsoleError`].
    pub async fn chats_of_bot(
        &self,
        app_id: &str,
        page: Option<&str>,
        deadline: &Deadline,
    ) -> Result<ListPage, ConsoleError> {
        let mut query = vec![("page_size", CHATS_PAGE)];
        query.extend(page.map(|page| ("page_token", page)));
        Ok(read(self.read_as_app(app_id, CHATS, &query, deadline).await?))
    }

    /// Reads a page of the messages of a chat from one second to another, the oldest first.
    ///
    /// # Errors
    /// [`ConsoleError`].
    pub async fn messages_of_chat(
        &self,
        app_id: &str,
        chat_id: &str,
        (from, until): (u64, u64),
        page: Option<&str>,
        deadline: &Deadline,
    ) -> Result<ListPage, ConsoleError> {
        let (from, until) = (from.to_string(), until.to_string());
        let mut query = vec![
            ("container_id_type", "chat"),
            ("container_id", chat_id),
            ("start_time", &from),
            ("end_time", &until),
            ("sort_type", "ByCreateTimeAsc"),
            ("page_size", MESSAGES_PAGE),
        ];
        query.extend(page.map(|page| ("page_token", page)));
        Ok(read(self.read_as_app(app_id, MESSAGES, &query, deadline).await?))
    }
}

fn read(mut body: Value) -> ListPage {
    let data = body.get_mut("data").map(Value::take).unwrap_or_default();
    let has_more = data.get("has_more").and_then(Value::as_bool) == Some(true);
    let next = data.get("page_token").and_then(Value::as_str);
    let next = next.filter(|next| has_more && !next.is_empty()).map(str::to_owned);
    let items = data.get("items").and_then(Value::as_array).cloned();
    ListPage {
        items: items.unwrap_or_default(),
        next,
    }
}
