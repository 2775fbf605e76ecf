//! Everything that one test's server logged, as lines of JSON.

use std::{
    io,
    sync::{Arc, LazyLock, Mutex},
};

use tracing::{Dispatch, subscriber::DefaultGuard};
use tracing_subscriber::{Registry, filter::LevelFilter, fmt::MakeWriter, layer::SubscriberExt};

use super::wait::until;

/// A subscriber that wants everything and writes nothing, alive as long as the process.
///
/// `tracing` remembers for each log statement whether anybody wants it. While there is only one subscriber it asks that of the
/// thread that comes to the statement first. Another test's thread has none, so the statement was switched off for everybody.
/// With a second subscriber all are asked.
static EVERYTHING: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Registry::default()));

/// Lines that were logged so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Takes what this thread logs until the guard is dropped; a test's runtime has this thread only.
    pub(crate) fn start() -> (Self, DefaultGuard) {
        Self::start_at(LevelFilter::INFO)
    }

    /// The same with everything that anybody logs.
    pub(crate) fn start_at_trace() -> (Self, DefaultGuard) {
        Self::start_at(LevelFilter::TRACE)
    }

    fn start_at(level: LevelFilter) -> (Self, DefaultGuard) {
        LazyLock::force(&EVERYTHING);
        let log = Self::default();
        let layer = tracing_subscriber::fmt::layer()
            .json()
            .flatten_event(true)
            .with_writer(log.clone());
        let subscriber = tracing_subscriber::registry().with(layer).with(level);
        (log, tracing::subscriber::set_default(subscriber))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }

    pub(crate) fn lines_with(&self, text: &str) -> Vec<String> {
        let log = self.text();
        log.lines()
            .filter(|line| line.contains(text))
            .map(str::to_owned)
            .collect()
    }

    /// The first line with this text.
    pub(crate) async fn until(&self, text: &str) -> String {
        let what = format!("a log line with: {text}");
        until(&what, async || self.lines_with(text).into_iter().next()).await
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
