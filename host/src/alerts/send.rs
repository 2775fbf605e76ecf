//! Sending of cards through the application's own token.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    AlertSettings, card,
    ledger::{Ledger, Message, What},
};
use crate::{
    openapi::{Deadline, LarkResponse, Request, RequestError},
    telemetry::{chain, on_one_line, shortened},
    tokens::{Identity, LarkCallError, Tokens},
};

/// Time for one message: a token, a call, and a second one after a refused token.
const CALL_MAX: Duration = Duration::from_secs(8);

/// Part of Lark's explanation that is logged.
const MSG_BYTES_MAX: usize = 300;

const MESSAGES: &str = "/open-apis/im/v1/messages";

/// Reason why a message was not sent.
#[derive(Debug, thiserror::Error)]
enum SendError {
    /// Without an answer.
    #[error(transparent)]
    Call(#[from] LarkCallError),
    /// The request cannot be made.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// Lark does not want it.
    #[error("Lark rejected it with code {code}: {msg}")]
    Rejected {
        /// Lark's code.
        code: i64,
        /// Lark's explanation.
        msg: String,
    },
}

/// Numbers of messages that were sent, and that failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) done: u64,
    pub(super) failed: u64,
}

/// The chat, and what was said about it in the log.
#[derive(Debug, Default)]
pub(super) struct Chat {
    is_told: bool,
}

impl Chat {
    /// Sends all messages. The first failure ends it: the others would meet the same.
    pub(super) async fn send(
        &mut self,
        tokens: &Tokens,
        settings: &AlertSettings,
        server: &str,
        ledger: &mut Ledger,
        messages: Vec<Message>,
        now_ms: u64,
    ) -> Sent {
        let mut sent = Sent::default();
        if ledger.is_paused(now_ms) {
            return sent;
        }
        for message in messages {
            let card = card::card(&message, server, settings.language, now_ms);
            let result = match (message.what, &message.message_id) {
                (What::Change, Some(id)) => change(tokens, settings, id, &card, now_ms).await.map(|()| None),
                _ => create(tokens, settings, &message, &card, now_ms).await,
            };
            let error = match result {
                Ok(id) => {
                    if message.what == What::Over
                        && let Some(open) = &message.message_id
                    {
                        // It may be recalled, or too old; the new card says it anyway.
                        let _ = change(tokens, settings, open, &card, now_ms).await;
                    }
                    if std::mem::take(&mut self.is_told) || ledger.is_failing() {
                        tracing::info!("Alerts reach the chat again");
                    }
                    ledger.sent(&message, id, now_ms);
                    sent.done += 1;
                    continue;
                }
                Err(error) => error,
            };
            if message.what == What::Change && matches!(error, SendError::Rejected { .. }) {
                tracing::debug!(error = chain(&error), "Could not change the card of an alert");
                ledger.lost_card(&message);
                continue;
            }
            sent.failed += 1;
            if ledger.failed(now_ms) || !self.is_told {
                self.is_told = true;
                tracing::warn!(
                    error = chain(&error),
                    alert = message.kind.word(),
                    "Could not send an alert to the chat of CALLBACK_ALERT_CHAT; retrying with backoff, not logged \
                     again. Check that the application's bot is in the chat and may send messages \
                     (im:message:send_as_bot)"
                );
            }
            break;
        }
        sent
    }
}

/// Sends a card; tells its id.
async fn create(
    tokens: &Tokens,
    settings: &AlertSettings,
    message: &Message,
    card: &Value,
    now_ms: u64,
) -> Result<Option<String>, SendError> {
    let id_type = if settings.chat.starts_with("oc_") {
        "chat_id"
    } else {
        "open_id"
    };
    // The same for the same message, so that another server, or this one after a lost answer, does not send it twice.
    let word = if message.what == What::Over { "over" } else { "alert" };
    let uuid = format!("{word}-{}-{}-{}", message.kind.word(), message.since_ms, message.number);
    let body = json!({
        "receive_id": settings.chat,
        "msg_type": "interactive",
        "content": card.to_string(),
        "uuid": uuid,
    });
    let query = [("receive_id_type".to_owned(), id_type.to_owned())];
    let request = Request::new("POST", MESSAGES, &query, Some(body.to_string()))?;
    let answer = call(tokens, settings, &request, now_ms).await?;
    Ok(message_id(&answer))
}

async fn change(
    tokens: &Tokens,
    settings: &AlertSettings,
    message_id: &str,
    card: &Value,
    now_ms: u64,
) -> Result<(), SendError> {
    let body = json!({"content": card.to_string()}).to_string();
    let request = Request::new("PATCH", &format!("{MESSAGES}/{message_id}"), &[], Some(body))?;
    call(tokens, settings, &request, now_ms).await.map(drop)
}

async fn call(
    tokens: &Tokens,
    settings: &AlertSettings,
    request: &Request,
    now_ms: u64,
) -> Result<LarkResponse, SendError> {
    #[derive(Deserialize)]
    struct Words {
        msg: Option<String>,
    }

    let deadline = Deadline::within(now_ms, CALL_MAX);
    let identity = Identity::App { tenant_key: "" };
    let answer = tokens.call(&settings.app_id, identity, request, &deadline).await?;
    if answer.is_success() {
        return Ok(answer);
    }
    let words = serde_json::from_str::<Words>(&answer.body).ok();
    let msg = words.and_then(|words| words.msg).unwrap_or_default();
    Err(SendError::Rejected {
        code: answer.code.unwrap_or_default(),
        msg: shortened(on_one_line(&msg), MSG_BYTES_MAX),
    })
}

/// The id of a message that was sent. Only one that can stand in a path is kept.
fn message_id(answer: &LarkResponse) -> Option<String> {
    #[derive(Deserialize)]
    struct Created {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        message_id: String,
    }
    let id = serde_json::from_str::<Created>(&answer.body).ok()?.data.message_id;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (!id.is_empty() && id.len() <= 128 && id.bytes().all(is_plain)).then_some(id)
}
