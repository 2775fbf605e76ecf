//! Chats and their members, and the bot itself ("Obtain group information", "Obtain group members", "Obtain bot
//! information").

use serde::Deserialize;

use super::messages::segment;
use super::{Openapi, OpenapiError, Pages};
use crate::{Bot, ChatInfo, MemberInfo};

impl<'a> Openapi<'a> {
    /// Returns a chat. Grant: [`CHAT`](crate::grants::CHAT).
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use serde_json::json;
    /// # let fake = FakeHost::new();
    /// # fake.answer("GET", "/open-apis/im/v1/chats/*", &json!({"name": "Team"}));
    /// # let host: &dyn Host = &fake;
    /// assert_eq!(host.openapi().chat("oc_team")?.name.as_deref(), Some("Team"));
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`], as in all of these.
    pub fn chat(&self, chat_id: &str) -> Result<ChatInfo, OpenapiError> {
        self.get(format!("/open-apis/im/v1/chats/{}", segment(chat_id)?))
            .send()?
            .data()
    }

    /// Lists the chats of the bot. Grant: [`CHATS`](crate::grants::CHATS).
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use serde_json::json;
    /// # fake.answer("GET", "/open-apis/im/v1/chats", &json!({"items": [{"chat_id": "oc_team", "name": "Team"}]}));
    /// for chat in host.openapi().chats() {
    ///     let chat = chat?;
    ///     host.openapi().send_text(To::Chat(&chat.chat_id.unwrap_or_default()), "今天维护")?;
    /// }
    /// # fake.assert_said("今天维护");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn chats(&self) -> Pages<'a, ChatInfo> {
        self.get("/open-apis/im/v1/chats").query("page_size", "100").pages()
    }

    /// Lists the people of a chat; bots are not among them. Grant: [`CHAT_MEMBERS`](crate::grants::CHAT_MEMBERS).
    ///
    /// # Errors
    ///
    /// [`OpenapiError::Refused`] when the id is none.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use serde_json::json;
    /// # fn handle(host: &dyn Host) -> Result<Vec<String>, Failure> {
    /// let mut names = Vec::new();
    /// for member in host.openapi().chat_members("oc_team")? {
    ///     names.extend(member?.name);
    /// }
    /// # Ok(names)
    /// # }
    /// # let host = FakeHost::new();
    /// # host.answer("GET", "/open-apis/im/v1/chats/*/members", &json!({"items": [{"member_id": "ou_anna", "name": "Anna"}]}));
    /// # assert_eq!(handle(&host)?, ["Anna"]);
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn chat_members(&self, chat_id: &str) -> Result<Pages<'a, MemberInfo>, OpenapiError> {
        let call = self.get(format!("/open-apis/im/v1/chats/{}/members", segment(chat_id)?));
        Ok(call
            .query("member_id_type", "open_id")
            .query("page_size", "100")
            .pages())
    }

    /// Returns the bot of the application, whose open id tells its own messages. Grant: [`BOT`](crate::grants::BOT).
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use serde_json::json;
    /// # fake.answer_with("GET", "/open-apis/bot/v3/info", &json!({"code": 0, "bot": {"open_id": "ou_bot", "app_name": "Helper"}}));
    /// # let event = Event::text_message("ou_anna", "hi");
    /// let bot = host.openapi().bot()?;
    /// let message: MessageReceive = event.payload()?;
    /// if message.is_from_myself(&bot.open_id) {
    ///     return Ok(());
    /// }
    /// # assert_eq!(bot.app_name.as_deref(), Some("Helper"));
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]
    pub fn bot(&self) -> Result<Bot, OpenapiError> {
        #[derive(Deserialize)]
        struct Found {
            bot: Bot,
        }
        let Found { bot } = self.get("/open-apis/bot/v3/info").send()?.body()?;
        Ok(bot)
    }
}
