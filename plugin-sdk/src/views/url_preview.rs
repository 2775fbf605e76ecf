//! `url.preview.get`: a request for the preview of one of the application's links ("Pull link preview data").

use super::{UrlPreview, filled};

impl UrlPreview {
    /// Returns the link; empty when Lark did not send it.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// let event = Event::url_preview("ou_anna", "https://tickets.example.com/tickets/42");
    /// let link: UrlPreview = event.payload()?;
    /// assert_eq!(link.url(), "https://tickets.example.com/tickets/42");
    /// assert!(!link.is_temporary());
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn url(&self) -> &str {
        filled(self.context.url.as_ref())
    }

    /// Returns true while the message is still being typed: there is no message yet, and the link may be incomplete.
    pub fn is_temporary(&self) -> bool {
        filled(self.context.preview_token.as_ref()).is_empty()
    }
}
