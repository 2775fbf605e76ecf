//! Errors of a call, with texts that name the limit and its setting.

use std::fmt;

use wasmtime::{Trap, WasmBacktrace, component::ResourceTableError};
use wasmtime_wasi::I32Exit;

use super::{interpreter, tasks::TaskRefusal};
use crate::{
    plugin::{
        call::Bound,
        limits::{LimitHit, Limits, PAYLOAD_BYTES_MAX, WASM_STACK_BYTES},
        memory::Exhausted,
    },
    telemetry::shortened,
};

/// The size limit of the description of a crash: the names in it come from the plugin.
const REASON_BYTES_MAX: usize = 1 << 10;

/// The name of one function; Rust's have some 100 bytes.
const FUNCTION_BYTES_MAX: usize = 256;

/// A failed call. The text is for the log; of the plugin's data it holds only the plugin's own message.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The plugin asked for a retry.
    #[error("the plugin asked for a retry: {message}")]
    Retry {
        /// The plugin's message.
        message: String,
        /// The shortest delay before the retry in milliseconds; the host's backoff when absent.
        after_ms: Option<u64>,
    },
    /// The plugin reported a permanent failure.
    #[error("the plugin reported a permanent failure: {message}")]
    Permanent {
        /// The plugin's message.
        message: String,
    },
    /// The plugin crashed: a panic, an uncaught exception, an exit, a trap.
    #[error("the plugin crashed: {reason}; its earlier output is in the log")]
    Trap {
        /// The reason, with the functions if the component has their names.
        reason: String,
    },
    /// The call exceeded its time budget.
    #[error("the plugin did not answer within its time budget of {budget_ms} ms; {setting}{place}")]
    OverBudget {
        /// The time budget.
        budget_ms: u32,
        /// The setting that bounds it.
        setting: String,
        /// Where it was.
        place: Place,
    },
    /// It exceeded its CPU time.
    #[error(
        "the plugin exceeded its CPU time; the setting is `cpu_ms_max = {cpu_ms_max}` under [limits] in the plugin's \
          .toml{place}"
    )]
    OverCpu {
        /// The limit.
        cpu_ms_max: u64,
        /// Where it was.
        place: Place,
    },
    /// It exceeded its memory limit.
    #[error("{hit}{words}")]
    OverMemory {
        /// The limit.
        hit: LimitHit,
        /// What it said of it.
        words: Words,
    },
    /// All calls together have used up their memory.
    #[error("{0}")]
    NoMemory(String),
    /// It exceeded another limit.
    #[error(transparent)]
    OverLimit(LimitHit),
    /// Its tasks were rejected.
    #[error(transparent)]
    Tasks(Box<TaskRefusal>),
    /// The maximum of concurrent calls is reached.
    #[error("{whose} already has {calls_max} calls running, its maximum, and none ended in time; {advice}")]
    Busy {
        /// The owner of the limit.
        whose: &'static str,
        /// The advice.
        advice: &'static str,
        /// The limit.
        calls_max: u32,
    },
    /// It crashed at every call of late.
    #[error(
        "the plugin crashed {crashes} times in a row and is not called for another {left_ms} ms, then once on trial (the \
          setting is `crashes_max = {crashes_max}` under [limits] in the plugin's .toml); the last crash: {error}"
    )]
    BackingOff {
        /// Crashes since the last call that came to a result.
        crashes: u32,
        /// The number of crashes that is too many.
        crashes_max: u32,
        /// The rest of the pause in milliseconds.
        left_ms: u64,
        /// The last crash.
        error: String,
    },
    /// The server failed.
    #[error("the call could not be made because of a bug in the server, not in the plugin: {reason}")]
    Internal {
        /// The reason.
        reason: String,
    },
}

/// Functions in which a call was when it was stopped, innermost first, as the end of a sentence. Nothing of one that waited.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place(Option<String>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(functions) => write!(f, "; it was in {functions}"),
            None => Ok(()),
        }
    }
}

/// Last words of a plugin before its call ended, as the end of a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words(Option<String>);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(words) => write!(f, "; it ended with: {words}"),
            None => Ok(()),
        }
    }
}

impl CallError {
    /// Returns a stable, one-word code for logs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Retry { .. } => "retry",
            Self::Permanent { .. } => "permanent",
            Self::Trap { .. } => "trap",
            Self::OverBudget { .. } => "over_budget",
            Self::OverCpu { .. } => "over_cpu",
            Self::OverMemory { .. } => "over_memory",
            Self::NoMemory(_) => "no_memory",
            Self::OverLimit(_) => "over_limit",
            Self::Tasks(refusal) => refusal.code(),
            Self::Busy { .. } => "busy",
            Self::BackingOff { .. } => "backing_off",
            Self::Internal { .. } => "internal",
        }
    }

    /// Returns whether the plugin itself returned the failure, and so handled the event. One that crashed or did not run has not
    /// decided whether the event is its own.
    pub fn is_own_word(&self) -> bool {
        matches!(self, Self::Retry { .. } | Self::Permanent { .. })
    }

    /// Returns whether a retry is useless: the plugin says so, or would request the same again.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Permanent { .. } => true,
            Self::Tasks(refusal) => refusal.is_final(),
            Self::OverLimit(hit) => hit.setting == PAYLOAD_BYTES_MAX,
            _ => false,
        }
    }

    /// A call that asks for tasks that are not taken.
    pub fn tasks(refusal: TaskRefusal) -> Self {
        Self::Tasks(Box::new(refusal))
    }

    /// A call whose task broke.
    pub fn crashed(error: &tokio::task::JoinError) -> Self {
        Self::Internal {
            reason: shortened(error.to_string(), REASON_BYTES_MAX),
        }
    }

    /// A call whose deadline passed.
    pub fn over_budget(budget_ms: u32, bound: Bound, limits: &Limits) -> Self {
        let mut budget_ms = budget_ms;
        let setting = match (bound, limits.callback_ms_max) {
            (Bound::Callback, Some(own)) => {
                // Its own limit begins when the call does, later than the budget.
                budget_ms = budget_ms.min(u32::try_from(own).unwrap_or(u32::MAX));
                format!(
                    "the settings are `callback_ms_max = {own}` under [limits] in the plugin's .toml and CALLBACK_BUDGET_MS"
                )
            }
            (Bound::Callback, None) => {
                "the setting is CALLBACK_BUDGET_MS, of which a part is kept for other plugins and the reply".to_owned()
            }
            (Bound::Attempt, _) => format!(
                "the setting is `attempt_ms_max = {}` under [limits] in the plugin's .toml",
                limits.attempt_ms_max
            ),
            (Bound::Describe, _) => "no plugin has longer to describe itself".to_owned(),
        };
        Self::OverBudget {
            budget_ms,
            setting,
            place: Place::default(),
        }
    }

    pub(in crate::plugin) fn internal(error: &wasmtime::Error) -> Self {
        Self::Internal {
            reason: shortened(format!("{error:#}"), REASON_BYTES_MAX),
        }
    }

    /// A call during which the host itself panicked.
    pub(in crate::plugin) fn panicked(text: String) -> Self {
        Self::Internal {
            reason: shortened(text, REASON_BYTES_MAX),
        }
    }

    /// Converts an error of wasmtime, by whose fault it is.
    pub(in crate::plugin) fn from_wasm(error: &wasmtime::Error, limits: &Limits) -> Self {
        if let Some(hit) = error.downcast_ref::<LimitHit>() {
            return match hit.setting {
                "memory_bytes_max" => Self::OverMemory {
                    hit: hit.clone(),
                    words: Words::default(),
                },
                _ => Self::OverLimit(hit.clone()),
            };
        }
        if let Some(exhausted) = error.downcast_ref::<Exhausted>() {
            return Self::NoMemory(exhausted.to_string());
        }
        if let Some(ResourceTableError::Full) = error.downcast_ref() {
            let what = "the number of the plugin's open handles";
            return Self::OverLimit(LimitHit {
                what,
                setting: "handles_max",
                value: limits.handles_max,
            });
        }
        if let Some(I32Exit(status)) = error.downcast_ref() {
            return Self::Trap {
                // WASI tells success or failure, and no number.
                reason: format!(
                    "it ended itself with {} instead of returning",
                    if *status == 0 { "exit(0)" } else { "a failing exit" }
                ),
            };
        }
        if let Some(trap) = error.downcast_ref::<Trap>() {
            return Self::Trap {
                reason: format!("{}{}", describe(*trap), place(error)),
            };
        }
        let reason = error.root_cause().to_string();
        // Its type is private to wasmtime; a test holds the text.
        if reason.contains("fuel allocated for hostcalls") {
            let what = "what the plugin handed to the host at once, in bytes,";
            return Self::OverLimit(LimitHit {
                what,
                setting: "host_call_bytes_max",
                value: limits.host_call_bytes_max,
            });
        }
        Self::Trap {
            reason: format!("{}{}", shortened(reason, REASON_BYTES_MAX), place(error)),
        }
    }
}

impl CallError {
    /// Adds the functions in which it was to the error of a call that was stopped.
    pub(in crate::plugin) fn with_place(mut self, functions: Option<String>) -> Self {
        if let Self::OverBudget { place, .. } | Self::OverCpu { place, .. } = &mut self {
            *place = Place(functions);
        }
        self
    }

    /// Makes it an error of memory if the plugin was refused more: what it says of that names no limit. A permanent failure is
    /// its own word: it knows of the refusal. Of a call that was stopped, or that another limit ended, that limit counts.
    pub(in crate::plugin) fn after_refusal(self, refused: Option<LimitHit>) -> Self {
        match (refused, self) {
            (Some(hit), Self::Retry { message: words, .. } | Self::Trap { reason: words }) => Self::OverMemory {
                hit,
                words: Words(Some(words)),
            },
            (_, other) => other,
        }
    }

    /// Adds the plugin's last words before it crashed.
    pub(in crate::plugin) fn with_last_words(self, words: Option<String>) -> Self {
        match (self, words) {
            (Self::Trap { reason }, Some(words)) => Self::Trap {
                reason: format!("{words}; {reason}"),
            },
            (other, _) => other,
        }
    }
}

fn describe(trap: Trap) -> String {
    match trap {
        Trap::StackOverflow => format!(
            "its call stack is full: {WASM_STACK_BYTES} bytes, the same for every plugin (a recursion without end?)"
        ),
        // Rust puts the stack at the beginning of the memory, so a full one ends there.
        Trap::MemoryOutOfBounds => {
            format!("{trap} (a wrong pointer, or a full stack: a recursion without end?)")
        }
        Trap::UnreachableCodeReached => "it gave up (a panic, an abort or an uncaught exception)".to_owned(),
        other => other.to_string(),
    }
}

/// Functions through which every panic goes, in any crate: they say nothing about this one.
const OF_EVERY_PANIC: [&str; 6] = [
    "abort",
    "rust_panic",
    "rust_begin_unwind",
    "panicking::",
    "__rust_start_panic",
    "__rust_end_short_backtrace",
];

/// A name as its author wrote it.
fn demangled(name: &str) -> String {
    shortened(format!("{:#}", rustc_demangle::demangle(name)), FUNCTION_BYTES_MAX)
}

/// Where it happened, as the end of a sentence.
fn place(error: &wasmtime::Error) -> String {
    let functions = error.downcast_ref::<WasmBacktrace>().map(innermost);
    functions
        .filter(|functions| !functions.is_empty())
        .map_or_else(String::new, |functions| format!(", in {functions}"))
}

/// The innermost functions that have names.
pub(in crate::plugin) fn innermost(backtrace: &WasmBacktrace) -> String {
    let names = backtrace.frames().iter().filter_map(|frame| {
        let symbol = frame.symbols().first().and_then(|symbol| symbol.name());
        symbol.or(frame.func_name()).map(demangled)
    });
    let says_something = |name: &String| !OF_EVERY_PANIC.iter().any(|part| name.contains(part));
    let names: Vec<String> = names.filter(says_something).take(3).collect();
    interpreter::explained(names.join(" < "), backtrace)
}
