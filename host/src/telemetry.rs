//! Logs: the subscriber, and how an error with its causes becomes one line.

mod calendar;
mod cut;
mod escape;
mod json;
mod latency;
mod line_limit;
mod lines;
mod panic;
mod plugin_metrics;
mod tally;

use std::{
    error::Error,
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{self, IsTerminal},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    str::FromStr,
};

use tracing_subscriber::{
    Layer, Registry,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    reload,
    util::SubscriberInitExt,
};

use self::{
    json::JsonLines,
    lines::{Lines, Writing},
};
pub use calendar::utc;
pub use cut::{cut, shortened};
pub use escape::{escaped, escaped_lines, is_unfit, on_one_line};
pub use latency::{LATENCY_BUCKETS_MS, Latencies, Latency, Measuring, RequestKind};
pub use line_limit::{LineLimit, Refusals, Refused};
pub use panic::panic_text;
pub use plugin_metrics::{BUCKETS_MS, Durations, MetricError, PluginMetrics, Series};
pub use tally::{Beat, Count, Counted, Tally};

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// For people.
    Text,
    /// For machines, one object a line.
    Json,
}

/// What is logged, and where to.
#[derive(Debug, Clone, Default)]
pub struct LogSettings {
    /// `LOG_FORMAT`.
    pub format: LogFormat,
    /// `LOG_FILE`: lines are appended there instead of written to standard error.
    pub file: Option<PathBuf>,
    /// `RUST_LOG`: levels by target, for example `info,lark_callback=debug`.
    pub filter: Option<String>,
}

/// Why logging could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// `LOG_FILE` cannot be appended to.
    #[error("LOG_FILE {path} cannot be opened for appending")]
    File {
        /// As it was set.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// `RUST_LOG` is not a list of `target=level`.
    #[error("RUST_LOG `{filter}` is invalid; write for example `info,lark_callback=debug`")]
    Filter {
        /// As it was set.
        filter: String,
    },
    /// The system gave no thread.
    #[error("the thread that writes the log could not be started; raise this process's thread limit")]
    Thread(#[source] io::Error),
}

/// Starts logging for the whole process. What still waits is written when the result is dropped.
///
/// # Errors
/// When the file cannot be opened or the filter is not understood.
pub fn start(settings: &LogSettings) -> Result<Log, LogError> {
    let targets = targets(settings)?;
    let (terminal, started) = match &settings.file {
        None => (io::stderr().is_terminal(), Lines::start(io::stderr())),
        Some(path) => (false, Lines::start(open(path)?)),
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
        fmt::layer().with_writer(lines.clone()).with_ansi(terminal).boxed()
    };
    // One filter for all: a line that passes costs nothing more, as one filter for each layer would.
    let (targets, filter) = reload::Layer::new(targets);
    tracing_subscriber::registry().with(targets).with(layer).init();
    Ok(Log {
        filter,
        lines,
        _writing: writing,
    })
}

/// The log file; what is new is for its owner only, for lines tell who clicked what.
fn open(path: &Path) -> Result<File, LogError> {
    let opened = OpenOptions::new().create(true).append(true).mode(0o600).open(path);
    opened.map_err(|source| LogError::File {
        path: path.to_owned(),
        source,
    })
}

/// Levels by target.
fn targets(settings: &LogSettings) -> Result<Targets, LogError> {
    let filter = settings.filter.as_deref().unwrap_or("info");
    let not_understood = || LogError::Filter {
        filter: filter.to_owned(),
    };
    // A word alone may be a target, too, and then nothing else is logged; more likely it is a level that does not exist.
    let is_clear = |part: &str| part.is_empty() || part.contains('=') || LevelFilter::from_str(part).is_ok();
    if !filter.split(',').all(|part| is_clear(part.trim())) {
        return Err(not_understood());
    }
    Targets::from_str(filter).map_err(|_ignored| not_understood())
}

/// Logging that runs; dropping it writes what still waits.
#[derive(Debug)]
pub struct Log {
    filter: reload::Handle<Targets, Registry>,
    lines: Lines,
    _writing: Writing,
}

/// Log settings that can be taken without a restart; nothing is changed before [`Log::take`].
#[derive(Debug)]
pub struct NewLog {
    targets: Targets,
    file: Option<File>,
}

impl Log {
    /// Checks new settings and opens the log file, under its old name or another one. A file that was renamed by a program
    /// that rotates logs is made anew.
    ///
    /// # Errors
    /// When the file cannot be opened or the filter is not understood.
    pub fn prepare(settings: &LogSettings) -> Result<NewLog, LogError> {
        Ok(NewLog {
            targets: targets(settings)?,
            file: settings.file.as_deref().map(open).transpose()?,
        })
    }

    /// Takes what was prepared: lines go to the new file from now on.
    pub fn take(&self, new: NewLog) {
        if let Some(file) = new.file {
            self.lines.redirect(file);
        }
        // It fails only when the subscriber is gone, and with it everybody who could read the line.
        let _ = self.filter.reload(new.targets);
    }

    /// Changes what is logged; a filter that is not understood changes nothing.
    pub fn set_filter(&self, filter: &str) {
        if let Ok(targets) = Targets::from_str(filter) {
            // It fails only when the subscriber is gone, and with it everybody who could read the line.
            let _ = self.filter.reload(targets);
        }
    }
}

/// An error and its causes, outermost first, separated by colons.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let because = error.to_string();
        // Errors of some libraries have their cause in their own text already.
        if !text.ends_with(&because) {
            // Writing to a String cannot fail.
            let _ = write!(text, ": {because}");
        }
        cause = error.source();
    }
    text
}
