//! `oauth_redirect`: a browser comes back from Lark's authorize page ("Obtain authorization code").

use std::fmt;

view! {
    /// A user's return, with a code or an error. Anyone can open the URL, so look `state` up before doing anything else.
    #[derive(Clone, Default)]
    pub struct OauthRedirect {
        /// The `state` that [`Oauth::begin`](crate::Oauth::begin) returned.
        pub state: String,
        /// The code for [`Oauth::exchange`](crate::Oauth::exchange); encrypted, so that only the host can read it.
        pub code: Option<String>,
        /// `access_denied` when the user declined.
        pub error: Option<String>,
    }
}

impl OauthRedirect {
    /// Returns whether the user declined.
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
