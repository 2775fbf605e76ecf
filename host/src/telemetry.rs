//! Logs: the subscriber, and error chains as one line.

mod alert_counts;
mod amount;
mod clock;
mod collapse;
mod connections;
mod cut;
mod escape;
mod file;
mod json;
mod latency;
mod levels;
mod line_limit;
mod lines;
pub mod metrics;
mod panic;
mod plugin_logs;
mod plugin_metrics;
#[cfg(test)]
mod recorded;
mod rejected;
mod repeats;
mod span_counts;
mod tally;

use std::{
    io::{self, IsTerminal, Write},
    path::PathBuf,
};

use tracing_subscriber::{Layer, filter::Targets, fmt, layer::SubscriberExt, reload, util::SubscriberInitExt};

use self::{
    collapse::Collapse,
    file::LogFile,
    json::JsonLines,
    lines::{Lines, Writing},
};
pub use alert_counts::AlertCounts;
pub use amount::amount;
pub use clock::{is_zone_unknown, local, local_in_table, utc, zone_name};
pub use connections::{Connection, ConnectionPhase, ConnectionState, Connections, HeardSpan, TimeWithout};
pub use cut::{cut, shortened};
pub use escape::{escaped, escaped_html, escaped_json, escaped_lines, is_unfit, on_one_line};
pub use file::Rotation;
pub use lark_protocol::chain;
pub use latency::{LATENCY_BUCKETS_MS, Latencies, Latency, Measuring, RequestKind, Via};
pub use levels::{Levels, LevelsNow, NoLevel};
pub use line_limit::{LineLimit, Refusals, Refused};
pub use panic::panic_text;
pub use plugin_logs::{PluginLine, PluginLog, PluginLogs};
pub use plugin_metrics::{BUCKETS_MS, Durations, MetricError, PluginMetrics, Series};
#[cfg(test)]
pub(crate) use recorded::Recorded;
pub use rejected::{Diagnosis, REJECTED_MAX, Rejected};
pub use span_counts::SpanCounts;
pub use tally::{ATTEMPT_BUCKETS_MS, Beat, Count, Counted, Tally};

/// Format of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// For people.
    Text,
    /// For machines, one JSON object per line.
    Json,
}

/// Filter, format and destination of the log.
#[derive(Debug, Clone, Default)]
pub struct LogSettings {
    /// `LOG_FORMAT`.
    pub format: LogFormat,
    /// `LOG_FILE`: lines are appended there instead of written to standard error.
    pub file: Option<PathBuf>,
    /// When the file is put aside.
    pub rotation: Rotation,
    /// `LOG_COLLAPSE` is off: repeated warnings and errors are written one by one.
    pub keeps_repeats: bool,
    /// `RUST_LOG`: levels by target, for example `info,lark_callback=debug`.
    pub filter: Option<String>,
}

/// Reason why logging could not start.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// `LOG_FILE` cannot be appended to.
    #[error("LOG_FILE {path} cannot be opened for appending")]
    File {
        /// Path as set.
        path: PathBuf,
        /// Error from the operating system.
        source: io::Error,
    },
    /// `RUST_LOG` is not a list of `target=level`.
    #[error("RUST_LOG `{filter}` is invalid; write for example `info,lark_callback=debug`")]
    Filter {
        /// Filter as set.
        filter: String,
    },
    /// The system could not start a thread.
    #[error("the thread that writes the log could not be started; raise this process's thread limit")]
    Thread(#[source] io::Error),
}

/// Starts logging for the whole process. Buffered lines are flushed when the result is dropped.
///
/// # Errors
/// When the file cannot be opened or the filter is not understood.
pub fn start(settings: &LogSettings) -> Result<Log, LogError> {
    let targets = targets(settings)?;
    let (terminal, started) = match &settings.file {
        None => (io::stderr().is_terminal(), Lines::start(io::stderr())),
        Some(path) => (false, Lines::start(LogFile::open(path, settings.rotation)?)),
    };
    let (lines, writing) = started.map_err(LogError::Thread)?;
    let json = match settings.format {
        LogFormat::Auto => !terminal,
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let layer = if json {
        JsonLines(lines.clone()).boxed()
    } else {
        fmt::layer()
            .with_timer(clock::LocalTime)
            .with_writer(lines.clone())
            .with_ansi(terminal)
            .boxed()
    };
    // One filter for all layers: a filter per layer would cost each line more.
    let (targets, filter) = reload::Layer::new(targets);
    lines.collapse(!settings.keeps_repeats);
    let subscriber = tracing_subscriber::registry()
        .with(targets)
        .with(Collapse(lines.clone()));
    subscriber.with(layer).init();
    Ok(Log {
        levels: Levels::new(filter, settings.levels()),
        lines,
        _writing: writing,
    })
}

/// Prints warnings of one part of the program to standard error, for a command that keeps no log.
pub fn tell_warnings(part: &'static str) {
    let told = || {
        let mut terminal = io::stderr();
        // Nobody may read it.
        let _ = terminal.write_all(b"lark-callback: warning: ");
        terminal
    };
    let layer = fmt::layer()
        .without_time()
        .with_target(false)
        .with_level(false)
        .with_ansi(false)
        .with_writer(told);
    let warnings = Targets::new().with_target(part, tracing::Level::WARN);
    // Where there is a log already, they are in it.
    let _ = tracing_subscriber::registry().with(warnings).with(layer).try_init();
}

/// Checks log settings without opening anything.
///
/// # Errors
/// When the filter is not understood.
pub fn check(settings: &LogSettings) -> Result<(), LogError> {
    targets(settings).map(drop)
}

fn targets(settings: &LogSettings) -> Result<Targets, LogError> {
    let filter = settings.levels();
    levels::targets(filter).ok_or_else(|| LogError::Filter {
        filter: filter.to_owned(),
    })
}

impl LogSettings {
    fn levels(&self) -> &str {
        self.filter.as_deref().unwrap_or("info")
    }
}

/// Running log; dropping it flushes the buffered lines.
#[derive(Debug)]
pub struct Log {
    levels: Levels,
    lines: Lines,
    _writing: Writing,
}

/// Log settings that take effect without a restart, once passed to [`Log::take`].
#[derive(Debug)]
pub struct NewLog {
    levels: String,
    targets: Targets,
    file: Option<LogFile>,
    keeps_repeats: bool,
}

impl Log {
    /// Checks new settings and opens the log file, under the same path or a new one. A file that was renamed by log
    /// rotation is created anew.
    ///
    /// # Errors
    /// When the file cannot be opened or the filter is not understood.
    pub fn prepare(settings: &LogSettings) -> Result<NewLog, LogError> {
        let file = settings.file.as_deref();
        let file = file.map(|file| LogFile::open(file, settings.rotation));
        Ok(NewLog {
            levels: settings.levels().to_owned(),
            targets: targets(settings)?,
            file: file.transpose()?,
            keeps_repeats: settings.keeps_repeats,
        })
    }

    /// Applies prepared settings: from now on lines go to the new file.
    pub fn take(&self, new: NewLog) {
        if let Some(file) = new.file {
            self.lines.redirect(file);
        }
        self.lines.collapse(!new.keeps_repeats);
        self.levels.configure(&new.levels, new.targets);
    }

    /// Changes the levels as if they had been set so; invalid ones change nothing.
    pub fn set_levels(&self, levels: &str) {
        if let Some(targets) = levels::targets(levels) {
            self.levels.configure(levels, targets);
        }
    }

    /// Levels, for whoever lets the operator change them.
    pub fn levels(&self) -> Levels {
        self.levels.clone()
    }
}
