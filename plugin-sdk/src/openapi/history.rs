//! Messages that were sent: read, changed, recalled, reacted to.

use serde::Deserialize;
use serde_json::json;

use super::messages::segment;
use super::{Openapi, OpenapiError, Pages};
use crate::ChatMessage;

impl<'a> Openapi<'a> {
    /// Returns a message. Grant: [`READ_MESSAGE`](crate::grants::READ_MESSAGE).
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use serde_json::json;
    /// # let said = json!({"message_id": "om_1", "msg_type": "text", "body": {"content": r#"{"text": "hi"}"#}});
    /// # fake.answer("GET", "/open-apis/im/v1/messages/*", &json!({"items": [said]}));
    /// assert_eq!(host.openapi().message("om_1")?.read().text, "hi");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`], as in all of these.
    pub fn message(&self, message_id: &str) -> Result<ChatMessage, OpenapiError> {
        let items = self.with_parts(message_id)?;
        Ok(items.into_iter().next().unwrap_or_default())
    }

    /// Returns the messages of a forwarded conversation (`merge_forward`), in their order; `upper_message_id` tells which of
    /// several forwarded conversations inside of each other one belongs to. Grant:
    /// [`READ_MESSAGE`](crate::grants::READ_MESSAGE).
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use serde_json::json;
    /// # fn handle(host: &dyn Host) -> Result<Vec<String>, Failure> {
    /// let texts = host.openapi().forwarded("om_1")?.iter().map(|message| message.read().text).collect();
    /// # Ok(texts)
    /// # }
    /// # let host = FakeHost::new();
    /// # let said = |id: &str, upper: Option<&str>, text: &str| json!({
    /// #     "message_id": id, "upper_message_id": upper, "msg_type": "text", "body": {"content": json!({"text": text}).to_string()},
    /// # });
    /// # let items = json!({"items": [said("om_1", None, ""), said("om_2", Some("om_1"), "a"), said("om_3", Some("om_1"), "b")]});
    /// # host.answer("GET", "/open-apis/im/v1/messages/*", &items);
    /// # assert_eq!(handle(&host)?, ["a", "b"]);
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn forwarded(&self, message_id: &str) -> Result<Vec<ChatMessage>, OpenapiError> {
        let mut items = self.with_parts(message_id)?;
        items.retain(|message| message.message_id != message_id);
        Ok(items)
    }

    /// Lists the messages of a chat, the newest first. Grant: [`CHAT_HISTORY`](crate::grants::CHAT_HISTORY).
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use serde_json::json;
    /// # let fake = FakeHost::new();
    /// # let said = json!({"message_id": "om_1", "msg_type": "text", "body": {"content": r#"{"text": "hi"}"#}});
    /// # fake.answer("GET", "/open-apis/im/v1/messages", &json!({"items": [said], "has_more": false}));
    /// # let host: &dyn Host = &fake;
    /// let mut texts = Vec::new();
    /// for message in host.openapi().history("oc_team").take(20) {
    ///     texts.push(message?.read().text);
    /// }
    /// assert_eq!(texts, ["hi"]);
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn history(&self, chat_id: &str) -> Pages<'a, ChatMessage> {
        self.get("/open-apis/im/v1/messages")
            .query("container_id_type", "chat")
            .query("container_id", chat_id)
            .query("sort_type", "ByCreateTimeDesc")
            .query("page_size", "50")
            .pages()
    }

    /// Recalls a message of the bot. Grant: [`RECALL_MESSAGE`](crate::grants::RECALL_MESSAGE).
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn recall(&self, message_id: &str) -> Result<(), OpenapiError> {
        let path = format!("/open-apis/im/v1/messages/{}", segment(message_id)?);
        self.delete(path).send().map(drop)
    }

    /// Replaces the text of a message of the bot, at most 20 times. Grant: [`EDIT_MESSAGE`](crate::grants::EDIT_MESSAGE).
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// let message_id = host.openapi().send_text(To::Chat("oc_team"), "还有 3 个")?;
    /// host.openapi().edit_text(&message_id, "都好了")?;
    /// host.openapi().recall(&message_id)?;
    /// # fake.assert_called("PUT", "/open-apis/im/v1/messages/om_1");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn edit_text(&self, message_id: &str, text: &str) -> Result<(), OpenapiError> {
        let path = format!("/open-apis/im/v1/messages/{}", segment(message_id)?);
        let content = json!({"text": text}).to_string();
        self.put(path)
            .json(&json!({"msg_type": "text", "content": content}))
            .send()
            .map(drop)
    }

    /// Puts an emoji (`THUMBSUP`, `OK`, …) on a message and returns the id of the reaction. Grant:
    /// [`REACT`](crate::grants::REACT).
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use serde_json::json;
    /// # let fake = FakeHost::new();
    /// # fake.answer("POST", "/open-apis/im/v1/messages/*/reactions", &json!({"reaction_id": "r1"}));
    /// # let host: &dyn Host = &fake;
    /// let reaction = host.openapi().react("om_1", "OnIt")?;
    /// // … the work …
    /// host.openapi().unreact("om_1", &reaction)?;
    /// # fake.assert_called("DELETE", "/open-apis/im/v1/messages/om_1/reactions/r1");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn react(&self, message_id: &str, emoji_type: &str) -> Result<String, OpenapiError> {
        #[derive(Deserialize)]
        struct Put {
            reaction_id: Option<String>,
        }
        let path = format!("/open-apis/im/v1/messages/{}/reactions", segment(message_id)?);
        let reaction = json!({"reaction_type": {"emoji_type": emoji_type}});
        let Put { reaction_id } = self.post(path).json(&reaction).send()?.data()?;
        Ok(reaction_id.unwrap_or_default())
    }

    /// Takes an emoji off that the bot put on. Grant: [`UNREACT`](crate::grants::UNREACT).
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn unreact(&self, message_id: &str, reaction_id: &str) -> Result<(), OpenapiError> {
        let (message_id, reaction_id) = (segment(message_id)?, segment(reaction_id)?);
        self.delete(format!(
            "/open-apis/im/v1/messages/{message_id}/reactions/{reaction_id}"
        ))
        .send()
        .map(drop)
    }

    /// A message, and those that it holds.
    fn with_parts(&self, message_id: &str) -> Result<Vec<ChatMessage>, OpenapiError> {
        #[derive(Deserialize)]
        struct Found {
            items: Option<Vec<ChatMessage>>,
        }
        let path = format!("/open-apis/im/v1/messages/{}", segment(message_id)?);
        let Found { items } = self.get(path).send()?.data()?;
        Ok(items.unwrap_or_default())
    }
}
