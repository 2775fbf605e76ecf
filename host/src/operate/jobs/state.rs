//! How far a job is.

use lark_callback_store::Filter;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Action;

/// Results that are kept of what was done, and of what failed; a person reads no more.
const TOLD_MAX: usize = 200;

/// End of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Done,
    Cancelled,
    /// Its count was looked at and left.
    NotStarted,
    Failed,
}

/// Stage of a job.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Phase {
    #[default]
    Counting,
    Counted,
    /// Started, while another one runs.
    Waiting,
    Running,
    Ended(Ended),
}

impl Phase {
    /// Stable word for programs.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Counting => "counting",
            Self::Counted => "counted",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Ended(Ended::Done) => "done",
            Self::Ended(Ended::Cancelled) => "cancelled",
            Self::Ended(Ended::NotStarted) => "not_started",
            Self::Ended(Ended::Failed) => "failed",
        }
    }
}

/// Result of one item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct ItemResult {
    /// Number of the event or the delivery.
    pub(super) id: i64,
    /// What was done, or why not.
    pub(super) text: String,
}

/// Counts and results so far.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub(super) struct Progress {
    #[serde(skip)]
    phase: Phase,
    #[serde(skip)]
    pub(super) ended_at: Option<Instant>,
    /// Items that were counted.
    pub(super) count: u64,
    /// Whether there are more, which are left out.
    pub(super) is_capped: bool,
    /// Numbers that were looked at while counting.
    pub(super) looked_at: u64,
    /// Items that were dealt with.
    pub(super) done: u64,
    /// Those of them that were changed.
    changed: u64,
    /// Those of them that were not.
    failed: u64,
    /// Results of what was changed, the first of them.
    results: Vec<ItemResult>,
    /// Results of what was not, the first of them.
    failures: Vec<ItemResult>,
    started_ms: Option<u64>,
    ended_ms: Option<u64>,
    /// Why it could not go on.
    error: Option<String>,
}

/// Job as it is shown.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JobShown {
    /// Its key.
    pub(super) job: String,
    /// `counting`, `counted`, `waiting`, `running`, `done`, `cancelled`, `not_started` or `failed`.
    pub(super) phase: String,
    /// What is done.
    pub(super) action: Action,
    /// Filter that was counted by.
    pub(super) filter: Filter,
    /// For replays: the plugin.
    pub(super) plugin: Option<String>,
    /// Whether plugins that are not loaded are allowed.
    pub(super) force: bool,
    /// When it was counted, in milliseconds since 1970.
    pub(super) made_ms: u64,
    /// Counts and results so far.
    #[serde(flatten)]
    pub(super) progress: Progress,
}

impl Progress {
    /// What is kept on record.
    pub(super) fn told(&self) -> Value {
        json!({"count": self.count, "changed": self.changed, "failed": self.failed, "is_capped": self.is_capped})
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) fn counted(&mut self) {
        self.phase = Phase::Counted;
    }

    pub(super) fn begin_waiting(&mut self) {
        self.phase = Phase::Waiting;
    }

    pub(super) fn begin(&mut self, now_ms: u64) {
        self.phase = Phase::Running;
        self.started_ms = Some(now_ms);
    }

    pub(super) fn add(&mut self, id: i64, result: Result<String, String>) {
        self.done += 1;
        let (told, text) = match result {
            Ok(text) => {
                self.changed += 1;
                (&mut self.results, text)
            }
            Err(text) => {
                self.failed += 1;
                (&mut self.failures, text)
            }
        };
        if told.len() < TOLD_MAX {
            told.push(ItemResult { id, text });
        }
    }

    pub(super) fn end(&mut self, ended: Result<Ended, String>, now_ms: u64) {
        self.phase = Phase::Ended(*ended.as_ref().unwrap_or(&Ended::Failed));
        self.error = ended.err();
        self.ended_ms = Some(now_ms);
        self.ended_at = Some(Instant::now());
    }
}
