//! What an operator can have done to the database: one value for each command, carried out in one place.
//!
//! A command comes from the operator's listener of a server that runs, or from the command line when none does. What it
//! answers is JSON, the machine form of both.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::store::{BackupError, Filter, PAGE_ROWS_MAX, ReplayRefusal, Retention, Store, StoreError};

/// What is to be done.
#[derive(Debug, Clone)]
pub enum Command {
    /// A list of what was received.
    Events(Filter),
    /// Everything about one event, by its number or Lark's id.
    Event(String),
    /// Handle events once more.
    Replay(Replay),
    /// A list of what was given up.
    Dead(Filter),
    /// Try again what was given up.
    Retry(Selection),
    /// Forget what was given up.
    Drop(Selection),
    /// Copy a SQLite database to a new file, as it is now.
    Backup(PathBuf),
    /// How the database is.
    Status,
    /// Delete what is too old, now.
    Prune,
}

/// Which dead letters: some by number, or those that a filter means.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// By number; then the filter does not count.
    pub ids: Vec<i64>,
    /// By what they are.
    pub filter: Filter,
    /// Whether a filter that says nothing means all of them.
    pub all: bool,
    /// Only count them.
    pub dry_run: bool,
}

/// Which events, and for whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Replay {
    /// By number or Lark's id; then the filter does not count.
    pub events: Vec<String>,
    /// By what they are.
    pub filter: Filter,
    /// Who is to have them; absent: whoever had them before.
    pub plugin: Option<String>,
    /// Whether a filter that says nothing means all of them.
    pub all: bool,
    /// Only count them.
    pub dry_run: bool,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// Nothing was said about which.
    #[error("say which: give numbers, a filter, or ask for all")]
    NothingSelected,
    /// A dead letter has no other state.
    #[error("the filter says a state, but every dead letter is dead; leave it out")]
    StateOfDead,
    /// There is no such event.
    #[error("there is no event {key}; see `lark-callback events list`")]
    NoEvent {
        /// As it was asked for.
        key: String,
    },
    /// There are no such dead letters.
    #[error("no dead letter has the number {ids}; see `lark-callback dead list`")]
    NotDead {
        /// The numbers.
        ids: String,
    },
    /// An event cannot be replayed.
    #[error(transparent)]
    Replay(#[from] ReplayRefusal),
    /// There is no copy.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OperateError {
    /// A word for a program.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NothingSelected | Self::StateOfDead | Self::Backup(BackupError::NotAbsolute) => "bad_request",
            Self::NoEvent { .. } | Self::NotDead { .. } | Self::Replay(ReplayRefusal::NoEvent { .. }) => "not_found",
            Self::Replay(_) | Self::Backup(_) => "refused",
            Self::Store(_) => "storage",
        }
    }
}

impl Command {
    /// Whether something may be ready in the database afterwards that was not before.
    pub fn makes_work(&self) -> bool {
        matches!(self, Self::Replay(_) | Self::Retry(_))
    }

    /// Whether it does something, and does not only tell.
    pub fn changes(&self) -> bool {
        match self {
            Self::Events(_) | Self::Event(_) | Self::Dead(_) | Self::Status => false,
            Self::Replay(replay) => !replay.dry_run,
            Self::Retry(selection) | Self::Drop(selection) => !selection.dry_run,
            Self::Prune | Self::Backup(_) => true,
        }
    }

    /// Carries it out.
    ///
    /// # Errors
    /// [`OperateError`]; of a command for many, what was done before the error stays done.
    pub async fn execute(&self, store: &Store, retention: &Retention, now_ms: u64) -> Result<Value, OperateError> {
        Ok(match self {
            Self::Events(filter) => {
                let events = store.events(filter).await?;
                let next = events
                    .last()
                    .filter(|_| is_full(filter, events.len()))
                    .map(|event| event.id);
                json!({"events": events, "next_before": next})
            }
            Self::Event(key) => {
                let number = number(store, key).await?;
                let event = store.event(number).await?;
                json!(event.ok_or_else(|| OperateError::NoEvent { key: key.clone() })?)
            }
            Self::Replay(replay) => replay.execute(store, now_ms).await?,
            Self::Dead(filter) => {
                let letters = store.dead(filter).await?;
                let next = letters
                    .last()
                    .filter(|_| is_full(filter, letters.len()))
                    .map(|letter| letter.id);
                json!({"dead": letters, "next_before": next})
            }
            Self::Retry(selection) => selection.execute(store, Fate::Retry, now_ms).await?,
            Self::Drop(selection) => selection.execute(store, Fate::Drop, now_ms).await?,
            Self::Backup(file) => json!({"backup": store.back_up(file).await?}),
            Self::Status => json!(store.status(now_ms).await?),
            Self::Prune => json!({"deleted": prune(store, retention, now_ms).await?}),
        })
    }
}

/// Whether there may be more behind a page.
fn is_full(filter: &Filter, rows: usize) -> bool {
    rows >= filter.page_rows() as usize
}

/// Everything that is too old, in steps that let acknowledgements through.
async fn prune(store: &Store, retention: &Retention, now_ms: u64) -> Result<u64, StoreError> {
    store.prune_anew(now_ms);
    let mut rows = 0;
    loop {
        let pruned = store.prune(retention, now_ms).await? + store.sweep_kv(now_ms).await?;
        rows += pruned;
        if pruned == 0 {
            return Ok(rows);
        }
    }
}

/// What becomes of dead letters.
#[derive(Debug, Clone, Copy)]
enum Fate {
    Retry,
    Drop,
}

impl Fate {
    /// Carries it out for some, and tells which of them were dead letters.
    async fn meet(self, store: &Store, ids: Vec<i64>, now_ms: u64) -> Result<Vec<i64>, StoreError> {
        match self {
            Self::Retry => store.retry_dead(ids, now_ms).await,
            Self::Drop => store.drop_dead(ids, now_ms).await,
        }
    }

    fn done(self) -> &'static str {
        match self {
            Self::Retry => "retried",
            Self::Drop => "dropped",
        }
    }
}

/// Rows that one transaction changes; a longer one would hold up the acknowledgements behind it.
const CHUNK_ROWS: usize = 100;

impl Selection {
    async fn execute(&self, store: &Store, fate: Fate, now_ms: u64) -> Result<Value, OperateError> {
        if self.filter.state.is_some() {
            return Err(OperateError::StateOfDead);
        }
        if self.ids.is_empty() && !self.all && self.filter == Filter::default() {
            return Err(OperateError::NothingSelected);
        }
        if self.dry_run {
            let count = if self.ids.is_empty() {
                store.count_dead(&self.filter).await?
            } else {
                self.ids.len() as u64
            };
            return Ok(json!({"count": count, "dry_run": true}));
        }
        let mut done = 0;
        if self.ids.is_empty() {
            // What dies again meanwhile is not taken a second time.
            let mut after = None;
            loop {
                let ids = store.next_dead(&self.filter, after).await?;
                let Some(last) = ids.last().copied() else { break };
                after = Some(last);
                for ids in ids.chunks(CHUNK_ROWS) {
                    done += fate.meet(store, ids.to_vec(), now_ms).await?.len();
                }
            }
            return Ok(json!({fate.done(): done}));
        }
        let mut missing = Vec::new();
        for ids in self.ids.chunks(CHUNK_ROWS) {
            let met = fate.meet(store, ids.to_vec(), now_ms).await?;
            missing.extend(ids.iter().filter(|id| !met.contains(id)).copied());
            done += met.len();
        }
        if done == 0 {
            let ids: Vec<_> = missing.iter().map(ToString::to_string).collect();
            return Err(OperateError::NotDead { ids: ids.join(", ") });
        }
        Ok(json!({fate.done(): done, "not_dead": missing}))
    }
}

/// Refusals that are told one by one; of more only the number is.
const REFUSALS_TOLD_MAX: usize = 20;

impl Replay {
    /// The plugin that a filter speaks of is the one that is to have the events, when it says how that one fared.
    fn filter(&self, now_ms: u64) -> Filter {
        let concerns_plugin = self.filter.state.is_some() || self.filter.outcome.is_some();
        Filter {
            plugin: self
                .filter
                .plugin
                .clone()
                .or_else(|| self.plugin.clone().filter(|_| concerns_plugin)),
            // What arrives from now on is handled anyway.
            until_ms: self.filter.until_ms.or(Some(now_ms.saturating_add(1))),
            ..self.filter.clone()
        }
    }

    async fn execute(&self, store: &Store, now_ms: u64) -> Result<Value, OperateError> {
        if self.events.is_empty() && !self.all && self.filter == Filter::default() {
            return Err(OperateError::NothingSelected);
        }
        if self.events.is_empty() {
            return self.by_filter(store, now_ms).await;
        }
        let mut numbers = Vec::new();
        for key in &self.events {
            numbers.push(number(store, key).await?);
        }
        if self.dry_run {
            return Ok(json!({"count": numbers.len(), "dry_run": true}));
        }
        let mut replayed = Vec::new();
        for numbers in numbers.chunks(CHUNK_ROWS) {
            for replay in store.replay(numbers.to_vec(), self.plugin.clone(), now_ms).await? {
                replayed.extend(replay?);
            }
        }
        Ok(json!({"replayed": replayed.len(), "deliveries": replayed}))
    }

    async fn by_filter(&self, store: &Store, now_ms: u64) -> Result<Value, OperateError> {
        let filter = self.filter(now_ms);
        if self.dry_run {
            return Ok(json!({"count": store.count_events(&filter).await?, "dry_run": true}));
        }
        let (mut replayed, mut refused, mut told) = (0, 0, Vec::new());
        let mut after = None;
        loop {
            let numbers = store.next_events(&filter, after).await?;
            let Some(last) = numbers.last().copied() else { break };
            after = Some(last);
            for numbers in numbers.chunks(CHUNK_ROWS) {
                for replay in store.replay(numbers.to_vec(), self.plugin.clone(), now_ms).await? {
                    match replay {
                        Ok(deliveries) => replayed += deliveries.len(),
                        Err(refusal) => {
                            refused += 1;
                            if told.len() < REFUSALS_TOLD_MAX {
                                told.push(refusal.to_string());
                            }
                        }
                    }
                }
            }
        }
        Ok(json!({"replayed": replayed, "refused": refused, "refusals": told}))
    }
}

/// An event's number from what a person writes: the number, or Lark's id.
async fn number(store: &Store, key: &str) -> Result<i64, OperateError> {
    // Lark's ids have 32 digits or letters; a number of ours never has so many digits.
    if let Ok(number) = key.parse() {
        return Ok(number);
    }
    let found = store.event_number(key).await?;
    found.ok_or_else(|| OperateError::NoEvent { key: key.to_owned() })
}

const _: () = assert!(CHUNK_ROWS <= PAGE_ROWS_MAX as usize);
