//! Log lines that a test causes.

use std::{
    io,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use tracing::{Dispatch, Level, subscriber::DefaultGuard};
use tracing_subscriber::{Registry, fmt::MakeWriter};

/// A subscriber that wants everything and writes nothing, alive as long as the process.
///
/// `tracing` remembers for each log statement whether anybody wants it. While there is only one subscriber it asks that of the
/// thread that comes to the statement first. Another test's thread has none, so the statement was switched off for everybody.
/// With a second subscriber all are asked.
static EVERYTHING: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Registry::default()));

/// Lines that this thread has logged, and goes on to log while this lives.
#[derive(Debug)]
pub(crate) struct Recorded {
    written: Written,
    _guard: DefaultGuard,
}

#[derive(Debug, Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Recorded {
    /// Records down to this level.
    pub(crate) fn down_to(level: Level) -> Self {
        LazyLock::force(&EVERYTHING);
        let written = Written::default();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .without_time()
            .with_max_level(level)
            .with_writer(written.clone())
            .finish();
        Self {
            written,
            _guard: tracing::subscriber::set_default(subscriber),
        }
    }

    pub(crate) fn lines_with(&self, text: &str) -> Vec<String> {
        let bytes = self.written.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes)
            .lines()
            .filter(|line| line.contains(text))
            .map(|line| line.trim().to_owned())
            .collect()
    }
}

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Written {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}
