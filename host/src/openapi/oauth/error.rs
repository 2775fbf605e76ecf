//! What went wrong with a user's token, sorted by what is to be done about it.

use std::time::Duration;

use crate::openapi::{
    answer::{Answer, LogId},
    call::CallError,
    request::RequestError,
    transport::TransportError,
};

/// Why a code or refresh token brought no token; each variant is one reaction.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OauthError {
    /// Not in the settings.
    #[error("the application {app_id} is not configured; set LARK_APP_ID or add it under [apps]")]
    UnknownApp {
        /// The id that was asked for.
        app_id: String,
    },
    /// The refresh token is spent, expired or revoked: the user must authorize again.
    #[error("the refresh token is not taken any more (code {code}, {log_id}); the user must authorize again")]
    AuthorizeAgain {
        /// Lark's.
        code: i64,
        /// For Lark's support.
        log_id: LogId,
    },
    /// The code is unknown, used or expired: this session has failed, a new link is needed.
    #[error("the authorization code is not taken (code {code}, {log_id}); it expired or was used")]
    CodeRefused {
        /// Lark's.
        code: i64,
        /// For Lark's support.
        log_id: LogId,
    },
    /// The verifier does not fit the link: this session has failed, and somebody may have changed the link.
    #[error("the code belongs to another link than the verifier (PKCE, code {code}, {log_id})")]
    PkceRefused {
        /// Lark's.
        code: i64,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Somebody must change a setting.
    #[error("the application is refused (code {code}, {log_id}): {check}")]
    Configuration {
        /// Lark's.
        code: i64,
        /// What to check, with the setting's name.
        check: &'static str,
        /// For Lark's support.
        log_id: LogId,
    },
    /// This user may not use the application.
    #[error("the user may not use the application (code {code}, {log_id})")]
    NotAllowed {
        /// Lark's.
        code: i64,
        /// For Lark's support.
        log_id: LogId,
    },
    /// An error of Lark's own, also the second time.
    #[error("an error of Lark's own (code {code}, {log_id})")]
    Busy {
        /// Lark's.
        code: i64,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Too many requests, and the wait does not fit into the caller's deadline.
    #[error("too many requests: Lark asks to wait {} ms ({log_id})", after.as_millis())]
    Limited {
        /// How long.
        after: Duration,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Lark is down, or something else answered.
    #[error("an error of Lark's own, status {status} ({log_id})")]
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Anything else; trying again does not help.
    #[error("refused with status {status} and {}, {log_id}", code.map_or("no code".to_owned(), |code| format!("code {code}")))]
    Unknown {
        /// The HTTP status.
        status: u16,
        /// Lark's.
        code: Option<i64>,
        /// For Lark's support.
        log_id: LogId,
    },
    /// No answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The call to ask who it is.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The same.
    #[error(transparent)]
    Request(#[from] RequestError),
}

impl OauthError {
    /// The reaction to an answer without a token.
    pub(super) fn of(answer: &Answer) -> Self {
        let (status, log_id) = (answer.status, answer.log_id.clone());
        if let Some(after) = answer.limited() {
            return Self::Limited { after, log_id };
        }
        let Some(code) = answer.code.filter(|code| *code != 0) else {
            return if status >= 500 {
                Self::Unavailable { status, log_id }
            } else {
                Self::Unknown {
                    status,
                    code: answer.code,
                    log_id,
                }
            };
        };
        match code {
            20_026 | 20_037 | 20_064 | 20_073 => Self::AuthorizeAgain { code, log_id },
            20_050 | 20_072 => Self::Busy { code, log_id },
            // The last two: the same of the older endpoints.
            20_003 | 20_004 | 20_007 | 1_007 => Self::CodeRefused { code, log_id },
            20_049 => Self::PkceRefused { code, log_id },
            20_008..=20_010 => Self::NotAllowed { code, log_id },
            code => match check(code) {
                Some(check) => Self::Configuration { code, check, log_id },
                None if status >= 500 => Self::Unavailable { status, log_id },
                None => Self::Unknown {
                    status,
                    code: Some(code),
                    log_id,
                },
            },
        }
    }

    /// Whether the same may work later. The user's grant is not lost.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Busy { .. } | Self::Limited { .. } | Self::Unavailable { .. } => true,
            Self::Transport(error) => error.is_retryable(),
            Self::Call(error) => error.is_retryable(),
            Self::UnknownApp { .. }
            | Self::AuthorizeAgain { .. }
            | Self::CodeRefused { .. }
            | Self::PkceRefused { .. }
            | Self::Configuration { .. }
            | Self::NotAllowed { .. }
            | Self::Unknown { .. }
            | Self::Request(_) => false,
        }
    }

    /// How long Lark asks to wait.
    pub fn after(&self) -> Option<Duration> {
        match self {
            Self::Limited { after, .. } => Some(*after),
            Self::Call(error) => error.after(),
            _ => None,
        }
    }
}

/// What to check when Lark refuses the application and not the user.
fn check(code: i64) -> Option<&'static str> {
    Some(match code {
        20_002 => "LARK_APP_SECRET is not the secret of LARK_APP_ID",
        20_024 => "the code or token was made for another application than LARK_APP_ID",
        20_029 => "OAUTH_REDIRECT_URI is not registered in the console, under Security Settings > Redirect URLs",
        20_048 => "there is no application with LARK_APP_ID",
        20_074 => "refreshing is not enabled in the console, under Security Settings",
        20_001 | 20_036 | 20_063 | 20_070 => {
            "the request does not suit the endpoint; LARK_API_BASE_URL or LARK_ACCOUNTS_BASE_URL may lead elsewhere"
        }
        _ => return None,
    })
}
