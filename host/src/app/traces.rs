//! Traces, if there is a collector.

use std::sync::Arc;

use lark_callback_store::Store;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::StartError;
use crate::{
    telemetry::SpanCounts,
    trace::{TraceSettings, Tracer},
};

/// The tracer, and the exporter of its spans.
#[derive(Debug, Default)]
pub(super) struct Traces {
    pub(super) tracer: Tracer,
    pub(super) counts: Option<Arc<SpanCounts>>,
    pub(super) exporting: Option<JoinHandle<()>>,
    /// Cancelled last, when nothing is traced any more.
    pub(super) stop: CancellationToken,
}

impl Traces {
    /// Starts the exporter.
    pub(super) fn start(settings: Option<TraceSettings>, store: &Store) -> Result<Self, StartError> {
        let Some(settings) = settings else {
            return Ok(Self::default());
        };
        let (counts, stop) = (Arc::<SpanCounts>::default(), CancellationToken::new());
        let (tracer, exporter) = Tracer::new(settings, store.node().to_owned(), Arc::clone(&counts))?;
        Ok(Self {
            tracer,
            counts: Some(counts),
            exporting: Some(tokio::spawn(exporter.run(stop.clone()))),
            stop,
        })
    }
}
