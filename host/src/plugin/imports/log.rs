//! `log`: lines for the operator, from the plugin's own words and from its captured streams, up to a limit.

mod last_words;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use self::last_words::LastWords;
use super::{CallState, Scope, log_flow::Line};
use crate::{
    plugin::{
        bindings::lark_callback::plugin::log::{Host, Level},
        limits::{LOG_BYTES_PER_SECOND, LOG_LINE_BYTES_MAX, RECORD_BYTES_MAX},
    },
    telemetry::{cut, escaped, shortened},
};

/// The overhead of a line: the host adds the time and the names, and empty lines must not be free.
const LINE_BYTES: u64 = 32;

/// A stream without a line end is shown in pieces of this size.
const PIECE_BYTES: usize = 4 << 10;

/// The level of a call of Lark.
const CALL: &str = "CALL";

/// The size of the note about the omitted part.
const NOTE_BYTES: usize = 32;

/// Keeps what a call logs, for the record of its attempt; clones share it.
#[derive(Debug, Clone, Default)]
pub struct LogRecord(Arc<Mutex<String>>);

impl LogRecord {
    /// The lines so far, each with its level; what is too much is cut.
    pub fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn add(&self, level: Level, message: &str) {
        self.add_line(word(level), message);
    }

    fn add_line(&self, level: &str, message: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = RECORD_BYTES_MAX.saturating_sub(lines.len() + level.len() + 2 + NOTE_BYTES);
        if message.len() <= room {
            lines.extend([level, " ", message, "\n"]);
        } else if room > 0 {
            lines.extend([level, " ", &shortened(message.to_owned(), room), "\n"]);
        }
    }
}

/// The log of one call.
#[derive(Debug)]
pub(in crate::plugin) struct CallLog {
    scope: Arc<Scope>,
    event_id: Arc<str>,
    event_type: Arc<str>,
    record: Option<LogRecord>,
    bytes_left: AtomicU64,
    stdout: Mutex<Vec<u8>>,
    stderr: Mutex<Vec<u8>>,
    last_words: Mutex<LastWords>,
}

/// A captured stream.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    Stdout,
    /// Panics and uncaught exceptions are written here.
    Stderr,
}

impl CallLog {
    pub(in crate::plugin) fn new(
        scope: &Arc<Scope>,
        event_id: Arc<str>,
        event_type: Arc<str>,
        record: Option<&LogRecord>,
    ) -> Self {
        Self {
            scope: Arc::clone(scope),
            event_id,
            event_type,
            record: record.cloned(),
            bytes_left: AtomicU64::new(scope.limits().log_bytes_max),
            stdout: Mutex::default(),
            stderr: Mutex::default(),
            last_words: Mutex::default(),
        }
    }

    /// A line of the host's about the call, counted like the plugin's own.
    pub(super) fn warn(&self, text: &str) {
        self.write(Level::Warn, text);
    }

    /// A call of the host's that the plugin made: for the record of the attempt, and for the lines that are kept in memory, which are
    /// all that there is of a callback.
    pub(super) fn note_call(&self, text: &str) {
        let text = escaped(text);
        self.scope.log.add(CALL, &self.event_id, &text);
        if let Some(record) = &self.record {
            record.add_line(CALL, &text);
        }
    }

    fn write(&self, level: Level, text: &str) {
        // One call runs on one thread at a time, so nobody changes it in between.
        let left = self.bytes_left.load(Ordering::Relaxed);
        if left == 0 {
            return;
        }
        let text = &*self.scope.settings.masked(text);
        let cost = LINE_BYTES.saturating_add(text.len() as u64);
        self.bytes_left.store(left.saturating_sub(cost), Ordering::Relaxed);
        if cost <= left {
            match escaped(text) {
                line if line.len() <= LOG_LINE_BYTES_MAX => self.emit(level, &line),
                line => self.emit(level, &shortened(line.into_owned(), LOG_LINE_BYTES_MAX)),
            }
            return;
        }
        let room = usize::try_from(left.saturating_sub(LINE_BYTES)).unwrap_or(usize::MAX);
        let room = room.min(LOG_LINE_BYTES_MAX);
        self.emit(level, &escaped(cut(text, room)));
        let max = self.scope.limits().log_bytes_max;
        self.emit(
            Level::Warn,
            &format!(
                "log truncated: one call may write {max} bytes; the setting is `log_bytes_max = {max}` under [limits] in {}.toml",
                self.scope.plugin
            ),
        );
    }

    fn emit(&self, level: Level, message: &str) {
        if let Some(record) = &self.record {
            record.add(level, message);
        }
        // Panics and exceptions are reported at these levels.
        if matches!(level, Level::Warn | Level::Error) {
            self.last_words
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .hear(message);
        }
        match self.scope.log_flow.take(LINE_BYTES + message.len() as u64, Instant::now()) {
            Line::Written => self.log(level, message),
            Line::LeftOut => {}
            Line::LeftOutAndTold(lines) => self.log(
                Level::Warn,
                &format!(
                    "{lines} log lines were left out: the calls of a plugin together write {LOG_BYTES_PER_SECOND} bytes a second"
                ),
            ),
        }
    }

    fn log(&self, level: Level, message: &str) {
        let (plugin, id, kind) = (&*self.scope.plugin, &*self.event_id, &*self.event_type);
        self.scope.log.add(word(level), &self.event_id, message);
        match level {
            Level::Debug => {
                tracing::debug!(target: "plugin", { plugin.name = plugin, event.id = id, event.r#type = kind }, "{message}")
            }
            Level::Info => {
                tracing::info!(target: "plugin", { plugin.name = plugin, event.id = id, event.r#type = kind }, "{message}")
            }
            Level::Warn => {
                tracing::warn!(target: "plugin", { plugin.name = plugin, event.id = id, event.r#type = kind }, "{message}")
            }
            Level::Error => {
                tracing::error!(target: "plugin", { plugin.name = plugin, event.id = id, event.r#type = kind }, "{message}")
            }
        }
    }

    /// Takes bytes of a stream and logs the lines that are complete.
    pub(super) fn capture(&self, stream: Stream, bytes: &[u8]) {
        if self.bytes_left.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut pending = self.pending(stream);
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            pending.extend_from_slice(piece);
            if pending.last() == Some(&b'\n') || pending.len() >= PIECE_BYTES {
                self.write_pending(stream, &mut pending);
            }
        }
    }

    /// Logs what a stream holds without a line end; called when the call is over.
    pub(in crate::plugin) fn finish(&self) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let mut pending = self.pending(stream);
            if !pending.is_empty() {
                self.write_pending(stream, &mut pending);
            }
        }
    }

    /// Returns the bytes that the call has logged so far.
    pub(in crate::plugin) fn bytes(&self) -> u64 {
        let left = self.bytes_left.load(Ordering::Relaxed);
        self.scope.limits().log_bytes_max.saturating_sub(left)
    }

    /// Returns the plugin's last words before it crashed, in one line.
    pub(in crate::plugin) fn last_words(&self) -> Option<String> {
        self.last_words.lock().unwrap_or_else(PoisonError::into_inner).told()
    }

    fn pending(&self, stream: Stream) -> std::sync::MutexGuard<'_, Vec<u8>> {
        let pending = match stream {
            Stream::Stdout => &self.stdout,
            Stream::Stderr => &self.stderr,
        };
        pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_pending(&self, stream: Stream, pending: &mut Vec<u8>) {
        let level = match stream {
            Stream::Stdout => Level::Info,
            Stream::Stderr => Level::Warn,
        };
        // Runtimes end their messages with empty lines, which tell nothing.
        let text = String::from_utf8_lossy(pending);
        let text = text.trim_end_matches(['\r', '\n']);
        if !text.is_empty() {
            self.write(level, text);
        }
        pending.clear();
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Debug => "DEBUG",
        Level::Info => "INFO",
        Level::Warn => "WARN",
        Level::Error => "ERROR",
    }
}

impl Drop for CallLog {
    /// Also a call that ends at its deadline has said something.
    fn drop(&mut self) {
        self.finish();
    }
}

impl Host for CallState {
    fn write(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        self.memory.host_keeps(message.len())?;
        self.log.write(level, &message);
        Ok(())
    }
}
