//! Lark and other services as a fixture wants them, over HTTP: what they answer is said by the fixture alone.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::State,
    http::{Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use lark_fixture::{HostFile, Played};
use tokio::net::TcpListener;

use crate::cli::{Exit, Stopped};

/// The played services, on loopback until the process ends; clones share them.
#[derive(Debug, Clone)]
pub(super) struct Fakes {
    url: Arc<str>,
    state: Arc<Mutex<Played>>,
}

/// More than Lark takes of anything.
const SENT_BYTES_MAX: usize = 64 << 20;

impl Fakes {
    pub(super) async fn start() -> Result<Self, Stopped> {
        let failed = |error: io::Error| Stopped::new(Exit::Failed, &error);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let fakes = Self {
            url: format!("http://{address}").into(),
            state: Arc::default(),
        };
        let router = Router::new().fallback(answer).with_state(fakes.clone());
        tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(fakes)
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Begins a call: nothing was asked yet.
    pub(super) fn begin(&self, host: &HostFile) {
        *self.lock() = Played::begin(host);
    }

    /// Answers that no call was for, as in `lark."POST /open-apis/im/v1/messages"`.
    pub(super) fn unasked(&self) -> Vec<String> {
        self.lock().unasked()
    }

    /// The answer of another service.
    pub(super) fn answer_http(&self, method: &str, url: &str) -> (u16, Bytes) {
        let (status, text) = self.lock().answer_http(method, url);
        (status, text.into())
    }

    fn lock(&self) -> MutexGuard<'_, Played> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn answer(State(fakes): State<Fakes>, method: Method, uri: Uri, sent: Body) -> Response {
    // Read to its end: an answer that comes before is one that breaks an upload off.
    let _ = to_bytes(sent, SENT_BYTES_MAX).await;
    let (status, body, file) = {
        let mut played = fakes.lock();
        let (status, body) = played.answer_lark(method.as_str(), uri.path());
        let file = played.file(&body);
        (status, body, file)
    };
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if let Some(bytes) = file {
        return (status, [(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response();
    }
    (
        status,
        [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
        body.to_string(),
    )
        .into_response()
}
