//! Sends finished spans to the collector, in batches. What it cannot send is dropped and counted, and said once.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use reqwest::{
    Client,
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use secrecy::ExposeSecret as _;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::{TraceSettings, otlp, span::Finished};
use crate::{
    http_client,
    telemetry::{SpanCounts, chain},
};

/// Spans of one request: some hundred kilobytes.
const BATCH_SPANS_MAX: usize = 512;

/// How long a batch is collected.
const BATCH_AGE_MAX: Duration = Duration::from_secs(2);

/// Time limit of one request.
const REQUEST_MAX: Duration = Duration::from_secs(10);

/// Pause before a batch is sent again, once.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Time for what is queued at a stop.
const FLUSH_MAX: Duration = Duration::from_secs(2);

/// Reason why traces could not start.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The HTTP client.
    #[error("the HTTP client for traces could not be built; check that the system's root certificates are installed")]
    Client(#[source] reqwest::Error),
    /// A header of `OTEL_EXPORTER_OTLP_HEADERS`.
    #[error("OTEL_EXPORTER_OTLP_HEADERS has a name or a value that no HTTP header can have")]
    Header,
}

/// Reason why a batch was not taken.
#[derive(Debug, thiserror::Error)]
enum ExportError {
    #[error("no answer from the collector")]
    Request(#[source] reqwest::Error),
    #[error("the collector answered with status {0}")]
    Status(u16),
    #[error("no answer from the collector within {} s", REQUEST_MAX.as_secs())]
    TooSlow,
}

impl ExportError {
    /// Whether the collector may take the same batch a moment later.
    fn is_retryable(&self) -> bool {
        match self {
            Self::Request(_) => true,
            Self::Status(status) => matches!(status, 429 | 502 | 503 | 504),
            Self::TooSlow => false,
        }
    }
}

/// The end of the queue.
#[derive(Debug)]
pub struct Exporter {
    client: Client,
    url: String,
    resource: otlp::Resource,
    finished: mpsc::Receiver<Finished>,
    counts: Arc<SpanCounts>,
    is_failing: bool,
}

impl Exporter {
    pub(super) fn new(
        settings: TraceSettings,
        instance: String,
        finished: mpsc::Receiver<Finished>,
        counts: Arc<SpanCounts>,
    ) -> Result<Self, TraceError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-protobuf"));
        for (name, value) in &settings.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_invalid| TraceError::Header)?;
            let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_invalid| TraceError::Header)?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        let builder = http_client::builder([settings.url.as_str()])
            .default_headers(headers)
            .user_agent(concat!("lark-callback/", env!("CARGO_PKG_VERSION")));
        Ok(Self {
            client: builder.build().map_err(TraceError::Client)?,
            url: settings.url,
            resource: otlp::Resource {
                service: settings.service,
                instance,
            },
            finished,
            counts,
            is_failing: false,
        })
    }

    /// Exports until `stop` is cancelled, and then what is queued.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut batch = Vec::with_capacity(BATCH_SPANS_MAX);
        loop {
            tokio::select! {
                collected = collect(&mut self.finished, &mut batch) => if !collected { break },
                () = stop.cancelled() => break,
            }
            tokio::select! {
                () = self.export(&batch) => {}
                () = stop.cancelled() => {
                    // The last request may not have arrived; it is sent once more below.
                    break;
                }
            }
            batch.clear();
        }
        self.finished.close();
        while self.finished.recv_many(&mut batch, BATCH_SPANS_MAX).await > 0 {}
        let until = Instant::now() + FLUSH_MAX;
        for spans in batch.chunks(BATCH_SPANS_MAX) {
            if timeout_at(until, self.export(spans)).await.is_err() {
                self.counts.failed.fetch_add(spans.len() as u64, Ordering::Relaxed);
            }
        }
    }

    async fn export(&mut self, spans: &[Finished]) {
        if spans.is_empty() {
            return;
        }
        let body = otlp::request(&self.resource, spans);
        let mut result = self.post(body.clone()).await;
        if result.as_ref().is_err_and(ExportError::is_retryable) {
            sleep(RETRY_AFTER).await;
            result = self.post(body).await;
        }
        let count = spans.len() as u64;
        match result {
            Ok(()) => {
                self.counts.exported.fetch_add(count, Ordering::Relaxed);
                if std::mem::take(&mut self.is_failing) {
                    tracing::info!("The collector takes traces again");
                }
            }
            Err(error) => {
                self.counts.failed.fetch_add(count, Ordering::Relaxed);
                if !std::mem::replace(&mut self.is_failing, true) {
                    tracing::warn!(
                        error = chain(&error),
                        "Could not export traces; they are dropped until the collector takes them, and not logged again. \
                         Check OTEL_EXPORTER_OTLP_ENDPOINT: it must be OTLP over HTTP, usually port 4318"
                    );
                }
            }
        }
    }

    async fn post(&self, body: Vec<u8>) -> Result<(), ExportError> {
        let request = self.client.post(&self.url).body(body).send();
        // Without the URL, which may hold a token.
        let failed = |error: reqwest::Error| ExportError::Request(error.without_url());
        let response = timeout(REQUEST_MAX, request)
            .await
            .map_err(|_elapsed| ExportError::TooSlow)?
            .map_err(failed)?;
        let status = response.status();
        if status.is_success() {
            return Ok(());
        }
        Err(ExportError::Status(status.as_u16()))
    }
}

/// Waits for spans, and a little longer for more. `false`: there will be none.
async fn collect(finished: &mut mpsc::Receiver<Finished>, batch: &mut Vec<Finished>) -> bool {
    if batch.is_empty() && finished.recv_many(batch, BATCH_SPANS_MAX).await == 0 {
        return false;
    }
    let until = Instant::now() + BATCH_AGE_MAX;
    while batch.len() < BATCH_SPANS_MAX {
        let room = BATCH_SPANS_MAX - batch.len();
        match timeout_at(until, finished.recv_many(batch, room)).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    true
}
