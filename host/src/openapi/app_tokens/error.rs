//! Why there is no token for an application.

use std::time::Duration;

use crate::openapi::{answer::LogId, transport::TransportError};

/// The place where tickets are kept did not answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{reason}")]
pub struct AppTicketUnread {
    /// What it said.
    pub reason: String,
}

/// Why there is no token for an application.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TokenError {
    /// Not in the settings.
    #[error("the application {app_id} is not configured; set LARK_APP_ID or add it under [apps]")]
    UnknownApp {
        /// The id that was asked for.
        app_id: String,
    },
    /// A store application that has got no ticket yet; Lark was asked for one.
    #[error("no app_ticket for {app_id} has arrived yet; Lark was asked to send one to the callback address")]
    NoTicket {
        /// `cli_…`.
        app_id: String,
    },
    /// The ticket is there, and could not be read.
    #[error("the app_ticket of {app_id} could not be read")]
    TicketUnread {
        /// `cli_…`.
        app_id: String,
        /// Whoever keeps it.
        source: AppTicketUnread,
    },
    /// A store application has as many tokens as tenants.
    #[error(
        "{app_id} is a store application and the call does not name a tenant; calls made while handling an event have \
          one, others must pass the tenant key"
    )]
    NoTenant {
        /// `cli_…`.
        app_id: String,
    },
    /// Lark does not take id and secret.
    #[error("no token for {app_id}: Lark answered with code {code}, {log_id}; {check}")]
    Rejected {
        /// `cli_…`.
        app_id: String,
        /// Lark's.
        code: i64,
        /// What to do about it, with the setting's name.
        check: &'static str,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Too many requests.
    #[error("too many requests for tokens: Lark asks to wait {} ms ({log_id})", after.as_millis())]
    Limited {
        /// How long.
        after: Duration,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Lark has a problem of its own, or something else than Lark answered.
    #[error("Lark answered a token request with status {status} and no token ({log_id})")]
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// For Lark's support.
        log_id: LogId,
    },
    /// No answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The caller's deadline came first; the request goes on.
    #[error("no token for {app_id} before the caller's deadline")]
    TooSlow {
        /// `cli_…`.
        app_id: String,
    },
}

impl TokenError {
    /// Whether the same may work later.
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

    /// How long Lark asks to wait.
    pub fn after(&self) -> Option<Duration> {
        match self {
            Self::Limited { after, .. } => Some(*after),
            _ => None,
        }
    }
}

/// What to do about a code of the calls for tokens ("Server-side error codes").
pub(super) fn check(code: i64) -> &'static str {
    match code {
        10_003 => "LARK_APP_ID is not an App ID (cli_…); copy it from the console, under Credentials",
        10_013 => {
            "the application is disabled, or not installed in this tenant; have an administrator install and enable it, \
             and publish a version in the console"
        }
        10_014 => {
            "LARK_APP_SECRET is not the secret of LARK_APP_ID, or there is no such application; copy both from the \
             console, under Credentials"
        }
        _ => "check LARK_APP_ID and LARK_APP_SECRET, and that the application is enabled",
    }
}
