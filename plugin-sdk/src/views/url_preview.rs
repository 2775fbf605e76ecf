//! `url.preview.get`: a link of ours is about to be shown ("Pull link preview data").

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Context, Operator, filled, null_is_default};

/// Somebody looks at a link, or is typing one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct UrlPreview {
    /// Who looks at it.
    #[serde(deserialize_with = "null_is_default")]
    pub operator: Operator,
    /// `im_message`
    pub host: Option<String>,
    /// The link, and where it stands.
    #[serde(deserialize_with = "null_is_default")]
    pub context: Context,
    /// Fields that are not known here.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
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
