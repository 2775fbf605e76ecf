//! What an operator can have done to the database: one value for each command, carried out in one place.
//!
//! A command comes from the operator's listener of a server that runs, or from the command line when none does. What it
//! answers is JSON, the machine form of both.

mod names;
mod replay;
mod route;
mod selection;

use std::path::PathBuf;

use lark_callback_store::{BackupError, Filter, ReplayRefusal, Retention, Store, StoreError};
use serde_json::{Value, json};

pub use names::check_loaded;
pub use replay::Replay;
pub use route::{ROUTES, Route, Takes, Verb, Wire, encoded};
pub use selection::Selection;

use selection::Fate;

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
    /// A list of deliveries; of those that wait or run, unless a state is named.
    Deliveries(Filter),
    /// Everything about one delivery.
    Delivery(i64),
    /// Try now what waits, was given up or has expired.
    Hurry(Selection),
    /// Give up what waits.
    Discard(Selection),
    /// Copy a SQLite database to a new file, as it is now.
    Backup(PathBuf),
    /// How the database is.
    Status,
    /// Delete what is too old, now.
    Prune,
}

/// What commands are carried out with.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The database.
    pub store: &'a Store,
    /// What is deleted when.
    pub retention: &'a Retention,
    /// The plugins that are loaded, or will be when the server starts.
    pub plugins: &'a [String],
    /// The time, in milliseconds since 1970.
    pub now_ms: u64,
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// Nothing was said about which.
    #[error("nothing selected: give numbers, a filter, or ask for all")]
    NothingSelected,
    /// A dead letter has no other state.
    #[error("dead letters have only one state; leave the state out")]
    StateOfDead,
    /// Deliveries in this state cannot be changed so.
    #[error("deliveries in state {state} cannot be changed this way; allowed: {allowed}")]
    State {
        /// As it was asked for.
        state: String,
        /// Those that can.
        allowed: &'static str,
    },
    /// The filter names something that there is not.
    #[error("{what} `{name}` is not known{}", hint(.nearest))]
    Unknown {
        /// What it would be: an application, a plugin, …
        what: &'static str,
        /// As it was asked for.
        name: String,
        /// The name that was probably meant, or those that there are.
        nearest: names::Nearest,
    },
    /// What is to be done would wait for a plugin that is not there.
    #[error(
        "the plugin {plugin} is not loaded, so what is replayed or retried for it would wait; load it first, or say --force \
         (in the API: \"force\": true)"
    )]
    NotLoaded {
        /// Its name.
        plugin: String,
    },
    /// There are no such deliveries.
    #[error("there is no delivery {ids}; see `lark-callback deliveries list`")]
    NoDelivery {
        /// The numbers.
        ids: String,
    },
    /// Deliveries are in a state in which they cannot be changed so.
    #[error("nothing was changed: {which}; allowed states: {allowed}")]
    NotNow {
        /// Each with its state.
        which: String,
        /// The states.
        allowed: &'static str,
    },
    /// There is no such event.
    #[error("there is no event {key}; see `lark-callback events list`")]
    NoEvent {
        /// As it was asked for.
        key: String,
    },
    /// There are no such dead letters.
    #[error("there is no dead letter {ids}; see `lark-callback dead list`")]
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
            Self::NothingSelected | Self::StateOfDead | Self::State { .. } | Self::Backup(BackupError::NotAbsolute) => {
                "bad_request"
            }
            Self::NoEvent { .. }
            | Self::NotDead { .. }
            | Self::NoDelivery { .. }
            | Self::Unknown { .. }
            | Self::Replay(ReplayRefusal::NoEvent { .. }) => "not_found",
            Self::Replay(_) | Self::Backup(_) | Self::NotLoaded { .. } | Self::NotNow { .. } => "refused",
            Self::Store(_) => "storage",
        }
    }
}

impl Command {
    /// Whether something may be ready in the database afterwards that was not before.
    pub fn makes_work(&self) -> bool {
        // What is dropped frees whatever stood behind it in its line.
        matches!(
            self,
            Self::Replay(_) | Self::Retry(_) | Self::Hurry(_) | Self::Discard(_)
        )
    }

    /// Whether it does something, and does not only tell.
    pub fn changes(&self) -> bool {
        match self {
            Self::Events(_)
            | Self::Event(_)
            | Self::Dead(_)
            | Self::Deliveries(_)
            | Self::Delivery(_)
            | Self::Status => false,
            Self::Replay(replay) => !replay.dry_run,
            Self::Retry(selection) | Self::Drop(selection) | Self::Hurry(selection) | Self::Discard(selection) => {
                !selection.dry_run
            }
            Self::Prune | Self::Backup(_) => true,
        }
    }

    /// Carries it out.
    ///
    /// # Errors
    /// [`OperateError`]; of a command for many, what was done before the error stays done.
    pub async fn execute(&self, context: Context<'_>) -> Result<Value, OperateError> {
        let Context {
            store,
            retention,
            now_ms,
            ..
        } = context;
        Ok(match self {
            Self::Events(filter) => {
                let events = store.events(&names::checked(filter)?).await?;
                names::explain_nothing(context, filter, events.len()).await?;
                let next = events
                    .last()
                    .filter(|_| is_full(filter, events.len()))
                    .map(|event| event.id);
                json!({"events": events, "next_before": next})
            }
            Self::Event(key) => {
                let number = replay::number(store, key).await?;
                let event = store.event(number).await?;
                json!(event.ok_or_else(|| OperateError::NoEvent { key: key.clone() })?)
            }
            Self::Replay(replay) => replay.execute(context).await?,
            Self::Dead(filter) => {
                let letters = store.dead(&names::checked(filter)?).await?;
                names::explain_nothing(context, filter, letters.len()).await?;
                let next = letters
                    .last()
                    .filter(|_| is_full(filter, letters.len()))
                    .map(|letter| letter.id);
                json!({"dead": letters, "next_before": next})
            }
            Self::Deliveries(filter) => {
                let deliveries = store.deliveries(&names::checked(filter)?).await?;
                names::explain_nothing(context, filter, deliveries.len()).await?;
                let next = deliveries
                    .last()
                    .filter(|_| is_full(filter, deliveries.len()))
                    .map(|delivery| delivery.id);
                json!({"deliveries": deliveries, "next_before": next})
            }
            Self::Delivery(id) => {
                let delivery = store.delivery(*id).await?;
                json!(delivery.ok_or_else(|| OperateError::NoDelivery { ids: id.to_string() })?)
            }
            Self::Retry(selection) => selection.execute(context, Fate::Retry).await?,
            Self::Drop(selection) => selection.execute(context, Fate::Drop).await?,
            Self::Hurry(selection) => selection.execute(context, Fate::Hurry).await?,
            Self::Discard(selection) => selection.execute(context, Fate::Discard).await?,
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

/// What to write instead, at the end of a sentence.
fn hint(nearest: &names::Nearest) -> String {
    match nearest {
        names::Nearest::One(name) => format!("; did you mean `{name}`?"),
        names::Nearest::Known(names) if names.is_empty() => String::new(),
        names::Nearest::Known(names) => format!("; known are: {}", names.join(", ")),
    }
}
