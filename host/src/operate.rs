//! Operator's commands on the database: one value per command, executed in one place.
//!
//! A command comes from the operator's listener of a running server, or from the command line when none is running. Its
//! answer is JSON, the machine-readable form of both.

mod actor;
pub(crate) mod answers;
mod audit;
mod authorizations;
mod erase;
mod error;
mod events;
mod explained;
mod jobs;
mod names;
pub mod of_server;
mod plugins;
mod replay;
mod route;
mod selection;
mod summary;
mod table;
mod wire;
mod withheld;

use std::path::PathBuf;

use lark_callback_store::{Filter, Retention, Store, StoreError};
use serde_json::{Value, json};

pub use actor::{Actor, OPERATOR_HEADER, Role, Way, shown_name};
pub(crate) use audit::CHINESE;
pub use audit::{AuditFilter, Change as AuditedChange, Record};
pub use authorizations::{AuthorizationFilter, RevokeAuthorization};
pub use erase::Erase;
pub use error::{OperateError, text_of_store};
pub use jobs::{Action, Job, JobHost, JobRequest, JobShown, Jobs};
pub use names::{NameKind, Nearest, check_loaded};
pub use plugins::{InstalledPlugin, OfPlugin, ToVersion};
pub use replay::Replay;
pub use route::{Route, SchemaOf, Shows, Takes, Verb, Wire};
pub use selection::Selection;
pub(crate) use summary::{Late, Summary};
pub use summary::{Span, SpanFilter};
pub use table::ROUTES;
pub use wire::encoded;

use explained::explained;
use plugins::Switch;
use selection::Change;

use crate::telemetry::PluginLogs;

/// Command of the operator.
#[derive(Debug, Clone)]
pub enum Command {
    /// List received events.
    Events(Filter),
    /// Count received events, up to a bound.
    CountEvents(Filter),
    /// Show everything about one event, by its number or Lark's id.
    Event(String),
    /// Process events again.
    Replay(Replay),
    /// List gaps in which no server had a long connection.
    Gaps(Filter),
    /// List dead letters.
    Dead(Filter),
    /// Group dead letters by plugin and error.
    DeadGroups(Filter),
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
    /// Show what happened over a span of time, what waits and which servers live, without counting rows.
    Summary(SpanFilter),
    /// Delete expired data now.
    Prune,
    /// Erase the data of a person.
    Erase(Erase),
    /// List changes by operators.
    Audit(AuditFilter),
    /// Record that a plugin was put into the folder of plugins.
    PluginInstalled(InstalledPlugin),
    /// List authorizations of users.
    Authorizations(AuthorizationFilter),
    /// List attempts at authorizations.
    Sessions,
    /// Delete the authorization of a user.
    Revoke(RevokeAuthorization),
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
    /// The last log lines of plugins on the server that was asked; none without a server.
    pub logs: &'a PluginLogs,
    /// Whoever gives the command.
    pub actor: &'a Actor,
    /// Record of the change that is being made; begun where the command is executed.
    pub record: Option<&'a Record>,
    /// Current time in milliseconds since 1970.
    pub now_ms: u64,
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
            | Self::CountEvents(_)
            | Self::DeadGroups(_)
            | Self::Event(_)
            | Self::Gaps(_)
            | Self::Dead(_)
            | Self::Deliveries(_)
            | Self::Delivery(_)
            | Self::PluginShow(_)
            | Self::PluginHistory(_)
            | Self::Audit(_)
            | Self::Authorizations(_)
            | Self::Sessions
            | Self::Status
            | Self::Summary(_) => false,
            Self::Replay(replay) => !replay.dry_run,
            Self::Retry(selection) | Self::Drop(selection) | Self::RetryNow(selection) | Self::Discard(selection) => {
                !selection.dry_run
            }
            Self::Erase(erase) => !erase.dry_run,
            Self::Prune | Self::Backup(_) | Self::Revoke(_) | Self::PluginInstalled(_) => true,
            _ => self.orders_plugin(),
        }
    }

    /// Executes the command, if whoever gives it may.
    ///
    /// # Errors
    /// [`OperateError`]; when a command for many deliveries fails half-way, the part already done stays done.
    pub async fn execute(&self, context: Context<'_>) -> Result<Value, OperateError> {
        context.actor.check_command(self)?;
        if self.changes() {
            return self.change(context).await;
        }
        let answer = self.carry_out(context).await?;
        Ok(if context.actor.is_withheld(self.shows()) {
            withheld::withheld(answer)
        } else {
            answer
        })
    }

    /// Carries a change out, on record.
    async fn change(&self, context: Context<'_>) -> Result<Value, OperateError> {
        let Context {
            store, actor, now_ms, ..
        } = context;
        let record = Record::begin(store, actor, AuditedChange::of(self), now_ms).await?;
        let done = self
            .carry_out(Context {
                record: Some(&record),
                ..context
            })
            .await;
        let ended = match &done {
            Ok(answer) => Ok(answer.clone()),
            Err(error) => Err((error.code(), error.recorded())),
        };
        record.end(store, ended).await;
        done
    }

    async fn carry_out(&self, context: Context<'_>) -> Result<Value, OperateError> {
        let Context {
            store,
            retention,
            now_ms,
            ..
        } = context;
        Ok(match self {
            Self::Events(filter) => events::list(context, filter).await?,
            Self::CountEvents(filter) => events::count(context, filter).await?,
            Self::Event(key) => events::show(context, key).await?,
            Self::Replay(replay) => replay.execute(context).await?,
            Self::Gaps(filter) => events::gaps(context, filter).await?,
            Self::Dead(filter) => {
                let letters = store.dead(&names::checked_with_error(filter)?).await?;
                names::explain_nothing(context, filter, letters.len()).await?;
                let next = letters
                    .last()
                    .filter(|_| is_full(filter, letters.len()))
                    .map(|letter| letter.id);
                explained(json!({"dead": letters, "next_before": next}))
            }
            Self::DeadGroups(filter) => {
                let found = store.dead_groups(&names::checked_with_error(filter)?).await?;
                names::explain_nothing(context, filter, found.groups.len()).await?;
                explained(json!(found))
            }
            Self::Deliveries(filter) => {
                let found = store.deliveries(&names::checked(filter)?).await?;
                if found.next_before.is_none() {
                    names::explain_nothing(context, filter, found.deliveries.len()).await?;
                }
                explained(json!(found))
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
            Self::Summary(span) => summary::summary(store, span.span, now_ms).await?,
            Self::Prune => json!({"deleted": prune(store, retention, now_ms).await?}),
            Self::Erase(erase) => erase.execute(context).await?,
            Self::Audit(filter) => audit::list(context, filter).await?,
            // The record is all.
            Self::PluginInstalled(installed) => json!(installed),
            Self::Authorizations(filter) => authorizations::list(context, filter).await?,
            Self::Sessions => authorizations::sessions(context).await?,
            Self::Revoke(revoke) => authorizations::revoke(context, revoke).await?,
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
