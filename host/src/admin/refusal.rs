//! Refusal of an operator's request: a status, a word for programs, a sentence for people.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::{dispatch::TaskError, long_connection::CatchUpError, operate::OperateError, telemetry::chain};

/// Refusal sent to the caller. The caller is an operator, so nothing is held back; errors contain no secrets.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    text: String,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, text: impl Into<String>) -> Self {
        Self {
            status,
            code,
            text: text.into(),
        }
    }

    /// The word and the sentence.
    pub(super) fn told(&self) -> (&'static str, String) {
        (self.code, self.text.clone())
    }

    pub(super) fn not_found(text: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", text)
    }

    pub(super) fn method() -> Self {
        let text = "this path does not allow this method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", text)
    }

    pub(super) fn bad_request(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", text)
    }

    pub(super) fn token() -> Self {
        let text = "CALLBACK_ADMIN_TOKEN is set: send it, or CALLBACK_ADMIN_VIEWER_TOKEN for reading, as `Authorization: Bearer TOKEN`";
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", text)
    }

    pub(super) fn browser() -> Self {
        let text = "requests from web pages are refused; only programs may use this listener";
        Self::new(StatusCode::FORBIDDEN, "origin", text)
    }

    pub(super) fn busy() -> Self {
        let text = "48 requests are already in progress; try again later";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", text)
    }

    pub(super) fn host() -> Self {
        let text = "the Host is not this listener's; without CALLBACK_ADMIN_TOKEN only its own and loopback names are";
        Self::new(StatusCode::FORBIDDEN, "host", text)
    }
}

impl From<OperateError> for Refusal {
    fn from(error: OperateError) -> Self {
        let status = match error.code() {
            "bad_request" => StatusCode::BAD_REQUEST,
            "not_found" => StatusCode::NOT_FOUND,
            "forbidden" => StatusCode::FORBIDDEN,
            "refused" => StatusCode::CONFLICT,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, error.code(), chain(&error))
    }
}

impl From<TaskError> for Refusal {
    fn from(error: TaskError) -> Self {
        let (status, code) = match &error {
            TaskError::NoPlugin { .. } => (StatusCode::NOT_FOUND, "not_found"),
            TaskError::Paused { .. } | TaskError::OtherApp { .. } => (StatusCode::CONFLICT, "refused"),
            TaskError::Call(error) => (StatusCode::BAD_GATEWAY, error.code()),
            TaskError::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "storage"),
        };
        Self::new(status, code, chain(&error))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        super::json(self.status, &json!({"code": self.code, "msg": self.text}))
    }
}

impl From<CatchUpError> for Refusal {
    fn from(error: CatchUpError) -> Self {
        let (status, code) = match &error {
            CatchUpError::UnknownApp(_) => (StatusCode::NOT_FOUND, "not_found"),
            CatchUpError::Reversed => (StatusCode::BAD_REQUEST, "bad_request"),
            CatchUpError::Lark { .. } => (StatusCode::BAD_GATEWAY, "lark"),
            CatchUpError::Store(_) | CatchUpError::NotStored => (StatusCode::SERVICE_UNAVAILABLE, "storage"),
        };
        Self::new(status, code, chain(&error))
    }
}
