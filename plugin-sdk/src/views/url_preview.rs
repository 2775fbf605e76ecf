//! `url.preview.get`: a link of ours is about to be shown ("Pull link preview data").

use super::{Context, Operator, filled};

view! {
    /// Somebody looks at a link, or is typing one.
    #[derive(Debug, Clone, Default)]
    pub struct UrlPreview {
        /// Who looks at it.
        pub operator: Operator,
        /// `im_message`
        pub host: Option<String>,
        /// The link, and where it stands.
        pub context: Context,
    }
}

impl UrlPreview {
    /// The link; empty when Lark did not send it.
    pub fn url(&self) -> &str {
        filled(self.context.url.as_ref())
    }

    /// True while the message is still being typed: there is no message yet, and the link may not be complete.
    pub fn is_temporary(&self) -> bool {
        filled(self.context.preview_token.as_ref()).is_empty()
    }
}
