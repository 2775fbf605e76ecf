//! How far a job is.

use lark_callback_store::Filter;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Action;
use crate::codes::{Language, Text};

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

/// Counts and results so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    phase: Phase,
    pub(super) ended_at: Option<Instant>,
    pub(super) counts: Counts,
    /// Results of what was changed, the first of them.
    results: Vec<(i64, Text)>,
    /// Results of what was not, the first of them.
    failures: Vec<(i64, Text)>,
    /// Why it could not go on.
    error: Option<Text>,
}

/// Counts and times so far.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub(super) struct Counts {
    /// Items that were counted.
    pub(super) count: u64,
    /// Whether there are more, which are left out.
    pub(super) is_capped: bool,
    /// Of a replay that names no plugin: items among the first thousand that no plugin had by a delivery, as callbacks, which
    /// are answered at once. They cannot be replayed without naming one.
    pub(super) without_plugin: u64,
    /// Numbers that were looked at while counting.
    pub(super) looked_at: u64,
    /// Items that were dealt with.
    pub(super) done: u64,
    /// Those of them that were changed.
    changed: u64,
    /// Those of them that were not.
    failed: u64,
    started_ms: Option<u64>,
    ended_ms: Option<u64>,
}

/// Progress as it is shown, in one language.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ProgressShown {
    #[serde(flatten)]
    counts: Counts,
    /// Results of what was changed, the first of them.
    results: Vec<ItemResult>,
    /// Results of what was not, the first of them.
    failures: Vec<ItemResult>,
    /// Why it could not go on.
    error: Option<String>,
}

/// Result of one item.
#[derive(Debug, Serialize, JsonSchema)]
struct ItemResult {
    /// Number of the event or the delivery.
    id: i64,
    /// What was done, or why not.
    text: String,
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
    /// Numbers that were given, the first twenty of them.
    pub(super) ids: Vec<i64>,
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
    pub(super) progress: ProgressShown,
}

impl Progress {
    /// What is kept on record. One that was cut short says how much it left.
    pub(super) fn told(&self, is_cut_short: bool) -> Value {
        let Counts {
            count,
            changed,
            failed,
            is_capped,
            ..
        } = self.counts;
        let mut told = json!({"count": count, "changed": changed, "failed": failed, "is_capped": is_capped});
        if is_cut_short && let Some(fields) = told.as_object_mut() {
            fields.insert("not_reached".to_owned(), count.saturating_sub(changed + failed).into());
        }
        told
    }

    /// What people and programs see.
    pub(super) fn shown(&self, language: Language) -> ProgressShown {
        let shown = |results: &[(i64, Text)]| {
            let each = results.iter().map(|(id, text)| ItemResult {
                id: *id,
                text: text.of(language).to_owned(),
            });
            each.collect()
        };
        ProgressShown {
            counts: self.counts.clone(),
            results: shown(&self.results),
            failures: shown(&self.failures),
            error: self.error.as_ref().map(|error| error.of(language).to_owned()),
        }
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
        self.counts.started_ms = Some(now_ms);
    }

    pub(super) fn add(&mut self, id: i64, result: Result<Text, Text>) {
        self.counts.done += 1;
        let (told, text) = match result {
            Ok(text) => {
                self.counts.changed += 1;
                (&mut self.results, text)
            }
            Err(text) => {
                self.counts.failed += 1;
                (&mut self.failures, text)
            }
        };
        if told.len() < TOLD_MAX {
            told.push((id, text));
        }
    }

    pub(super) fn end(&mut self, ended: Result<Ended, Text>, now_ms: u64) {
        self.phase = Phase::Ended(*ended.as_ref().unwrap_or(&Ended::Failed));
        self.error = ended.err();
        self.counts.ended_ms = Some(now_ms);
        self.ended_at = Some(Instant::now());
    }
}
