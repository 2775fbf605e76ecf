//! Application as shown to people.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Characters of an App ID that are safe in a URL: letters, digits, `_` and `-`.
const ID: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-');

/// Description of an application on a page, in terms that a person knows and trusts.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// Display name.
    pub name: Option<String>,
    /// Link that opens the chat with it, in Feishu or Lark.
    pub chat: Option<Chat>,
}

/// Link back to the chat ("`AppLink`: open a bot").
#[derive(Debug, Clone)]
pub struct Chat {
    /// URL that the browser hands over to the client.
    pub url: String,
    /// Lark outside of China; otherwise Feishu.
    pub is_lark: bool,
}

impl Chat {
    /// Chat with the application's bot; `accounts_base_url` distinguishes Feishu from Lark.
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
