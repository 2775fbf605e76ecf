//! Authorization by a user. Codes, verifiers and tokens stay with the host; a plugin holds tickets, which only the host can
//! open.

use std::fmt;
use std::time::Duration;

use crate::failure::Advice;
use crate::{Host, border};

/// A link to Lark's authorize page, and what belongs to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// The address for the user.
    pub url: String,
    /// Comes back with the user; random, used once. Keep it only as a hash.
    pub state: String,
    /// To be kept until the user comes back, and handed to [`Oauth::exchange`].
    pub ticket: String,
}

/// Without its contents: who has a `state` can play a return.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}

/// Who authorized the application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizedUser {
    /// `ou_…`
    pub open_id: String,
    /// `on_…`
    pub union_id: Option<String>,
    /// For people.
    pub name: String,
}

/// What a user allowed, as far as the host knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// Lark's names.
    pub scopes: Vec<String>,
    /// In milliseconds since 1970; the host renews it as long as it can.
    pub access_expires_at_ms: u64,
    /// Absent when it cannot be renewed: then the user must authorize again when the access has expired.
    pub refresh_expires_at_ms: Option<u64>,
    /// In milliseconds since 1970.
    pub authorized_at_ms: u64,
}

impl Authorization {
    /// When it ends if it is not used until then, in milliseconds since 1970: the host renews the access as long as it can.
    pub fn ends_at_ms(&self) -> u64 {
        let renewable_until_ms = self.refresh_expires_at_ms.unwrap_or(0);
        self.access_expires_at_ms.max(renewable_until_ms)
    }

    /// Whether the application may still act for the user at this time. Tokens are kept for a day after their end.
    pub fn lasts(&self, now_ms: u64) -> bool {
        now_ms < self.ends_at_ms()
    }
}

/// Why an authorization could not be begun, finished or looked up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OauthError {
    /// The operator did not allow it; the text is the line to add.
    #[error("the operator did not allow it: {0}")]
    NotGranted(String),
    /// The ticket is not one of this host, or too old.
    #[error("the ticket is not one of this server, or too old")]
    BadTicket,
    /// Lark does not take the code: expired, used before, or of another link. A new link is needed.
    #[error("lark does not take the code: {0}")]
    CodeRefused(String),
    /// Somebody else came back than the link was made for; nothing was stored.
    #[error("somebody else came back than the link was made for")]
    WrongUser,
    /// This user may not use the application.
    #[error("the user may not use the application: {0}")]
    NotAllowed(String),
    /// Lark was not reached or was too slow. The code may be used up: a new link is the safe way.
    #[error("lark is not available: {message}")]
    Retry {
        /// For the log.
        message: String,
        /// Not before this much time has passed.
        after: Option<Duration>,
    },
    /// The application's configuration is wrong; the text names the setting.
    #[error("authorization is not possible: {0}")]
    Failed(String),
}

impl OauthError {
    /// What is to be done about it, as in [`OpenapiError`](crate::OpenapiError).
    pub(crate) fn advice(&self) -> Advice {
        match self {
            Self::Retry { after, .. } => Advice::Retry(*after),
            _ => Advice::GiveUp,
        }
    }
}

/// Authorization by users of the application of the event or task at hand.
#[derive(Debug, Clone, Copy)]
pub struct Oauth<'a> {
    host: &'a dyn Host,
}

impl<'a> Oauth<'a> {
    pub(crate) fn new(host: &'a dyn Host) -> Self {
        Self { host }
    }

    /// Makes a link that asks a user for these scopes. With `offline_access` the host can renew what it gets.
    ///
    /// # Errors
    ///
    /// [`OauthError::NotGranted`], [`OauthError::Failed`]
    pub fn begin<S: AsRef<str>>(&self, scopes: &[S]) -> Result<Link, OauthError> {
        let scopes: Vec<String> = scopes.iter().map(|scope| scope.as_ref().to_owned()).collect();
        border::oauth_begin(self.host, &scopes)
    }

    /// Exchanges what the user came back with (`code` of [`OauthRedirect`](crate::OauthRedirect)), asks Lark who it is, and
    /// keeps the tokens if it is `open_id`.
    ///
    /// # Errors
    ///
    /// [`OauthError`]. Whatever it is, the code may be used up.
    pub fn exchange(&self, code: &str, ticket: &str, open_id: &str) -> Result<AuthorizedUser, OauthError> {
        border::oauth_exchange(self.host, code, ticket, open_id)
    }

    /// What this user has allowed; absent when nothing.
    ///
    /// # Errors
    ///
    /// [`OauthError`]
    pub fn status(&self, open_id: &str) -> Result<Option<Authorization>, OauthError> {
        border::oauth_status(self.host, open_id)
    }

    /// Forgets the user's tokens. Tells whether there were any.
    ///
    /// # Errors
    ///
    /// [`OauthError`]
    pub fn forget(&self, open_id: &str) -> Result<bool, OauthError> {
        border::oauth_forget(self.host, open_id)
    }
}
