//! Faults of the network or of Lark.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Semaphore;

/// Instead of the usual answer.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// The connection is closed, and nothing was done.
    Drop,
    /// The connection is closed after everything was done.
    LoseAnswer,
    /// The message arrives, and Lark answers that it is still being sent.
    StillSending,
    /// Something else is answered, and nothing was done.
    Answer {
        status: u16,
        headers: Vec<(String, String)>,
        body: String,
    },
    /// Nothing is done, and nothing answered, until it is released.
    Hold(Held),
    /// Everything is done, and the answer waits.
    HoldAnswer(Held),
}

impl Fault {
    /// A code, with the status and the fields of a token endpoint or of the others.
    pub(crate) fn code(status: u16, code: i64) -> Self {
        let body = json!({"code": code, "msg": "on demand", "error": "on_demand", "error_description": "on demand"});
        Self::text(status, &body.to_string())
    }

    pub(crate) fn text(status: u16, body: &str) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body: body.to_owned(),
        }
    }

    /// Too many requests, and when to come back.
    pub(crate) fn limit(status: u16, header: (&str, &str)) -> Self {
        Self::Answer {
            status,
            headers: vec![(header.0.to_owned(), header.1.to_owned())],
            body: json!({"code": 99_991_400, "msg": "request trigger frequency limit"}).to_string(),
        }
    }
}

/// An answer that waits until it is released.
#[derive(Debug, Clone)]
pub(crate) struct Held(Arc<Semaphore>);

impl Held {
    pub(crate) fn release(&self) {
        self.0.add_permits(1);
    }

    pub(super) async fn wait(&self) {
        self.0.acquire().await.unwrap().forget();
    }
}

impl Default for Held {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }
}
