//! Calls that every bot needs: messages and cards ("Send message", "Update message card").

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Call, Openapi, OpenapiError};
use crate::{Card, CardToken};

/// The receiver of a message.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// host.openapi().send_text(To::Chat("oc_team"), "你好")?;
/// host.openapi().send_text(To::Email("anna@example.com"), "hello")?;
/// # assert_eq!(fake.said(), ["你好", "hello"]);
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum To<'a> {
    /// A person, by `ou_…`.
    OpenId(&'a str),
    /// A person, by `on_…`.
    UnionId(&'a str),
    /// A person, by their user id in the tenant.
    UserId(&'a str),
    /// A person, by email address.
    Email(&'a str),
    /// A chat, by `oc_…`.
    Chat(&'a str),
}

impl<'a> To<'a> {
    fn id_type_and_id(self) -> (&'static str, &'a str) {
        match self {
            Self::OpenId(id) => ("open_id", id),
            Self::UnionId(id) => ("union_id", id),
            Self::UserId(id) => ("user_id", id),
            Self::Email(id) => ("email", id),
            Self::Chat(id) => ("chat_id", id),
        }
    }
}

/// The body of a message; `content` is JSON inside a string.
#[derive(Serialize)]
struct Content {
    msg_type: &'static str,
    content: String,
}

impl Openapi<'_> {
    /// Sends a text and returns the message's id (`om_…`). The host adds a `uuid`, so that a handler that is retried does not
    /// send twice.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// let message_id = host.openapi().send_text(To::OpenId("ou_anna"), "你好")?;
    /// assert_eq!(message_id, "om_1");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`], as in all of these.
    pub fn send_text(&self, to: To<'_>, text: &str) -> Result<String, OpenapiError> {
        self.send(to, &text_content(text))
    }

    /// Sends a card and returns the message's id. A card that will be updated later needs `config.update_multi: true`.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use serde_json::json;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// let card = json!({"schema": "2.0", "config": {"update_multi": true}, "body": {"elements": []}});
    /// let message_id = host.openapi().send_card(To::OpenId("ou_anna"), card)?;
    /// assert_eq!(message_id, "om_1");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn send_card(&self, to: To<'_>, card: impl Into<Card>) -> Result<String, OpenapiError> {
        self.send(to, &card_content(&card.into())?)
    }

    /// Replies to a message with a text and returns the reply's id.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use serde_json::json;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// host.openapi().reply_text("om_1", "收到")?;
    /// # fake.assert_called_with("POST", "/open-apis/im/v1/messages/om_1/reply", &json!({"msg_type": "text", "content": r#"{"text":"收到"}"#}));
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn reply_text(&self, message_id: &str, text: &str) -> Result<String, OpenapiError> {
        self.reply(message_id, &text_content(text))
    }

    /// Replies to a message with a card and returns the reply's id.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use lark_plugin_sdk::card::Markdown;
    /// let card = Card::builder().add(Markdown::new("**收到**")).build()?;
    /// host.openapi().reply_card("om_1", card)?;
    /// # fake.assert_called("POST", "/open-apis/im/v1/messages/om_1/reply");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn reply_card(&self, message_id: &str, card: impl Into<Card>) -> Result<String, OpenapiError> {
        self.reply(message_id, &card_content(&card.into())?)
    }

    /// Sends a message of any type ("Message content structure") and returns its id: `image` with `{"image_key": "img_…"}`,
    /// `file` with `{"file_key": "file_…"}`, `share_chat`, …
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use serde_json::json;
    /// # fn handle(host: &dyn Host) -> Result<(), Failure> {
    /// host.openapi().send_message(To::Chat("oc_team"), "image", &json!({"image_key": "img_v3_1"}))?;
    /// # Ok(())
    /// # }
    /// # handle(&lark_plugin_sdk::testing::FakeHost::new())?;
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn send_message(&self, to: To<'_>, msg_type: &'static str, content: &Value) -> Result<String, OpenapiError> {
        let content = content.to_string();
        self.send(to, &Content { msg_type, content })
    }

    /// Replies with a message of any type and returns the reply's id.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use serde_json::json;
    /// host.openapi().reply_message("om_1", "image", &json!({"image_key": "img_v3_1"}))?;
    /// # fake.assert_said("[image]");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn reply_message(
        &self,
        message_id: &str,
        msg_type: &'static str,
        content: &Value,
    ) -> Result<String, OpenapiError> {
        let content = content.to_string();
        self.reply(message_id, &Content { msg_type, content })
    }

    /// Updates a card that this application sent: at most 14 days old, `update_multi` in both the old and the new card, at
    /// most 5 times a second.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use serde_json::json;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// let done = json!({"schema": "2.0", "config": {"update_multi": true}, "body": {"elements": []}});
    /// host.openapi().patch_card("om_1", done)?;
    /// # fake.assert_called("PATCH", "/open-apis/im/v1/messages/om_1");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn patch_card(&self, message_id: &str, card: impl Into<Card>) -> Result<(), OpenapiError> {
        let Content { content, .. } = card_content(&card.into())?;
        let path = format!("/open-apis/im/v1/messages/{}", segment(message_id)?);
        self.patch(path).json(&json!({"content": content})).send().map(drop)
    }

    /// Updates the card that was clicked, by the token of the click: within 30 minutes, at most twice, and only after the
    /// click was answered, so do it in a task.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use serde_json::json;
    /// # let event = lark_plugin_sdk::testing::fixture("card.action.trigger", "usual");
    /// # let click: CardAction = event.payload()?;
    /// // In a task, whose payload has the token.
    /// let token = click.token.expect("the token of the click");
    /// host.openapi().update_card(&token, json!({"schema": "2.0", "body": {"elements": []}}))?;
    /// # fake.assert_called("POST", "/open-apis/interactive/v1/card/update");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn update_card(&self, token: &CardToken, card: impl Into<Card>) -> Result<(), OpenapiError> {
        let card = card_value(&card.into())?;
        self.post("/open-apis/interactive/v1/card/update")
            .json(&json!({"token": token.as_str(), "card": card}))
            .send()
            .map(drop)
    }

    fn send(&self, to: To<'_>, content: &Content) -> Result<String, OpenapiError> {
        #[derive(Serialize)]
        struct Body<'a> {
            receive_id: &'a str,
            #[serde(flatten)]
            content: &'a Content,
        }
        let (id_type, receive_id) = to.id_type_and_id();
        let call = self
            .post("/open-apis/im/v1/messages")
            .query("receive_id_type", id_type)
            .json(&Body { receive_id, content });
        message_id(call)
    }

    fn reply(&self, replied_id: &str, content: &Content) -> Result<String, OpenapiError> {
        let path = format!("/open-apis/im/v1/messages/{}/reply", segment(replied_id)?);
        message_id(self.post(path).json(content))
    }
}

fn message_id(call: Call<'_>) -> Result<String, OpenapiError> {
    #[derive(Deserialize)]
    struct Sent {
        message_id: String,
    }
    let Sent { message_id } = call.send()?.data()?;
    Ok(message_id)
}

fn text_content(text: &str) -> Content {
    Content {
        msg_type: "text",
        content: json!({"text": text}).to_string(),
    }
}

fn card_content(card: &Card) -> Result<Content, OpenapiError> {
    Ok(Content {
        msg_type: "interactive",
        content: card_value(card)?.to_string(),
    })
}

/// In a message, a raw card is sent without its wrapper and a template with it.
fn card_value(card: &Card) -> Result<Value, OpenapiError> {
    match card {
        Card::Raw(card) if card.is_object() => Ok(card.clone()),
        Card::Raw(_) => Err(OpenapiError::Refused("a card must be a JSON object".to_owned())),
        Card::Template(_) => serde_json::to_value(card).map_err(|error| OpenapiError::Refused(error.to_string())),
    }
}

/// Checks an id that becomes part of a path: it must not be able to change the path.
pub(super) fn segment(id: &str) -> Result<&str, OpenapiError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !id.is_empty() && id.bytes().all(is_plain) {
        Ok(id)
    } else {
        Err(OpenapiError::Refused(
            "an id of a message has letters, digits, - and _ only".to_owned(),
        ))
    }
}
