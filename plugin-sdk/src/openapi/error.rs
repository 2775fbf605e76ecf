//! Errors of OpenAPI calls.

use std::time::Duration;

use super::Answer;
use crate::failure::Advice;

/// An error of an OpenAPI call.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// # use serde_json::json;
/// use lark_plugin_sdk::OpenapiError;
///
/// # fake.next_answer(400, &json!({"code": 230002, "msg": "Bot/User can NOT be out of the chat."}));
/// match host.openapi().send_text(To::Chat("oc_team"), "hi") {
///     Ok(message_id) => host.log().info(&format!("sent {message_id}")),
///     // Nobody can mend that by trying again, and nobody has to.
///     Err(error) if error.code() == Some(230_002) => host.log().info("no longer in the chat"),
///     Err(OpenapiError::AuthorizationRequired(_)) => { /* ask the user for it */ }
///     Err(error) => return Err(error.into()), // a retry, or final
/// }
/// # assert_eq!(fake.logged()[0].message, "no longer in the chat");
/// # Ok::<(), Failure>(())
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenapiError {
    /// The operator has not granted this method and path; the text is the line to add.
    #[error("the operator has not granted this call: {0}")]
    NotGranted(String),
    /// The user has not authorized the application, or must authorize it again.
    #[error("the user must authorize the application: {0}")]
    AuthorizationRequired(String),
    /// The call is invalid: too large, not an OpenAPI path, or a body that is not JSON.
    #[error("this call cannot be made: {0}")]
    Refused(String),
    /// Lark could not be reached, was too slow, or asks to back off.
    #[error("Lark is not available: {message}")]
    Retry {
        /// For the log.
        message: String,
        /// The shortest delay before a retry.
        after: Option<Duration>,
    },
    /// The call cannot succeed until the configuration is changed.
    #[error("calls to Lark are not possible: {0}")]
    Failed(String),
    /// Lark answered with a code that is not 0.
    #[error(
        "Lark answered with code {} (status {}, log id {}): {}",
        .0.code, .0.status, or_dash(.0.log_id.as_ref()), .0.msg
    )]
    Code(Box<Answer>),
    /// Lark's answer does not have the expected shape.
    #[error("Lark's answer (status {status}, log id {}) cannot be read: {message}", or_dash(.log_id.as_ref()))]
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// The mismatch.
        message: String,
        /// `X-Tt-Logid`.
        log_id: Option<String>,
    },
}

debug_as_display!(OpenapiError);

/// "Request trigger frequency limit", which comes without an HTTP status of its own, and the rate limit for messages.
const RATE_CODES: [i64; 2] = [99_991_400, 230_020];

impl OpenapiError {
    /// Returns Lark's error code, if Lark sent one.
    pub fn code(&self) -> Option<i64> {
        match self {
            Self::Code(answer) => Some(answer.code),
            _ => None,
        }
    }

    /// Whether a retry may help; followed by [`Failure`](crate::Failure) for this error, also as the cause of another one.
    pub(crate) fn advice(&self) -> Advice {
        match self {
            Self::Retry { after, .. } => Advice::Retry(*after),
            Self::Code(answer) if is_passing(answer.status) || RATE_CODES.contains(&answer.code) => Advice::Retry(None),
            Self::Unreadable { status, .. } if is_passing(*status) => Advice::Retry(None),
            _ => Advice::GiveUp,
        }
    }
}

/// Whether the status means a temporary fault: too many requests, or an error on Lark's side.
fn is_passing(status: u16) -> bool {
    status == 429 || status >= 500
}

fn or_dash(text: Option<&String>) -> &str {
    text.map_or("-", String::as_str)
}
