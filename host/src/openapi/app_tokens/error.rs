//! An error of obtaining an application's token.

use std::time::Duration;

use crate::{
    codes,
    openapi::{answer::LogId, transport::TransportError},
};

/// The error when the ticket store does not answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub struct AppTicketUnread {
    /// The reported reason.
    pub reason: String,
}

/// An error of obtaining an application's token.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TokenError {
    /// The application is not in the settings.
    #[error("the application {app_id} is not configured; set LARK_APP_ID or add it under [apps]")]
    UnknownApp {
        /// The requested id.
        app_id: String,
    },
    /// A store application without a ticket yet; Lark was asked to send one.
    #[error("no app_ticket for {app_id} has arrived yet; Lark was asked to send one to the callback address")]
    NoTicket {
        /// `cli_…`.
        app_id: String,
    },
    /// The ticket exists but could not be read.
    #[error("the app_ticket of {app_id} could not be read")]
    TicketUnread {
        /// `cli_…`.
        app_id: String,
        /// The error of the ticket store.
        source: AppTicketUnread,
    },
    /// The tenant is missing: a store application has one token for each tenant.
    #[error(
        "{app_id} is a store application and the call does not name a tenant; calls made while handling an event have \
          one, others must pass the tenant key"
    )]
    NoTenant {
        /// `cli_…`.
        app_id: String,
    },
    /// Lark rejects the id and secret.
    #[error("no token for {app_id}: Lark answered with code {code}, {log_id}; {check}")]
    Rejected {
        /// `cli_…`.
        app_id: String,
        /// Lark's error code.
        code: i64,
        /// The advice, with the name of the setting.
        check: String,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Too many requests.
    #[error("too many requests for tokens: Lark asks to wait {} ms ({log_id})", after.as_millis())]
    Limited {
        /// The time to wait.
        after: Duration,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Lark had an internal error, or something other than Lark answered.
    #[error("Lark answered a token request with status {status} and no token ({log_id})")]
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// For Lark's support.
        log_id: LogId,
    },
    /// The request got no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The caller's deadline passed; the request continues.
    #[error("Lark gave no token for {app_id} in the time that this call has")]
    TooSlow {
        /// `cli_…`.
        app_id: String,
    },
}

impl TokenError {
    /// Returns whether a retry may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::UnknownApp { .. } | Self::NoTenant { .. } | Self::Rejected { .. } => false,
            Self::Transport(error) => error.is_retryable(),
            Self::NoTicket { .. }
            | Self::TicketUnread { .. }
            | Self::Limited { .. }
            | Self::Unavailable { .. }
            | Self::TooSlow { .. } => true,
        }
    }

    /// Returns how long Lark asks to wait.
    pub fn after(&self) -> Option<Duration> {
        match self {
            Self::Limited { after, .. } => Some(*after),
            _ => None,
        }
    }
}

/// Returns advice for an error code of the token calls ("Server-side error codes").
pub(super) fn check(code: i64) -> String {
    codes::lark(code).map_or_else(
        || "check LARK_APP_ID and LARK_APP_SECRET, and that the application is enabled".to_owned(),
        ToString::to_string,
    )
}
