//! The entries under `[grant]` that the helpers of [`Openapi`](crate::Openapi) need.
//!
//! ```
//! use lark_plugin_sdk::prelude::*;
//! use lark_plugin_sdk::grants;
//!
//! # struct Greeter;
//! # impl Plugin for Greeter {
//! #     const EVENTS: &'static [&'static str] = &["*"];
//! const WANTS: &'static [Want] = &[
//!     Want::openapi(grants::SEND_MESSAGE, "it greets people"),
//!     Want::openapi(grants::USER, "it greets them by name"),
//! ];
//! #     fn handle(&self, _: &dyn Host, _: &Event) -> Result<Outcome, Failure> { Ok(Outcome::done()) }
//! # }
//! # assert_eq!(Greeter::WANTS[0].value, "POST /open-apis/im/v1/messages");
//! ```
//!
//! `plugin inspect` names the scopes that the application needs for them.

/// Declares entries, with the helpers that need them.
macro_rules! grants {
    ($($(#[$about:meta])* $name:ident = $entry:literal;)*) => {
        $($(#[$about])* pub const $name: &str = $entry;)*
    };
}

grants! {
    /// `send_text`, `send_card`, `send_post`, `send_message`, `LiveCard::send_to`.
    SEND_MESSAGE = "POST /open-apis/im/v1/messages";
    /// `reply_text`, `reply_card`, `reply_post`, `reply_message`, `LiveCard::reply_to`.
    REPLY_MESSAGE = "POST /open-apis/im/v1/messages/*/reply";
    /// `patch_card`.
    PATCH_CARD = "PATCH /open-apis/im/v1/messages/*";
    /// `update_card`.
    UPDATE_CARD = "POST /open-apis/interactive/v1/card/update";
    /// `edit_text`.
    EDIT_MESSAGE = "PUT /open-apis/im/v1/messages/*";
    /// `recall`.
    RECALL_MESSAGE = "DELETE /open-apis/im/v1/messages/*";
    /// `message`, `forwarded`.
    READ_MESSAGE = "GET /open-apis/im/v1/messages/*";
    /// `history`.
    CHAT_HISTORY = "GET /open-apis/im/v1/messages";
    /// `react`.
    REACT = "POST /open-apis/im/v1/messages/*/reactions";
    /// `unreact`.
    UNREACT = "DELETE /open-apis/im/v1/messages/*/reactions/*";
    /// `user`.
    USER = "GET /open-apis/contact/v3/users/*";
    /// `users`.
    USERS = "GET /open-apis/contact/v3/users/batch";
    /// `open_id_by_email`.
    USER_IDS = "POST /open-apis/contact/v3/users/batch_get_id";
    /// `chat`.
    CHAT = "GET /open-apis/im/v1/chats/*";
    /// `chats`.
    CHATS = "GET /open-apis/im/v1/chats";
    /// `chat_members`.
    CHAT_MEMBERS = "GET /open-apis/im/v1/chats/*/members";
    /// `bot`.
    BOT = "GET /open-apis/bot/v3/info";
    /// `live_card`.
    MAKE_CARD = "POST /open-apis/cardkit/v1/cards";
    /// `LiveCard::set_text`.
    CARD_TEXT = "PUT /open-apis/cardkit/v1/cards/*/elements/*/content";
    /// `LiveCard::end`.
    CARD_SETTINGS = "PATCH /open-apis/cardkit/v1/cards/*/settings";
}
