//! Typed views of the payloads that plugins see most; every other payload is read with a type of the author's own.
//!
//! Rules of all views: a field that Lark may omit or send as `null` is an `Option` or empty; a field that is unknown here, or
//! whose value is of an unexpected kind, is kept in `extra`. Neither ever breaks a plugin.

#[macro_use]
mod view;

mod card_action;
mod content;
mod message;
mod oauth_redirect;
mod p2p_chat;
mod url_preview;

pub use card_action::{Action, CardAction, CardToken};
pub use message::{BotInfo, Mention, Message, MessageReceive, Sender, UserId};
pub use oauth_redirect::OauthRedirect;
pub use p2p_chat::{ChatUser, P2pChatCreate};
pub use url_preview::UrlPreview;

view! {
    /// The person who clicked, or who looks at a link.
    #[derive(Debug, Clone, Default)]
    pub struct Operator {
        /// The person's tenant, which may differ from the application's.
        pub tenant_key: Option<String>,
        /// Present only if the application may read it (`contact:user.employee_id:readonly`).
        pub user_id: Option<String>,
        /// `ou_…`, one per person and application.
        pub open_id: Option<String>,
        /// `on_…`, one per person and developer.
        pub union_id: Option<String>,
    }
}

view! {
    /// The place of the click or link.
    #[derive(Debug, Clone, Default)]
    pub struct Context {
        /// The URL, in link previews.
        pub url: Option<String>,
        /// Stays the same for one link in one message; absent or empty while the message is still being typed.
        pub preview_token: Option<String>,
        /// `om_…`: the message that holds the card.
        pub open_message_id: Option<String>,
        /// `oc_…`: the chat that holds the message.
        pub open_chat_id: Option<String>,
    }
}

/// Treats an absent text and the empty text that Lark may send instead alike.
fn filled(text: Option<&String>) -> &str {
    text.map_or("", String::as_str)
}

#[cfg(test)]
mod tests;
