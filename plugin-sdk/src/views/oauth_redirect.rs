//! `oauth_redirect`: a browser comes back from Lark's authorize page ("Obtain authorization code").

use std::fmt;

view! {
    /// A user comes back, with a code or with the reason why not. Whoever has the address can come: look `state` up before
    /// anything else.
    #[derive(Clone, Default)]
    pub struct OauthRedirect {
        /// What [`Oauth::begin`](crate::Oauth::begin) gave.
        pub state: String,
        /// What [`Oauth::exchange`](crate::Oauth::exchange) takes; sealed, so that only the host can read it.
        pub code: Option<String>,
        /// `access_denied` when the user said no.
        pub error: Option<String>,
    }
}

impl OauthRedirect {
    /// Whether the user said no.
    pub fn is_refused(&self) -> bool {
        self.error.as_deref() == Some("access_denied")
    }
}

/// Without `state` and code, which are for the host alone.
impl fmt::Debug for OauthRedirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OauthRedirect")
            .field("has_code", &self.code.is_some())
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}
