//! Addresses of pages in the developer console.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const FEISHU: &str = "https://open.feishu.cn";
const LARK: &str = "https://open.larksuite.com";

/// Pages of one application. Lark documents none of these addresses; they are the ones that the console shows, and that its
/// own error messages link to (`auth`).
#[derive(Debug, Clone)]
pub(super) struct Links {
    base: String,
}

impl Links {
    /// The console belongs to the same service as the API; beside any other address, Feishu's.
    pub(super) fn of(api: &str, app_id: &str) -> Self {
        let host = if api.contains("larksuite.com") { LARK } else { FEISHU };
        Self {
            base: format!("{host}/app/{}", encoded(app_id)),
        }
    }

    /// Events & Callbacks.
    pub(super) fn events(&self) -> String {
        format!("{}/event", self.base)
    }

    /// Permissions & Scopes, with these to be added.
    pub(super) fn scopes(&self, scopes: &[&str]) -> String {
        let scopes: Vec<_> = scopes.iter().map(|scope| encoded(scope)).collect();
        format!(
            "{}/auth?q={}&op_from=openapi&token_type=tenant",
            self.base,
            scopes.join(",")
        )
    }

    /// Security Settings.
    pub(super) fn security(&self) -> String {
        format!("{}/safe", self.base)
    }

    /// Version Management & Release.
    pub(super) fn versions(&self) -> String {
        format!("{}/version", self.base)
    }

    /// Bot.
    pub(super) fn bot(&self) -> String {
        format!("{}/bot", self.base)
    }
}

fn encoded(text: &str) -> String {
    const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_').remove(b'-').remove(b'.');
    utf8_percent_encode(text, KEPT).to_string()
}
