//! `oauth_redirect`: a browser comes back from Lark's authorize page ("Obtain authorization code").

use std::fmt;

use super::OauthRedirect;

impl OauthRedirect {
    /// Returns whether the user declined.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # let event = Event::oauth_redirect_with_error("state-1", "access_denied");
    /// let redirect: OauthRedirect = event.payload()?;
    /// let page = if redirect.is_refused() { PageReply::Refused } else { PageReply::Authorized };
    /// assert_eq!(page, PageReply::Refused);
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn is_refused(&self) -> bool {
        self.error.as_deref() == Some("access_denied")
    }
}

/// Omits `state` and code, which are secrets.
impl fmt::Debug for OauthRedirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OauthRedirect")
            .field("has_code", &self.code.is_some())
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}
