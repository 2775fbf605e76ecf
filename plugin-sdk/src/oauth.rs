//! User authorization. Codes, verifiers and tokens stay with the host; a plugin holds tickets, which only the host can open.

use std::fmt;
use std::time::Duration;

use crate::border::HostRef;
use crate::failure::Advice;
use crate::{Host, border};

/// An authorization link, with the values that belong to it.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// # use std::time::Duration;
/// let link = host.oauth().begin(&["calendar:calendar:readonly"])?;
/// // Whoever comes back with this state used this link, once.
/// let hour = Duration::from_secs(3600);
/// host.kv().set(&format!("login/{}", link.state), link.ticket.as_bytes(), Some(hour))?;
/// host.openapi().send_text(To::OpenId("ou_anna"), &link.url)?;
/// # Ok::<(), Failure>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Link {
    /// The URL for the user.
    pub url: String,
    /// A random value that comes back with the user; used once. Store only its hash.
    pub state: String,
    /// Keep it until the user comes back, then pass it to [`Oauth::exchange`].
    pub ticket: String,
}

/// Omits the contents: anyone who knows a `state` can forge a return.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}

/// The user who authorized the application.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// # host.oauth().begin(&["calendar:calendar:readonly"])?;
/// let user = host.oauth().exchange("the code of the event", "ticket-1", "ou_anna")?;
/// host.openapi().send_text(To::OpenId(&user.open_id), &format!("谢谢，{}", user.name))?;
/// # assert_eq!(user.union_id, None);
/// # fake.assert_said("谢谢，Anna");
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizedUser {
    /// `ou_…`
    pub open_id: String,
    /// `on_…`
    pub union_id: Option<String>,
    /// The display name.
    pub name: String,
}

/// A user's current authorization, as far as the host knows it.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// # let link = host.oauth().begin(&["calendar:calendar:readonly"])?;
/// # host.oauth().exchange("code", &link.ticket, "ou_anna")?;
/// let Some(authorization) = host.oauth().status("ou_anna")? else {
///     return Ok(()); // never asked, or forgotten
/// };
/// assert!(authorization.lasts(host.now_ms()));
/// assert!(authorization.access_expires_at_ms < authorization.ends_at_ms()); // it can be refreshed
/// assert_eq!(authorization.refresh_expires_at_ms, Some(authorization.ends_at_ms()));
/// assert!(authorization.authorized_at_ms <= host.now_ms());
/// # let _ = authorization.scopes;
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// The granted scopes, by Lark's names.
    pub scopes: Vec<String>,
    /// In milliseconds since 1970; the host refreshes the access token while it can.
    pub access_expires_at_ms: u64,
    /// Absent when the access cannot be refreshed: the user must authorize again when it expires.
    pub refresh_expires_at_ms: Option<u64>,
    /// In milliseconds since 1970.
    pub authorized_at_ms: u64,
}

impl Authorization {
    /// Returns when the authorization ends unless it is used before, in milliseconds since 1970: using it refreshes it.
    pub fn ends_at_ms(&self) -> u64 {
        let renewable_until_ms = self.refresh_expires_at_ms.unwrap_or(0);
        self.access_expires_at_ms.max(renewable_until_ms)
    }

    /// Returns whether the application may still act for the user at this time. Tokens are kept for a day after they expire.
    pub fn lasts(&self, now_ms: u64) -> bool {
        now_ms < self.ends_at_ms()
    }
}

/// An error of user authorization.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// # fake.next_exchange(Err(lark_plugin_sdk::OauthError::WrongUser));
/// use lark_plugin_sdk::OauthError;
///
/// let page = match host.oauth().exchange("the code of the event", "ticket-1", "ou_anna") {
///     Ok(_) => PageReply::Authorized,
///     Err(OauthError::WrongUser) => PageReply::WrongPerson,
///     Err(OauthError::NotAllowed(_)) => PageReply::NotAllowed,
///     Err(_) => PageReply::Failed,
/// };
/// assert_eq!(page, PageReply::WrongPerson);
/// # Ok::<(), Failure>(())
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum OauthError {
    /// The operator has not granted it; the text is the line to add.
    #[error("the operator has not granted it: {0}")]
    NotGranted(String),
    /// The ticket was not issued by this host, or has expired.
    #[error("the ticket was not issued by this server, or has expired")]
    BadTicket,
    /// Lark rejected the code: expired, already used, or from another link. A new link is needed.
    #[error("Lark rejected the authorization code: {0}")]
    CodeRefused(String),
    /// The link was made for another user; nothing was stored.
    #[error("the link was made for another user")]
    WrongUser,
    /// This user may not use the application.
    #[error("the user may not use the application: {0}")]
    NotAllowed(String),
    /// Lark could not be reached or was too slow. The code may already be used: making a new link is the safe choice.
    #[error("Lark is not available: {message}")]
    Retry {
        /// For the log.
        message: String,
        /// The shortest delay before a retry.
        after: Option<Duration>,
    },
    /// The application is misconfigured; the text names the setting.
    #[error("authorization is misconfigured: {0}")]
    Failed(String),
}

debug_as_display!(OauthError);

impl OauthError {
    /// Whether a retry may help, as in [`OpenapiError`](crate::OpenapiError).
    pub(crate) fn advice(&self) -> Advice {
        match self {
            Self::Retry { after, .. } => Advice::Retry(*after),
            _ => Advice::GiveUp,
        }
    }
}

/// User authorization for the application of the current event or task.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # fake.next_exchange(Ok("ou_anna"));
/// # let host: &dyn Host = &fake;
/// let link = host.oauth().begin(&["calendar:calendar:readonly", "offline_access"])?;
/// // The person opens `link.url`. When they are back there is an event `oauth_redirect`; keep the ticket until then.
/// let user = host.oauth().exchange("the code of that event", &link.ticket, "ou_anna")?;
/// assert_eq!(user.open_id, "ou_anna");
/// assert!(host.oauth().status("ou_anna")?.is_some());
/// assert!(host.oauth().forget("ou_anna")?);
/// assert!(host.oauth().status("ou_anna")?.is_none());
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Oauth<'a> {
    host: HostRef<'a>,
}

impl<'a> Oauth<'a> {
    pub(crate) fn new(host: &'a dyn Host) -> Self {
        Self {
            host: HostRef::new(host),
        }
    }

    /// Makes a link that asks a user for these scopes. With `offline_access` the host can refresh the access token.
    ///
    /// # Errors
    ///
    /// [`OauthError::NotGranted`], [`OauthError::Failed`]
    pub fn begin<S: AsRef<str>>(&self, scopes: &[S]) -> Result<Link, OauthError> {
        let scopes: Vec<String> = scopes.iter().map(|scope| scope.as_ref().to_owned()).collect();
        border::oauth_begin(self.host, &scopes)
    }

    /// Exchanges the code the user came back with (`code` of [`OauthRedirect`](crate::OauthRedirect)), asks Lark who the user
    /// is, and stores the tokens if it is `open_id`.
    ///
    /// # Errors
    ///
    /// [`OauthError`]. After any error the code may already be used.
    pub fn exchange(&self, code: &str, ticket: &str, open_id: &str) -> Result<AuthorizedUser, OauthError> {
        border::oauth_exchange(self.host, code, ticket, open_id)
    }

    /// Returns this user's authorization; absent when there is none.
    ///
    /// # Errors
    ///
    /// [`OauthError`]
    pub fn status(&self, open_id: &str) -> Result<Option<Authorization>, OauthError> {
        border::oauth_status(self.host, open_id)
    }

    /// Deletes the user's tokens and returns whether there were any.
    ///
    /// # Errors
    ///
    /// [`OauthError`]
    pub fn forget(&self, open_id: &str) -> Result<bool, OauthError> {
        border::oauth_forget(self.host, open_id)
    }
}
