//! What people know an application by.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// An App ID as a part of an address: letters, digits, `_` and `-` are safe there.
const ID: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-');

/// What a page says about the application, which is what a person knows and trusts.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// What people know it by.
    pub name: Option<String>,
    /// Opens the chat with it, in Feishu or Lark.
    pub chat: Option<Chat>,
}

/// The way back to the chat ("`AppLink`: open a bot").
#[derive(Debug, Clone)]
pub struct Chat {
    /// For the browser, which hands it to the client.
    pub url: String,
    /// Lark outside of China; else Feishu.
    pub is_lark: bool,
}

impl Chat {
    /// The chat with the bot of an application; `accounts_base_url` tells Feishu from Lark.
    pub fn with(app_id: &str, accounts_base_url: &str) -> Self {
        let is_lark = accounts_base_url.contains("larksuite.com");
        let host = if is_lark {
            "applink.larksuite.com"
        } else {
            "applink.feishu.cn"
        };
        let app_id = utf8_percent_encode(app_id, ID);
        Self {
            url: format!("https://{host}/client/bot/open?appId={app_id}"),
            is_lark,
        }
    }
}
