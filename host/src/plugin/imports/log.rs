//! `log`: lines for the operator, from the plugin's own words and from its captured streams, up to a limit.

mod last_words;

use std::{
    borrow::Cow,
    fmt,
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
    telemetry::{cut, escaped},
};

/// The overhead of a line: the host adds the time and the names, and empty lines must not be free.
const LINE_BYTES: u64 = 32;

/// A stream without a line end is shown in pieces of this size.
const PIECE_BYTES: usize = 4 << 10;

/// The level of a call of Lark.
const CALL: &str = "CALL";

/// The size of the notes about the omitted parts: of a line, and of the lines after it.
const NOTE_BYTES: usize = 96;

/// Keeps what a call logs, for the record of its attempt; clones share it.
#[derive(Debug, Clone, Default)]
pub struct LogRecord(Arc<Mutex<Recorded>>);

/// Lines of a record.
#[derive(Debug, Default)]
struct Recorded {
    text: String,
    /// Lines for which there was no room.
    left_out: u64,
}

impl LogRecord {
    /// The lines so far, each with its level; what is too much is cut, and how much that was is told.
    pub fn take(&self) -> String {
        let Recorded { mut text, left_out } =
            std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if left_out > 0 {
            text.extend([
                word(Level::Warn),
                " ",
                &format!("{left_out} more lines are not kept with the attempt"),
                "\n",
            ]);
        }
        text
    }

    fn add(&self, level: &str, line: Shown<'_>) {
        let mut recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = RECORD_BYTES_MAX.saturating_sub(recorded.text.len() + level.len() + 2 + NOTE_BYTES);
        if room == 0 {
            recorded.left_out += 1;
            return;
        }
        let line = line.within(room).to_string();
        recorded.text.extend([level, " ", &line, "\n"]);
    }
}

/// Part of a line that is shown.
#[derive(Debug, Clone, Copy)]
struct Shown<'a> {
    start: &'a str,
    /// Bytes after it.
    left_out: usize,
}

impl<'a> Shown<'a> {
    fn whole(line: &'a str) -> Self {
        Self {
            start: line,
            left_out: 0,
        }
    }

    fn within(self, bytes_max: usize) -> Self {
        let start = cut(self.start, bytes_max);
        Self {
            start,
            left_out: self.left_out + self.start.len() - start.len(),
        }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.start)?;
        match self.left_out {
            0 => Ok(()),
            bytes => write!(f, "… ({bytes} bytes more)"),
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
            record.add(CALL, Shown::whole(&text));
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
            let line = escaped(text);
            self.emit(level, Shown::whole(&line).within(LOG_LINE_BYTES_MAX));
            return;
        }
        let room = usize::try_from(left.saturating_sub(LINE_BYTES)).unwrap_or(usize::MAX);
        let room = room.min(LOG_LINE_BYTES_MAX);
        let shown = Shown::whole(text).within(room);
        let line = Shown {
            start: &escaped(shown.start),
            ..shown
        };
        self.emit(level, line.within(room));
        let max = self.scope.limits().log_bytes_max;
        self.emit(
            Level::Warn,
            Shown::whole(&format!(
                "log truncated: one call may write {max} bytes; the setting is `log_bytes_max = {max}` under [limits] in {}.toml",
                self.scope.plugin
            )),
        );
    }

    fn emit(&self, level: Level, line: Shown<'_>) {
        if let Some(record) = &self.record {
            record.add(word(level), line);
        }
        let message = &match line.left_out {
            0 => Cow::Borrowed(line.start),
            _ => Cow::Owned(line.to_string()),
        };
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

#[cfg(test)]
mod tests {
    use super::{CALL, LogRecord, Shown};
    use crate::plugin::limits::RECORD_BYTES_MAX;

    #[test]
    fn a_record_tells_how_much_of_a_line_and_how_many_lines_it_leaves_out() {
        let record = LogRecord::default();
        let line = "z".repeat(200_000);
        record.add(CALL, Shown::whole("first"));
        record.add(CALL, Shown::whole(&line).within(8_192));
        record.add(CALL, Shown::whole("third"));
        record.add(CALL, Shown::whole("fourth"));
        let kept = record.take();
        assert!(kept.len() <= RECORD_BYTES_MAX, "{}", kept.len());
        let lines: Vec<_> = kept.lines().collect();
        let [first, cut, last] = lines[..] else {
            panic!("{} lines", lines.len());
        };
        assert_eq!(first, "CALL first");
        let (shown, told) = cut.split_once('…').expect("it is cut");
        assert_eq!(
            told,
            format!(" ({} bytes more)", line.len() - (shown.len() - "CALL ".len()))
        );
        assert_eq!(last, "WARN 2 more lines are not kept with the attempt");
    }
}
