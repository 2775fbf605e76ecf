//! Errors of users' tokens, by the reaction they need.

use std::time::Duration;

use super::codes::{Meaning, documented, scopes_in};
use crate::codes::{self, Entry, Language};
use crate::openapi::{
    answer::{LarkResponse, LogId},
    call::OpenapiError,
    request::RequestError,
    transport::TransportError,
};

/// An error of exchanging a code or refresh token; each variant is one reaction.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OauthError {
    /// The application is not in the settings.
    #[error("the application {app_id} is not configured; set LARK_APP_ID or add it under [apps]")]
    UnknownApp {
        /// The requested id.
        app_id: String,
    },
    /// The refresh token is used, expired or revoked: the user must authorize again.
    #[error("{remedy} (code {code}, {log_id})")]
    AuthorizeAgain {
        /// Lark's error code.
        code: i64,
        /// The problem.
        remedy: &'static Entry,
        /// For Lark's support.
        log_id: LogId,
    },
    /// The code is unknown, used or expired: this session has failed, a new link is needed.
    #[error("Lark rejected the authorization code (code {code}, {log_id}): {remedy}")]
    CodeRefused {
        /// Lark's error code.
        code: i64,
        /// The problem and its remedy.
        remedy: &'static Entry,
        /// For Lark's support.
        log_id: LogId,
    },
    /// The verifier does not match the link: this session has failed, and somebody may have altered the link.
    #[error("the code belongs to another link than the verifier (PKCE, code {code}, {log_id}): {remedy}")]
    PkceRefused {
        /// Lark's error code.
        code: i64,
        /// The remedy.
        remedy: &'static Entry,
        /// For Lark's support.
        log_id: LogId,
    },
    /// A setting must be changed.
    #[error("Lark rejected the application (code {code}, {log_id}): {check}")]
    Configuration {
        /// Lark's error code.
        code: i64,
        /// The check to make, with the name of the setting.
        check: &'static Entry,
        /// For Lark's support.
        log_id: LogId,
    },
    /// This user may not use the application.
    #[error("the user may not use the application (code {code}, {log_id}): {remedy}")]
    NotAllowed {
        /// Lark's error code.
        code: i64,
        /// The reason and its remedy.
        remedy: &'static Entry,
        /// For Lark's support.
        log_id: LogId,
    },
    /// The application requests a scope that it does not have.
    #[error(
        "the application does not have {} (code {code}, {log_id}): {}",
        or_a_scope(scopes),
        cure.cure(Language::En)
    )]
    ScopeRefused {
        /// Lark's error code.
        code: i64,
        /// Their names, separated by commas, as far as Lark names them.
        scopes: String,
        /// The cure.
        cure: &'static Entry,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Lark had an internal error, also after a retry.
    #[error("Lark had an internal error (code {code}, {log_id})")]
    Busy {
        /// Lark's error code.
        code: i64,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Too many requests, and the wait exceeds the caller's deadline.
    #[error("too many requests: Lark asks to wait {} ms ({log_id})", after.as_millis())]
    Limited {
        /// The time to wait.
        after: Duration,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Lark is down, or something other than Lark answered.
    #[error("Lark had an internal error, status {status} ({log_id})")]
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// For Lark's support.
        log_id: LogId,
    },
    /// A proxy or something else answered instead of Lark.
    #[error(
        "the response with status {status} is not from Lark ({log_id}); check LARK_API_BASE_URL, \
          LARK_ACCOUNTS_BASE_URL and any proxy in between"
    )]
    NotLark {
        /// The HTTP status.
        status: u16,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Lark reports success without the requested data.
    #[error("Lark answered with success, status {status}, but without what was asked for ({log_id})")]
    Incomplete {
        /// The HTTP status.
        status: u16,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Any other error; a retry does not help.
    #[error("refused with status {status} and {}, {log_id}", code.map_or("no code".to_owned(), explained))]
    Unknown {
        /// The HTTP status.
        status: u16,
        /// Lark's error code.
        code: Option<i64>,
        /// For Lark's support.
        log_id: LogId,
    },
    /// The request got no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The user info call failed.
    #[error(transparent)]
    Call(#[from] OpenapiError),
    /// The user info request was invalid.
    #[error(transparent)]
    Request(#[from] RequestError),
}

impl OauthError {
    /// Returns the error for an answer without a token.
    pub(super) fn of(answer: &LarkResponse) -> Self {
        let (status, log_id) = (answer.status, answer.log_id.clone());
        if let Some(after) = answer.limited() {
            return Self::Limited { after, log_id };
        }
        let Some(code) = answer.code.filter(|code| *code != 0) else {
            return match () {
                () if status >= 500 => Self::Unavailable { status, log_id },
                // Neither a token nor a reason.
                () if answer.code.is_none() => Self::NotLark { status, log_id },
                () => Self::Incomplete { status, log_id },
            };
        };
        let Some((meaning, remedy)) = documented(code) else {
            return if status >= 500 {
                Self::Unavailable { status, log_id }
            } else {
                Self::Unknown {
                    status,
                    code: Some(code),
                    log_id,
                }
            };
        };
        match meaning {
            Meaning::AuthorizeAgain => Self::AuthorizeAgain { code, remedy, log_id },
            Meaning::CodeRefused => Self::CodeRefused { code, remedy, log_id },
            Meaning::PkceRefused => Self::PkceRefused { code, remedy, log_id },
            Meaning::NotAllowed => Self::NotAllowed { code, remedy, log_id },
            Meaning::ScopeRefused => Self::ScopeRefused {
                code,
                scopes: scopes_in(&answer.msg()),
                cure: remedy,
                log_id,
            },
            Meaning::Configuration => Self::Configuration {
                code,
                check: remedy,
                log_id,
            },
            Meaning::Busy => Self::Busy { code, log_id },
        }
    }

    /// Returns whether a retry may succeed. The user's grant is not lost.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Busy { .. }
            | Self::Limited { .. }
            | Self::Unavailable { .. }
            | Self::NotLark { .. }
            | Self::Incomplete { .. } => true,
            Self::Transport(error) => error.is_retryable(),
            Self::Call(error) => error.is_retryable(),
            Self::UnknownApp { .. }
            | Self::AuthorizeAgain { .. }
            | Self::CodeRefused { .. }
            | Self::PkceRefused { .. }
            | Self::Configuration { .. }
            | Self::NotAllowed { .. }
            | Self::ScopeRefused { .. }
            | Self::Unknown { .. }
            | Self::Request(_) => false,
        }
    }

    /// Returns how long Lark asks to wait.
    pub fn after(&self) -> Option<Duration> {
        match self {
            Self::Limited { after, .. } => Some(*after),
            Self::Call(error) => error.after(),
            _ => None,
        }
    }
}

fn or_a_scope(scopes: &str) -> String {
    match scopes {
        "" => "one of the scopes that it asks for".to_owned(),
        scopes => format!("the scope {scopes}"),
    }
}

/// A code that has no reaction of its own.
fn explained(code: i64) -> String {
    match codes::lark(code) {
        Some(entry) => format!("code {code} ({entry})"),
        None => format!("code {code}"),
    }
}
