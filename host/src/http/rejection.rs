//! The one place where a refused request becomes a status, a body and a log line.
//!
//! The text for the caller is constant and the same for every failed authentication; the reason goes to the log.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::json;
use crate::lark::OpenError;

/// Why a request was not answered by a handler.
#[derive(Debug)]
pub(super) enum Rejection {
    /// No such path.
    NotFound,
    /// A path of ours, another method.
    MethodNotAllowed {
        /// What is allowed there.
        allow: &'static str,
    },
    /// `/callback/{app}` with a name that is not in the settings.
    UnknownApp,
    /// The body is over the limit.
    TooLarge,
    /// The body did not arrive in time.
    TooSlow,
    /// The peer stopped in the middle of the body.
    Unread,
    /// The body was read and refused.
    Unopened(OpenError),
    /// An event that was not handled or not stored; Lark sends it again.
    Unavailable,
    /// A fault of ours.
    Internal,
}

impl Rejection {
    fn answer(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "there is nothing at this path"),
            Self::MethodNotAllowed { .. } => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "this path does not take this method",
            ),
            Self::UnknownApp => (StatusCode::NOT_FOUND, "unknown_app", "no application of this name"),
            Self::TooLarge | Self::Unopened(OpenError::TooLarge { .. }) => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is too large")
            }
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "too_slow",
                "the body did not arrive in time",
            ),
            Self::Unread => (StatusCode::BAD_REQUEST, "incomplete", "the body is incomplete"),
            Self::Unopened(OpenError::Malformed(_)) => {
                (StatusCode::BAD_REQUEST, "malformed", "the body is not a Lark callback")
            }
            Self::Unopened(OpenError::Unauthenticated(_)) => (
                StatusCode::UNAUTHORIZED,
                "unauthenticated",
                "the request is not authenticated",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "please send this again later",
            ),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "an error on our side"),
        }
    }

    /// One line. A wrong signature is for the operator's eyes; a stranger's scan of paths is not, and what was
    /// dispatched or broke has its line already.
    fn log(&self) {
        let (status, code, text) = self.answer();
        let status = status.as_u16();
        match self {
            Self::Unopened(error) => {
                tracing::warn!(
                    status,
                    outcome = code,
                    reason = error.code(),
                    "Callback refused: {error}"
                );
            }
            Self::UnknownApp | Self::TooLarge | Self::TooSlow | Self::Unread => {
                tracing::warn!(status, outcome = code, "Callback refused: {text}");
            }
            Self::NotFound | Self::MethodNotAllowed { .. } | Self::Unavailable | Self::Internal => {
                tracing::debug!(status, outcome = code, "Request refused: {text}");
            }
        }
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.log();
        let (status, code, text) = self.answer();
        let mut response = json(status, format!(r#"{{"code":"{code}","msg":"{text}"}}"#));
        let headers = response.headers_mut();
        match self {
            Self::MethodNotAllowed { allow } => {
                headers.insert(header::ALLOW, HeaderValue::from_static(allow));
            }
            // What is left of the body would have to be read before the next request; closing is cheaper and safer.
            Self::TooLarge | Self::TooSlow | Self::Unread => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            // The first step of Lark's ladder.
            Self::Unavailable => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("15"));
            }
            _ => {}
        }
        response
    }
}
