//! Reasons why a command was not executed, each with a stable word for programs.

mod chinese;

use lark_callback_store::{BackupError, KvError, ReplayRefusal, StoreError};

pub(super) use chinese::text_of_refusal;
pub use chinese::text_of_store;

use super::{Nearest, Role, names::NameKind};
use crate::codes::{Text, any_state};

/// Reason why a command was not executed.
#[derive(Debug, thiserror::Error)]
pub enum OperateError {
    /// The role of whoever asks does not suffice.
    #[error(
        "this needs the role {}: send CALLBACK_ADMIN_TOKEN; CALLBACK_ADMIN_VIEWER_TOKEN only allows reading", needs.word()
    )]
    Role {
        /// Role that suffices.
        needs: Role,
    },
    /// A search tells what is in payloads.
    #[error(
        "user, chat, message and text are searched for in payloads, which this token may not see; \
         CALLBACK_VIEWER_PAYLOADS=on allows it"
    )]
    SearchWithheld,
    /// What a plugin keeps, logs and reports is of the same kind as payloads.
    #[error(
        "this token may not see what plugins keep, log and report as errors; CALLBACK_VIEWER_PAYLOADS=on allows it"
    )]
    DataWithheld,
    /// No filter, no numbers and no `all`.
    #[error("nothing selected: give numbers, a filter, or ask for all")]
    NothingSelected,
    /// A dead letter has no other state.
    #[error("dead letters have only one state; leave the state out")]
    StateOfDead,
    /// Deliveries in this state do not accept the command.
    #[error(
        "deliveries in state {state} cannot be changed this way; allowed: {}",
        any_state(allowed)
    )]
    State {
        /// State as given.
        state: String,
        /// States that accept it.
        allowed: &'static [&'static str],
    },
    /// Only events can be searched and followed.
    #[error("user, chat, message, text and after are for `events list`, `events tail` and `events export` alone")]
    SearchElsewhere,
    /// Only dead letters are told apart by their errors.
    #[error("error is a filter for dead letters alone; for events and deliveries: outcome, or text")]
    ErrorElsewhere,
    /// An empty name matches nothing; a script whose variable is not set would take that for an answer.
    #[error("{what} in the filter is empty: name one, or leave it out")]
    EmptyName {
        /// Kind of the name.
        what: NameKind,
    },
    /// A search for something that cannot be in a payload, by two cursors, or in no time at all.
    #[error("{0}")]
    Search(Text),
    /// The filter names something that does not exist.
    #[error("{what} `{name}` is not known{}", hint(.nearest))]
    Unknown {
        /// Kind of the name.
        what: NameKind,
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
    #[error("nothing was changed: {}; allowed states: {}", standing(which), any_state(allowed))]
    NotNow {
        /// Each of them with its state.
        which: Vec<(i64, String)>,
        /// States that accept it.
        allowed: &'static [&'static str],
    },
    /// No such authorization.
    #[error("{user} has not authorized the application {app}; see `lark-callback auth list`")]
    NoAuthorization {
        /// The application as given.
        app: String,
        /// The user as given.
        user: String,
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
    /// Versions with different bytes that one text names.
    #[error(
        "{version} names several versions of plugin {plugin}, by number, author's version or hash: {named}; write the one that \
         you mean as #NUMBER, in quotes"
    )]
    SeveralVersions {
        /// Name of the plugin.
        plugin: String,
        /// Version as given.
        version: String,
        /// Number, author's version and hash of each.
        named: String,
    },
    /// None to pin.
    #[error("plugin {plugin} has no version that serves; see `lark-callback plugin history {plugin}`")]
    NothingServes {
        /// Name of the plugin.
        plugin: String,
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
    /// No such job.
    #[error(
        "there is no such job on this server: jobs are kept for an hour and counts for 15 minutes, until the server stops. \
         Count again; what a job has done stays done"
    )]
    NoJob,
    /// What it is for is not known yet.
    #[error("the job is still counting; wait for its count, then start it")]
    JobCounts,
    /// All places are taken.
    #[error("{jobs_max} jobs are running or waiting; wait for one, or cancel one")]
    TooManyJobs {
        /// How many there may be.
        jobs_max: usize,
    },
    /// Too many at once.
    #[error("name at most {numbers_max} numbers, or use a filter")]
    TooManyNumbers {
        /// How many one job takes.
        numbers_max: usize,
    },
    /// The backup was not made.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Keys of a plugin.
    #[error(transparent)]
    Kv(#[from] KvError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OperateError {
    /// Stable word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Role { .. } | Self::SearchWithheld | Self::DataWithheld => "forbidden",
            Self::NothingSelected
            | Self::StateOfDead
            | Self::State { .. }
            | Self::Persons { .. }
            | Self::Person { .. }
            | Self::SearchElsewhere
            | Self::Search(_)
            | Self::ErrorElsewhere
            | Self::TooManyNumbers { .. }
            | Self::EmptyName { .. }
            | Self::Backup(BackupError::NotAbsolute) => "bad_request",
            Self::NoEvent { .. }
            | Self::NoAuthorization { .. }
            | Self::NotDead { .. }
            | Self::NoDelivery { .. }
            | Self::Unknown { .. }
            | Self::NoJob
            | Self::NoVersion { .. }
            | Self::NothingServes { .. }
            | Self::Replay(ReplayRefusal::NoEvent { .. }) => "not_found",
            Self::Replay(_)
            | Self::Backup(_)
            | Self::NotLoaded { .. }
            | Self::NotKept { .. }
            | Self::NothingBefore { .. }
            | Self::SeveralVersions { .. }
            | Self::JobCounts
            | Self::TooManyJobs { .. }
            | Self::ServesAlready { .. }
            | Self::NotNow { .. } => "refused",
            Self::Kv(_) | Self::Store(_) => "storage",
        }
    }
}

/// Deliveries, each with its state.
fn standing(which: &[(i64, String)]) -> String {
    let each: Vec<_> = which.iter().map(|(id, state)| format!("{id} is {state}")).collect();
    each.join(", ")
}

/// Suggestion for the end of an error text.
fn hint(nearest: &Nearest) -> String {
    match nearest {
        Nearest::One(name) => format!("; did you mean `{name}`?"),
        Nearest::Known(names) if names.is_empty() => String::new(),
        Nearest::Known(names) => format!("; known are: {}", names.join(", ")),
    }
}
