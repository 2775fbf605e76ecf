//! One HTTP request: sent within its deadline, and read up to a size limit.

use std::{sync::Arc, time::Duration};

use reqwest::{
    Body, Client, Method, RequestBuilder, Response,
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER},
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::{Instant, timeout_at};

use super::{
    OpenapiSettings,
    answer::{LarkResponse, LogId},
    deadline::Deadline,
};
use crate::{http_client, moment::ms_between, trace};

/// Longer waits are capped; Lark's limits are per second or per minute.
const PAUSE_SECONDS_MAX: u64 = 3_600;

/// The media type of Lark's bodies.
const JSON: &str = "application/json; charset=utf-8";

/// An error of a request without an answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TransportError {
    /// No connection could be made.
    #[error("no connection to Lark; check the network, and LARK_API_BASE_URL and LARK_ACCOUNTS_BASE_URL")]
    Connect(#[source] Arc<reqwest::Error>),
    /// The connection broke; Lark may have processed the request.
    #[error("the connection to Lark was closed before the response was complete")]
    Broken(#[source] Arc<reqwest::Error>),
    /// The request timed out; Lark may have processed it.
    #[error("no response from Lark within {ms} ms")]
    TooSlow {
        /// The time that there was.
        ms: u64,
    },
    /// The answer is too large.
    #[error("Lark's response is larger than {bytes_max} bytes; ask for a smaller page")]
    TooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// The answer is not text.
    #[error("the response with status {status} is not text ({log_id})")]
    NotText {
        /// The HTTP status.
        status: u16,
        /// For Lark's support.
        log_id: LogId,
    },
}

impl TransportError {
    /// Returns a stable word.
    fn word(&self) -> &'static str {
        match self {
            Self::Connect(_) => "connect",
            Self::Broken(_) => "broken",
            Self::TooSlow { .. } => "too_slow",
            Self::TooLarge { .. } => "too_large",
            Self::NotText { .. } => "not_text",
        }
    }

    /// Returns whether a retry may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            // A proxy's page in another encoding, or a body that was cut.
            Self::Connect(_) | Self::Broken(_) | Self::TooSlow { .. } | Self::NotText { .. } => true,
            Self::TooLarge { .. } => false,
        }
    }
}

/// A request to send.
#[derive(Debug)]
pub(super) struct Outgoing<'a> {
    pub(super) method: Method,
    pub(super) url: String,
    pub(super) bearer: Option<&'a SecretString>,
    /// Chooses the language of Lark's messages, where a call needs it.
    pub(super) locale: Option<&'static str>,
    /// JSON text.
    pub(super) body: Option<&'a str>,
    /// Whether it may be retried when the outcome is unknown.
    pub(super) is_repeatable: bool,
}

impl Outgoing<'_> {
    /// Returns the path for the log, without host and query, which may contain personal data.
    pub(super) fn path(&self) -> &str {
        path_of(&self.url)
    }
}

fn path_of(url: &str) -> &str {
    let path = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = path.find('/').and_then(|at| path.get(at..)).unwrap_or_default();
    path.split('?').next().unwrap_or_default()
}

/// The pool of connections.
#[derive(Debug)]
pub(super) struct Transport {
    client: Client,
    request: Duration,
    bytes_max: usize,
}

impl Transport {
    pub(super) fn new(settings: &OpenapiSettings) -> Result<Self, reqwest::Error> {
        let own = settings.of_apps.values().flat_map(|own| [&own.api, &own.accounts]);
        let urls = [&settings.base_url, &settings.accounts_base_url].into_iter().chain(own);
        let builder = http_client::builder(urls.map(String::as_str))
            .connect_timeout(Duration::from_millis(settings.connect_ms_max))
            .user_agent(concat!("lark-callback/", env!("CARGO_PKG_VERSION")));
        Ok(Self {
            client: builder.build()?,
            request: Duration::from_millis(settings.request_ms_max),
            bytes_max: settings.response_bytes_max,
        })
    }

    /// Sends once and reads the whole answer.
    pub(super) async fn send(
        &self,
        outgoing: &Outgoing<'_>,
        deadline: &Deadline,
    ) -> Result<LarkResponse, TransportError> {
        let span = trace::lark_call(outgoing.method.as_str(), outgoing.path());
        trace::traced_then(span, self.send_here(outgoing, deadline), note).await
    }

    async fn send_here(&self, outgoing: &Outgoing<'_>, deadline: &Deadline) -> Result<LarkResponse, TransportError> {
        let mut request = self.client.request(outgoing.method.clone(), &outgoing.url);
        if let Some(token) = outgoing.bearer {
            request = request.bearer_auth(token.expose_secret());
        }
        if let Some(traceparent) = trace::traceparent() {
            request = request.header("traceparent", traceparent);
        }
        if let Some(locale) = outgoing.locale {
            request = request.header("locale", locale);
        }
        if let Some(body) = outgoing.body {
            request = request.header(CONTENT_TYPE, JSON).body(body.to_owned());
        }
        let began = Instant::now();
        let until = deadline.at().min(began + self.request);
        let answer = timeout_at(until, async { self.read(request.send().await.map_err(failed)?).await }).await;
        let too_slow = |_elapsed| TransportError::TooSlow {
            ms: ms_between(began, until),
        };
        answer.map_err(too_slow)?
    }

    /// Sends a body that is written meanwhile, and reads the answer. Its time is the caller's: a large one takes longer than a call.
    pub(super) async fn upload(
        &self,
        url: &str,
        token: &SecretString,
        content_type: String,
        body: Body,
    ) -> Result<LarkResponse, TransportError> {
        let span = trace::lark_call("POST", path_of(url));
        let sent = async {
            let request = self.client.post(url).bearer_auth(token.expose_secret());
            let request = traced(request).header(CONTENT_TYPE, content_type).body(body);
            self.read(request.send().await.map_err(failed)?).await
        };
        trace::traced_then(span, sent, note).await
    }

    /// Sends a request, and returns when the headers of its answer are there.
    pub(super) async fn open(
        &self,
        url: &str,
        token: &SecretString,
        deadline: &Deadline,
    ) -> Result<Response, TransportError> {
        let span = trace::lark_call("GET", path_of(url));
        let sent = within(deadline, async {
            // Lark tells the name of a file only to whom sends this.
            let request = self.client.get(url).header(CONTENT_TYPE, JSON);
            let request = traced(request.bearer_auth(token.expose_secret()));
            request.send().await.map_err(failed)
        });
        trace::traced_then(span, sent, note_open).await
    }

    /// Reads the body of an answer that was opened.
    pub(super) async fn rest(&self, response: Response, deadline: &Deadline) -> Result<LarkResponse, TransportError> {
        within(deadline, self.read(response)).await
    }

    async fn read(&self, mut response: Response) -> Result<LarkResponse, TransportError> {
        let status = response.status().as_u16();
        let log_id = LogId::new(text(response.headers(), "x-tt-logid"));
        let pause = pause(response.headers());
        let too_large = TransportError::TooLarge {
            bytes_max: self.bytes_max,
        };
        if response
            .content_length()
            .is_some_and(|bytes| bytes > self.bytes_max as u64)
        {
            return Err(too_large);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > self.bytes_max {
                return Err(too_large);
            }
            body.extend_from_slice(&chunk);
        }
        match String::from_utf8(body) {
            Ok(body) => Ok(LarkResponse::new(status, body, log_id, pause)),
            Err(_not_utf8) => Err(TransportError::NotText { status, log_id }),
        }
    }
}

async fn within<T>(
    deadline: &Deadline,
    work: impl Future<Output = Result<T, TransportError>>,
) -> Result<T, TransportError> {
    let began = Instant::now();
    let done = timeout_at(deadline.at(), work).await;
    done.map_err(|_elapsed| TransportError::TooSlow {
        ms: ms_between(began, deadline.at()),
    })?
}

fn traced(request: RequestBuilder) -> RequestBuilder {
    match trace::traceparent() {
        Some(traceparent) => request.header("traceparent", traceparent),
        None => request,
    }
}

/// Says in the span of a request what came of it.
fn note(result: &Result<LarkResponse, TransportError>) {
    let answer = match result {
        Ok(answer) => answer,
        Err(error) => return trace::fail(error.word()),
    };
    trace::note("http.response.status_code", i64::from(answer.status));
    if let Some(code) = answer.code {
        trace::note("lark.code", code);
    }
    if let Some(log_id) = answer.log_id.get() {
        trace::note("lark.log_id", log_id.to_owned());
    }
    if !answer.is_success() {
        trace::fail("lark_error");
    }
}

/// The same for a response whose body is read later.
fn note_open(result: &Result<Response, TransportError>) {
    match result {
        Ok(response) => {
            trace::note("http.response.status_code", i64::from(response.status().as_u16()));
            if !response.status().is_success() {
                trace::fail("lark_error");
            }
        }
        Err(error) => trace::fail(error.word()),
    }
}

/// Removes the URL, whose query may contain personal data.
pub(super) fn failed(error: reqwest::Error) -> TransportError {
    let connect = error.is_connect();
    let error = Arc::new(error.without_url());
    if connect {
        TransportError::Connect(error)
    } else {
        TransportError::Broken(error)
    }
}

/// Returns how long Lark asks to wait ("Frequency control").
fn pause(headers: &HeaderMap) -> Option<Duration> {
    let header = text(headers, "x-ogw-ratelimit-reset").or_else(|| text(headers, RETRY_AFTER.as_str()))?;
    let seconds: u64 = header.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(PAUSE_SECONDS_MAX)))
}

pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
