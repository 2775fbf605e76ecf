//! `url.preview.get`: a request for the preview of one of the application's links ("Pull link preview data").

use super::{Context, Operator, filled};

view! {
    /// A link that somebody looks at or is typing.
    #[derive(Debug, Clone, Default)]
    pub struct UrlPreview {
        /// The person who looks at it.
        pub operator: Operator,
        /// `im_message`
        pub host: Option<String>,
        /// The link and the message that holds it.
        pub context: Context,
    }
}

impl UrlPreview {
    /// Returns the link; empty when Lark did not send it.
    pub fn url(&self) -> &str {
        filled(self.context.url.as_ref())
    }

    /// Returns true while the message is still being typed: there is no message yet, and the link may be incomplete.
    pub fn is_temporary(&self) -> bool {
        filled(self.context.preview_token.as_ref()).is_empty()
    }
}
