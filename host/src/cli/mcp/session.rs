//! Session with one client: which revision it speaks, and what it asks.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{
    calls::Calls,
    input::Line,
    message::{
        Failure, INVALID_PARAMS, INVALID_REQUEST, METHOD_NOT_FOUND, Message, NoMessage, PARSE_ERROR,
        UNSUPPORTED_PROTOCOL_VERSION, answer, complete, server,
    },
    tools,
};

/// Revisions that begin with a handshake, the oldest first.
const HANDSHAKE: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

/// The one of them that knows batches.
const BATCHES: &str = "2025-03-26";

/// Revision whose requests bring it along.
const STATELESS: &str = "2026-07-28";

/// Field of a request that names its revision.
const VERSION_KEY: &str = "io.modelcontextprotocol/protocolVersion";

/// Messages in one batch.
const BATCH_MAX: usize = 32;

/// How long a client may keep the list of tools, which is the same for a whole run.
const LIST_TTL_MS: u64 = 3_600_000;

/// Session with one client.
pub(super) struct Session {
    calls: Calls,
    allows_changes: bool,
    /// Revision that was agreed on in a handshake.
    agreed: Option<&'static str>,
}

/// Way in which a request is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Era {
    Handshake,
    Stateless,
}

impl Session {
    pub(super) fn new(calls: Calls, allows_changes: bool) -> Self {
        Self {
            calls,
            allows_changes,
            agreed: None,
        }
    }

    /// Waits for calls that still run.
    pub(super) async fn finish(&mut self, max: Duration) {
        self.calls.finish(max).await;
    }

    /// Takes a line; answers at once what needs no tool.
    pub(super) async fn take(&mut self, line: Line) -> Option<Value> {
        let refuse = |code, text: &str| Some(answer(&Value::Null, Err(Failure::new(code, text))));
        let bytes = match line {
            Line::Whole(bytes) => bytes,
            Line::TooLong => return refuse(INVALID_REQUEST, "the line is longer than 1 MiB; it was skipped"),
        };
        match serde_json::from_slice(&bytes) {
            Ok(Value::Array(messages)) => self.batch(messages).await,
            Ok(message) => self.message(message).await,
            Err(_) => refuse(PARSE_ERROR, "the line is not JSON"),
        }
    }

    /// Several messages in one line. What needs a tool is answered when it is done, on a line of its own.
    async fn batch(&mut self, messages: Vec<Value>) -> Option<Value> {
        let refuse = |text: &str| Some(answer(&Value::Null, Err(Failure::new(INVALID_REQUEST, text))));
        if self.agreed != Some(BATCHES) {
            return refuse("batches are not part of this revision of the protocol; send one message per line");
        }
        if messages.is_empty() || messages.len() > BATCH_MAX {
            return refuse("a batch has 1 to 32 messages");
        }
        let mut answers = Vec::new();
        for message in messages {
            answers.extend(self.message(message).await);
        }
        (!answers.is_empty()).then_some(Value::Array(answers))
    }

    async fn message(&mut self, message: Value) -> Option<Value> {
        match Message::of(message) {
            Ok(Message::Request { id, method, params }) => {
                let result = self.request(&id, &method, params).await;
                result.map(|result| answer(&id, result))
            }
            Ok(Message::Notification { method, params }) => {
                if method == "notifications/cancelled" {
                    self.calls.cancel(params.get("requestId"));
                }
                None
            }
            Ok(Message::Response) => None,
            Err(NoMessage { id, text }) => Some(answer(&id, Err(Failure::new(INVALID_REQUEST, text)))),
        }
    }

    /// Result of a request; none when a tool answers later.
    async fn request(
        &mut self,
        id: &Value,
        method: &str,
        params: Map<String, Value>,
    ) -> Option<Result<Value, Failure>> {
        let era = match era(&params) {
            Ok(era) => era,
            Err(failure) => return Some(Err(failure)),
        };
        let result = match (method, era) {
            ("initialize", Era::Handshake) => self.initialize(&params),
            ("server/discover", Era::Stateless) => Ok(cached(json!({
                "supportedVersions": [STATELESS],
                "capabilities": {"tools": {}},
                "instructions": self.instructions(),
            }))),
            ("ping", Era::Handshake) => Ok(json!({})),
            ("tools/list" | "tools/call", Era::Handshake) if self.agreed.is_none() => {
                Err(Failure::new(INVALID_REQUEST, "send `initialize` first"))
            }
            ("tools/list", _) if params.get("cursor").is_some_and(|cursor| !cursor.is_null()) => {
                Err(Failure::new(INVALID_PARAMS, "there is only one page of tools"))
            }
            ("tools/list", era) => {
                let list = json!({"tools": tools::list(self.allows_changes)});
                Ok(if era == Era::Stateless { cached(list) } else { list })
            }
            ("tools/call", era) => match self.calls.begin(id, params, era == Era::Stateless).await {
                Ok(()) => return None,
                Err(failure) => Err(failure),
            },
            _ => Err(Failure::new(
                METHOD_NOT_FOUND,
                format!("there is no method `{}`", method.escape_debug()),
            )),
        };
        Some(result)
    }

    fn initialize(&mut self, params: &Map<String, Value>) -> Result<Value, Failure> {
        let Some(asked) = params.get("protocolVersion").and_then(Value::as_str) else {
            return Err(Failure::new(INVALID_PARAMS, "`protocolVersion` must be a text"));
        };
        if self.agreed.is_some() {
            return Err(Failure::new(INVALID_REQUEST, "the session is initialized already"));
        }
        let [.., newest] = HANDSHAKE;
        // A client that does not speak what is offered ends the session.
        let agreed = HANDSHAKE.into_iter().find(|known| *known == asked).unwrap_or(newest);
        self.agreed = Some(agreed);
        Ok(json!({
            "protocolVersion": agreed,
            "capabilities": {"tools": {"listChanged": false}},
            "serverInfo": server(),
            "instructions": self.instructions(),
        }))
    }

    fn instructions(&self) -> String {
        let changes = if self.allows_changes {
            "Tools may change something, each only when its argument `apply` is true: ask the operator first."
        } else {
            "Nothing can be changed: `replay_events` only says what it would do."
        };
        format!(
            "lark-callback receives events of Feishu/Lark and has plugins answer them. Begin with `status` and \
             `list_dead_letters`; explain a code with `explain_code`. {changes} {}",
            tools::UNTRUSTED
        )
    }
}

/// A result that a client may keep for a while.
fn cached(mut result: Value) -> Value {
    if let Some(fields) = result.as_object_mut() {
        fields.insert("ttlMs".to_owned(), LIST_TTL_MS.into());
        fields.insert("cacheScope".to_owned(), "private".into());
    }
    complete(result)
}

/// Way in which a request is spoken: with or without a revision in it.
fn era(params: &Map<String, Value>) -> Result<Era, Failure> {
    let Some(asked) = params.get("_meta").and_then(|meta| meta.get(VERSION_KEY)) else {
        return Ok(Era::Handshake);
    };
    match asked.as_str() {
        None => Err(Failure::new(INVALID_PARAMS, format!("`{VERSION_KEY}` must be a text"))),
        Some(STATELESS) => Ok(Era::Stateless),
        Some(other) => {
            let supported: Vec<_> = HANDSHAKE.into_iter().chain([STATELESS]).collect();
            Err(Failure {
                code: UNSUPPORTED_PROTOCOL_VERSION,
                text: "Unsupported protocol version".to_owned(),
                data: Some(json!({"supported": supported, "requested": other})),
            })
        }
    }
}
