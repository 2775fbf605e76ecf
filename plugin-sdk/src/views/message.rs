//! `im.message.receive_v1`: a message to the bot or in one of its chats ("Receive message").

use serde::Deserialize;

use super::{Mention, Message, MessageReceive, filled};
use crate::content::{self, Mentioned};
use crate::{Failure, MessageContent};

impl MessageReceive {
    /// Returns the sender's open id; empty when Lark did not send it.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # let event = lark_plugin_sdk::testing::fixture("im.message.receive_v1", "mentions");
    /// let message: MessageReceive = event.payload()?;
    /// if message.is_from_bot() || !message.mentions_bot(&event.app_id) || message.mentions_all() {
    ///     return Ok(()); // of a bot, or not to this one
    /// }
    /// host.openapi().reply_text(&message.message.message_id, &message.text_with_names())?;
    /// # assert_eq!(message.sender_open_id(), "ou_5f0c6d1a9b7e4c21");
    /// # fake.assert_said("@Helper ask @Chen and @Ben @_user_1");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn sender_open_id(&self) -> &str {
        filled(self.sender.sender_id.open_id.as_ref())
    }

    /// Returns the text of a text message or a post (formatted text, as pasted or written in topic groups), with placeholders
    /// like `@_user_1` for mentions; empty for every other message. [`read`](Self::read) has a text for all of them.
    pub fn text(&self) -> String {
        content::text(&self.message.message_type, &self.message.content_json)
    }

    /// Returns the text with the names of mentioned people instead of placeholders.
    pub fn text_with_names(&self) -> String {
        content::with_names(&self.text(), &self.names())
    }

    /// Returns a message of any type as one text, with names instead of placeholders, and its files.
    pub fn read(&self) -> MessageContent {
        MessageContent::read(&self.message.message_type, &self.message.content_json, &self.names())
    }

    /// Returns the same without mentions of the bot of this application (the `app_id` of the event): what was said to it.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # let event = lark_plugin_sdk::testing::fixture("im.message.receive_v1", "mentions");
    /// let message: MessageReceive = event.payload()?;
    /// assert_eq!(message.read().text, "@Helper ask @Chen and @Ben @_user_1");
    /// assert_eq!(message.read_as(&event.app_id).text, "ask @Chen and @Ben @_user_1");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn read_as(&self, app_id: &str) -> MessageContent {
        let said = self.message.mentions.iter().map(|mention| {
            let becomes = if mention.is_bot_of(app_id) {
                Mentioned::Nothing
            } else {
                Mentioned::Name(mention.name.as_str())
            };
            (mention.key.as_str(), becomes)
        });
        let mut content = MessageContent::read(&self.message.message_type, &self.message.content_json, &said);
        content.text = content.text.trim().to_owned();
        content
    }

    fn names(&self) -> impl Iterator<Item = (&str, Mentioned<'_>)> + Clone {
        let mentions = self.message.mentions.iter();
        mentions.map(|mention| (mention.key.as_str(), Mentioned::Name(mention.name.as_str())))
    }

    /// Returns whether a bot wrote it. Lark sends a bot none of its own messages; answering those of another bot may have the
    /// two talk without end.
    pub fn is_from_bot(&self) -> bool {
        matches!(self.sender.sender_type.as_deref(), Some("app" | "bot"))
    }

    /// Returns whether the bot with this open id wrote it: `host.openapi().bot()` tells that of the
    /// application.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use serde_json::json;
    /// # fake.answer_with("GET", "/open-apis/bot/v3/info", &json!({"code": 0, "bot": {"open_id": "ou_bot"}}));
    /// # let event = lark_plugin_sdk::testing::fixture("im.message.receive_v1", "from_bot");
    /// let message: MessageReceive = event.payload()?;
    /// let myself = host.openapi().bot()?;
    /// assert!(!message.is_from_myself(&myself.open_id)); // another bot
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn is_from_myself(&self, bot_open_id: &str) -> bool {
        self.is_from_bot() && !bot_open_id.is_empty() && self.sender_open_id() == bot_open_id
    }

    /// Returns whether everybody in the chat was mentioned (`@all`).
    pub fn mentions_all(&self) -> bool {
        let mut mentions = self.message.mentions.iter();
        mentions.any(Mention::is_all) || content::has_placeholder(&self.text(), content::ALL)
    }

    /// Returns whether the bot of this application (the `app_id` of the event) was mentioned. If Lark does not say which bot
    /// was meant, any bot counts: a message that mentions only another bot does not reach this application unless it receives
    /// all messages of the chat.
    pub fn mentions_bot(&self, app_id: &str) -> bool {
        self.message.mentions.iter().any(|mention| mention.is_bot_of(app_id))
    }
}

impl Message {
    /// Reads the content as a type of your own ("Received message content").
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use serde_json::json;
    /// use serde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// struct Location {
    ///     name: String,
    /// }
    ///
    /// let payload = json!({
    ///     "sender": {"sender_id": {"open_id": "ou_anna"}},
    ///     "message": {"message_id": "om_1", "message_type": "location", "content": r#"{"name": "西湖", "longitude": "120.1"}"#},
    /// });
    /// let event = Event::new("im.message.receive_v1", &payload);
    /// let message: MessageReceive = event.payload()?;
    /// let location: Location = message.message.content()?;
    /// assert_eq!(location.name, "西湖");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Failure::Permanent`] when it has another shape.
    pub fn content<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Failure> {
        serde_json::from_str(&self.content_json)
            .map_err(|error| Failure::permanent(format_args!("the content has another shape: {error}")))
    }
}

impl Mention {
    /// Returns whether a bot was mentioned.
    pub fn is_bot(&self) -> bool {
        matches!(self.mentioned_type.as_deref(), Some("bot" | "app")) || self.bot_info.app_id.is_some()
    }

    /// Returns whether the bot of this application was mentioned; any bot counts if Lark does not say which one was meant.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # let event = lark_plugin_sdk::testing::fixture("im.message.receive_v1", "mentions");
    /// let message: MessageReceive = event.payload()?;
    /// let mut people = message.message.mentions.iter().filter(|mention| !mention.is_bot() && !mention.is_all());
    /// assert_eq!(people.next().map(|person| person.name.as_str()), Some("Ben @_user_1"));
    /// assert!(message.message.mentions.iter().any(|mention| mention.is_bot_of(&event.app_id)));
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn is_bot_of(&self, app_id: &str) -> bool {
        self.is_bot() && self.bot_info.app_id.as_deref().is_none_or(|bot| bot == app_id)
    }

    /// Returns whether everybody in the chat was mentioned.
    pub fn is_all(&self) -> bool {
        self.key == content::ALL
    }
}
