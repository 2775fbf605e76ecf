//! Why a call of the OpenAPI did not give what was asked for.

use std::time::Duration;

use super::Answer;
use crate::failure::Advice;

/// Why a call did not give what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenapiError {
    /// The operator did not allow this method and path; the text is the line to add.
    #[error("the operator did not allow this call: {0}")]
    NotGranted(String),
    /// The user has not authorized the application, or must do it again.
    #[error("the user must authorize the application: {0}")]
    AuthorizationRequired(String),
    /// The call cannot be made: too large, not a path of the OpenAPI, no JSON.
    #[error("this call cannot be made: {0}")]
    Refused(String),
    /// Lark was not reached, was too slow, or asks to wait.
    #[error("lark is not available: {message}")]
    Retry {
        /// For the log.
        message: String,
        /// Not before this much time has passed.
        after: Option<Duration>,
    },
    /// It will not work before somebody changes the configuration.
    #[error("calls of lark are not possible: {0}")]
    Failed(String),
    /// Lark answered with a code that is not 0.
    #[error("lark answered with code {} (status {}, log id {}): {}", .0.code, .0.status, or_dash(.0.log_id.as_ref()), .0.msg)]
    Code(Box<Answer>),
    /// What Lark answered has another shape than the one that was expected.
    #[error("the answer of lark (status {status}, log id {}) cannot be read: {message}", or_dash(.log_id.as_ref()))]
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// What does not fit.
        message: String,
        /// `X-Tt-Logid`.
        log_id: Option<String>,
    },
}

/// "Request trigger frequency limit", as it comes without a status of its own, and the one of messages.
const RATE_CODES: [i64; 2] = [99_991_400, 230_020];

impl OpenapiError {
    /// Lark's code, when Lark gave one.
    pub fn code(&self) -> Option<i64> {
        match self {
            Self::Code(answer) => Some(answer.code),
            _ => None,
        }
    }

    /// What is to be done about it: [`Failure`](crate::Failure) follows it when it meets this error, alone or as the cause of another.
    pub(crate) fn advice(&self) -> Advice {
        match self {
            Self::Retry { after, .. } => Advice::Retry(*after),
            Self::Code(answer) if is_passing(answer.status) || RATE_CODES.contains(&answer.code) => Advice::Retry(None),
            Self::Unreadable { status, .. } if is_passing(*status) => Advice::Retry(None),
            _ => Advice::GiveUp,
        }
    }
}

/// A trouble of the moment: too many requests, or a fault on Lark's side.
fn is_passing(status: u16) -> bool {
    status == 429 || status >= 500
}

fn or_dash(text: Option<&String>) -> &str {
    text.map_or("-", String::as_str)
}
