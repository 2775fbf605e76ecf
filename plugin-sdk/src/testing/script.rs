//! The host of a fixture: what `NAME.host.json` says, and for the rest the same as in the sandbox.

use std::cell::RefCell;
use std::time::Duration;

use lark_fixture::Played;
use serde_json::Value;

use crate::{HttpRequest, MediaContent, MediaError, MediaSource, OpenapiError, OpenapiRequest, OpenapiResponse};

/// Rests after which the server gives up on a rate limit of Lark's, each of a second: a person does not wait as long.
const RESTS_MAX: u32 = 5;
const RESTS_OF_CALLBACK_MAX: u32 = 2;

/// Calls that the server repeats by itself while Lark has an internal error.
const REPEATS_MAX: u32 = 4;

/// Answers of Lark and of other services.
#[derive(Debug)]
pub(super) struct Script {
    played: RefCell<Played>,
    is_callback: bool,
}

impl Script {
    pub(super) fn new(played: Played, is_callback: bool) -> Self {
        Self {
            played: RefCell::new(played),
            is_callback,
        }
    }

    pub(super) fn unasked(&self) -> Vec<String> {
        self.played.borrow().unasked()
    }

    /// The answer to a call, after the server's own repetitions.
    pub(super) fn openapi(&self, request: &OpenapiRequest) -> Result<OpenapiResponse, OpenapiError> {
        let rests_max = if self.is_callback {
            RESTS_OF_CALLBACK_MAX
        } else {
            RESTS_MAX
        };
        let (mut rests, mut repeats) = (0, 0);
        loop {
            let (status, body) = self.played.borrow_mut().answer_lark(request.method, &request.path);
            let code = body.get("code").and_then(Value::as_i64);
            if status == 429 {
                rests += 1;
                if rests <= rests_max {
                    continue;
                }
                return Err(OpenapiError::Retry {
                    message: "too many requests: Lark asks to wait 1000 ms (no log id)".to_owned(),
                    after: Some(Duration::from_secs(1)),
                });
            }
            if status >= 500 || code.is_none() {
                repeats += 1;
                if repeats <= REPEATS_MAX && is_repeatable(request) {
                    continue;
                }
                return Err(OpenapiError::Retry {
                    message: not_answered(status),
                    after: None,
                });
            }
            return Ok(OpenapiResponse {
                status,
                body: body.to_string(),
                log_id: None,
            });
        }
    }

    pub(super) fn http(&self, request: &HttpRequest) -> (u16, String) {
        self.played.borrow_mut().answer_http(request.method, &request.url)
    }

    /// The key that an upload gets.
    pub(super) fn uploaded(&self, content: &MediaContent) -> Result<String, MediaError> {
        let (path, member) = match content {
            MediaContent::Image(_) => ("/open-apis/im/v1/images", "image_key"),
            MediaContent::File { .. } => ("/open-apis/im/v1/files", "file_key"),
        };
        let (status, body) = self.played.borrow_mut().answer_lark("POST", path);
        let key = body.pointer(&format!("/data/{member}")).and_then(Value::as_str);
        match key {
            Some(key) if is_good(&body) => Ok(key.to_owned()),
            _ => Err(rejected(status, &body)),
        }
    }

    pub(super) fn downloaded(&self, source: &MediaSource) -> Result<Vec<u8>, MediaError> {
        let path = match source {
            MediaSource::Message {
                message_id, file_key, ..
            } => format!("/open-apis/im/v1/messages/{message_id}/resources/{file_key}"),
            MediaSource::Image(key) => format!("/open-apis/im/v1/images/{key}"),
            MediaSource::File(key) => format!("/open-apis/im/v1/files/{key}"),
        };
        let mut played = self.played.borrow_mut();
        let (status, body) = played.answer_lark("GET", &path);
        played.file(&body).ok_or_else(|| rejected(status, &body))
    }
}

/// Whether the server may send a request again that may have been carried out: it names each message by itself.
fn is_repeatable(request: &OpenapiRequest) -> bool {
    match request.method {
        "GET" | "PUT" | "PATCH" => true,
        "POST" => {
            let parts: Vec<_> = request.path.split('/').skip(2).collect();
            matches!(
                parts.as_slice(),
                ["im", "v1", "messages"]
                    | ["im", "v1", "messages", _, "reply"]
                    | ["interactive", "v1", "card", "update"]
            )
        }
        _ => false,
    }
}

fn not_answered(status: u16) -> String {
    if status >= 500 {
        format!("Lark had an internal error, status {status} (no log id)")
    } else {
        format!(
            "the response with status {status} is not from Lark's OpenAPI, it has no code (no log id); check \
             LARK_API_BASE_URL"
        )
    }
}

fn is_good(body: &Value) -> bool {
    body.get("code").and_then(Value::as_i64) == Some(0)
}

fn rejected(status: u16, body: &Value) -> MediaError {
    match body.get("code").and_then(Value::as_i64) {
        Some(code) if status < 500 => MediaError::Code {
            status,
            code,
            msg: body.get("msg").and_then(Value::as_str).unwrap_or_default().to_owned(),
            log_id: None,
        },
        _ => MediaError::Retry {
            message: not_answered(status),
            after: None,
        },
    }
}
