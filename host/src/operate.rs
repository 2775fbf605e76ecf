//! Operator's commands on the database: one value per command, executed in one place.
//!
//! A command comes from the operator's listener of a running server, or from the command line when none is running. Its
//! answer is JSON, the machine-readable form of both.

mod erase;
mod events;
mod explained;
mod names;
mod plugins;
mod replay;
mod route;
mod selection;

use std::path::PathBuf;

use lark_callback_store::{BackupError, Filter, ReplayRefusal, Retention, Store, StoreError};
use serde_json::{Value, json};

pub use erase::Erase;
pub use names::{Nearest, check_loaded};
pub use plugins::{OfPlugin, ToVersion};
pub use replay::Replay;
pub use route::{ROUTES, Route, Takes, Verb, Wire, encoded, of_server};
pub use selection::Selection;

use explained::explained;
use plugins::Switch;
use selection::Change;

/// Command of the operator.
#[derive(Debug, Clone)]
pub enum Command {
    /// List received events.
    Events(Filter),
    /// Show everything about one event, by its number or Lark's id.
    Event(String),
    /// Process events again.
    Replay(Replay),
    /// List gaps in which no server had a long connection.
    Gaps(Filter),
    /// List dead letters.
    Dead(Filter),
    /// Retry dead letters.
    Retry(Selection),
    /// Delete dead letters.
    Drop(Selection),
    /// List deliveries: those in a given state, or those waiting or running.
    Deliveries(Filter),
    /// Show everything about one delivery.
    Delivery(i64),
    /// Retry deliveries now, whether they are waiting, dead or expired.
    RetryNow(Selection),
    /// Drop waiting deliveries.
    Discard(Selection),
    /// Copy a SQLite database to a new file, as of now.
    Backup(PathBuf),
    /// Show the state of the database.
    Status,
    /// Delete expired data now.
    Prune,
    /// Erase the data of a person.
    Erase(Erase),
    /// Show everything about one plugin.
    PluginShow(String),
    /// List the versions of one plugin.
    PluginHistory(String),
    /// Have an older version of a plugin serve.
    PluginRollback(ToVersion),
    /// Have a version of a plugin serve whatever the files say.
    PluginPin(ToVersion),
    /// Have the files decide again.
    PluginUnpin(OfPlugin),
    /// Take a plugin out of service.
    PluginDisable(OfPlugin),
    /// Put it back.
    PluginEnable(OfPlugin),
    /// Have what arrives for a plugin wait.
    PluginPause(OfPlugin),
    /// Have it handled again.
    PluginResume(OfPlugin),
}

/// Environment in which commands are executed.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The database.
    pub store: &'a Store,
    /// Retention periods.
    pub retention: &'a Retention,
    /// Plugins that are loaded, or that the server will load when it starts.
    pub plugins: &'a [String],
    /// State of each plugin on the server that was asked, as a list; null without a server.
    pub serving: &'a Value,
    /// Current time in milliseconds since 1970.
    pub now_ms: u64,
}

/// Reason why a command was not executed.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// No filter, no numbers and no `all`.
    #[error("nothing selected: give numbers, a filter, or ask for all")]
    NothingSelected,
    /// A dead letter has no other state.
    #[error("dead letters have only one state; leave the state out")]
    StateOfDead,
    /// Deliveries in this state do not accept the command.
    #[error("deliveries in state {state} cannot be changed this way; allowed: {allowed}")]
    State {
        /// State as given.
        state: String,
        /// States that accept it.
        allowed: &'static str,
    },
    /// Only events can be searched and followed.
    #[error("user, chat, message, text and after are for `events list`, `events tail` and `events export` alone")]
    SearchElsewhere,
    /// An empty name matches nothing; a script whose variable is not set would take that for an answer.
    #[error("{what} in the filter is empty: name one, or leave it out")]
    EmptyName {
        /// Kind of the name: application, plugin, …
        what: &'static str,
    },
    /// A search for something that cannot be in a payload, by two cursors, or in no time at all.
    #[error("{0}")]
    Search(&'static str),
    /// The filter names something that does not exist.
    #[error("{what} `{name}` is not known{}", hint(.nearest))]
    Unknown {
        /// Kind of the name: application, plugin, …
        what: &'static str,
        /// Name as given.
        name: String,
        /// The closest name, or the existing ones.
        nearest: Nearest,
    },
    /// The deliveries would wait for a plugin that is not loaded.
    #[error(
        "the plugin {plugin} is not loaded, so replayed or retried deliveries would wait; load it first, or pass \
         --force \
         (in the API: \"force\": true)"
    )]
    NotLoaded {
        /// Name of the plugin.
        plugin: String,
    },
    /// No such deliveries.
    #[error("there is no delivery {ids}; see `lark-callback deliveries list`")]
    NoDelivery {
        /// Their numbers.
        ids: String,
    },
    /// Some deliveries are in a state that does not accept the command.
    #[error("nothing was changed: {which}; allowed states: {allowed}")]
    NotNow {
        /// Each of them with its state.
        which: String,
        /// States that accept it.
        allowed: &'static str,
    },
    /// No such event.
    #[error("there is no event {key}; see `lark-callback events list`")]
    NoEvent {
        /// Number or id as given.
        key: String,
    },
    /// No such dead letters.
    #[error("there is no dead letter {ids}; see `lark-callback dead list`")]
    NotDead {
        /// Their numbers.
        ids: String,
    },
    /// An event cannot be replayed.
    #[error(transparent)]
    Replay(#[from] ReplayRefusal),
    /// No person, or too many at once.
    #[error("name the person by 1 to {ids_max} ids")]
    Persons {
        /// How many ids one command takes.
        ids_max: usize,
    },
    /// No id of a person.
    #[error("`{id}` is not a person's id: give ou_… or on_…")]
    Person {
        /// Id as given.
        id: String,
    },
    /// No such version of a plugin.
    #[error("plugin {plugin} has no version {version}; see `lark-callback plugin history {plugin}`")]
    NoVersion {
        /// Name of the plugin.
        plugin: String,
        /// Version as given.
        version: String,
    },
    /// A version that is known only by name.
    #[error(
        "version {number} of plugin {plugin} is not kept any more; `lark-callback plugin history {plugin}` shows those that \
          are"
    )]
    NotKept {
        /// Name of the plugin.
        plugin: String,
        /// Number of the version.
        number: u64,
    },
    /// Nothing to go back to.
    #[error("plugin {plugin} has no version before the one that serves that could serve again")]
    NothingBefore {
        /// Name of the plugin.
        plugin: String,
    },
    /// Nothing to do.
    #[error(
        "this component of plugin {plugin} serves already; to have version {number} serve with the settings that it had: \
          lark-callback plugin pin {plugin} {number}"
    )]
    ServesAlready {
        /// Name of the plugin.
        plugin: String,
        /// Number of the version.
        number: u64,
    },
    /// The backup was not made.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OperateError {
    /// Stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NothingSelected
            | Self::StateOfDead
            | Self::State { .. }
            | Self::Persons { .. }
            | Self::Person { .. }
            | Self::SearchElsewhere
            | Self::Search(_)
            | Self::EmptyName { .. }
            | Self::Backup(BackupError::NotAbsolute) => "bad_request",
            Self::NoEvent { .. }
            | Self::NotDead { .. }
            | Self::NoDelivery { .. }
            | Self::Unknown { .. }
            | Self::NoVersion { .. }
            | Self::Replay(ReplayRefusal::NoEvent { .. }) => "not_found",
            Self::Replay(_)
            | Self::Backup(_)
            | Self::NotLoaded { .. }
            | Self::NotKept { .. }
            | Self::NothingBefore { .. }
            | Self::ServesAlready { .. }
            | Self::NotNow { .. } => "refused",
            Self::Store(_) => "storage",
        }
    }
}

impl Command {
    /// Whether deliveries may become ready through this command.
    pub fn makes_work(&self) -> bool {
        // Dropping a delivery unblocks those behind it with the same ordering key.
        matches!(
            self,
            Self::Replay(_) | Self::Retry(_) | Self::RetryNow(_) | Self::Discard(_)
        )
    }

    /// Whether another version of a plugin may be to serve, or none, through this command.
    pub fn orders_plugin(&self) -> bool {
        matches!(
            self,
            Self::PluginRollback(_)
                | Self::PluginPin(_)
                | Self::PluginUnpin(_)
                | Self::PluginDisable(_)
                | Self::PluginEnable(_)
                | Self::PluginPause(_)
                | Self::PluginResume(_)
        )
    }

    /// Whether the command changes anything, rather than only reading.
    pub fn changes(&self) -> bool {
        match self {
            Self::Events(_)
            | Self::Event(_)
            | Self::Gaps(_)
            | Self::Dead(_)
            | Self::Deliveries(_)
            | Self::Delivery(_)
            | Self::PluginShow(_)
            | Self::PluginHistory(_)
            | Self::Status => false,
            Self::Replay(replay) => !replay.dry_run,
            Self::Retry(selection) | Self::Drop(selection) | Self::RetryNow(selection) | Self::Discard(selection) => {
                !selection.dry_run
            }
            Self::Erase(erase) => !erase.dry_run,
            Self::Prune | Self::Backup(_) => true,
            _ => self.orders_plugin(),
        }
    }

    /// Executes the command.
    ///
    /// # Errors
    /// [`OperateError`]; when a command for many deliveries fails half-way, the part already done stays done.
    pub async fn execute(&self, context: Context<'_>) -> Result<Value, OperateError> {
        let Context {
            store,
            retention,
            now_ms,
            ..
        } = context;
        Ok(match self {
            Self::Events(filter) => events::list(context, filter).await?,
            Self::Event(key) => {
                let number = replay::number(store, key).await?;
                let event = store.event(number).await?;
                explained(json!(event.ok_or_else(|| OperateError::NoEvent { key: key.clone() })?))
            }
            Self::Replay(replay) => replay.execute(context).await?,
            Self::Gaps(filter) => events::gaps(context, filter).await?,
            Self::Dead(filter) => {
                let letters = store.dead(&names::checked(filter)?).await?;
                names::explain_nothing(context, filter, letters.len()).await?;
                let next = letters
                    .last()
                    .filter(|_| is_full(filter, letters.len()))
                    .map(|letter| letter.id);
                explained(json!({"dead": letters, "next_before": next}))
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
                explained(json!(
                    delivery.ok_or_else(|| OperateError::NoDelivery { ids: id.to_string() })?
                ))
            }
            Self::Retry(selection) => selection.execute(context, Change::Retry).await?,
            Self::Drop(selection) => selection.execute(context, Change::Drop).await?,
            Self::RetryNow(selection) => selection.execute(context, Change::RetryNow).await?,
            Self::Discard(selection) => selection.execute(context, Change::Discard).await?,
            Self::Backup(file) => json!({"backup": store.back_up(file).await?}),
            Self::Status => json!(store.status(now_ms).await?),
            Self::Prune => json!({"deleted": prune(store, retention, now_ms).await?}),
            Self::Erase(erase) => erase.execute(context).await?,
            Self::PluginShow(plugin) => plugins::show(context, plugin).await?,
            Self::PluginHistory(plugin) => plugins::history(context, plugin).await?,
            Self::PluginRollback(to) => plugins::roll_back(context, to).await?,
            Self::PluginPin(to) => plugins::pin(context, to).await?,
            Self::PluginUnpin(of) => plugins::unpin(context, of).await?,
            Self::PluginDisable(of) => plugins::switch(context, of, Switch::Disable).await?,
            Self::PluginEnable(of) => plugins::switch(context, of, Switch::Enable).await?,
            Self::PluginPause(of) => plugins::switch(context, of, Switch::Pause).await?,
            Self::PluginResume(of) => plugins::switch(context, of, Switch::Resume).await?,
        })
    }
}

/// Whether another page may follow.
fn is_full(filter: &Filter, rows: usize) -> bool {
    rows >= filter.page_rows() as usize
}

/// Deletes all expired data, in steps that let acknowledgements through.
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

/// Suggestion for the end of an error text.
fn hint(nearest: &Nearest) -> String {
    match nearest {
        Nearest::One(name) => format!("; did you mean `{name}`?"),
        Nearest::Known(names) if names.is_empty() => String::new(),
        Nearest::Known(names) => format!("; known are: {}", names.join(", ")),
    }
}
