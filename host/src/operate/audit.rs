//! Record of changes: each is begun before anything changes, and ended with what became of it.

mod bounded;

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};

use lark_callback_store::{AuditQuery, AuditRow, NewAudit, Store, StoreError, Touched};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Actor, Command, Context, OperateError, Selection, Way,
    names::{NameKind, unknown},
};
use crate::{
    codes::{Text, both},
    telemetry::{chain, shortened},
};
use bounded::{TEXT_BYTES_MAX, bounded};

/// Events and deliveries that one change is recorded with. A change of more is found by its plugin and its time.
const TOUCHED_MAX: usize = 10_000;

/// Member of a recorded refusal beside `msg`: the same in Chinese, for the pages of the console.
pub(crate) const CHINESE: &str = "msg_zh";

/// Change that is to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Path of its route.
    pub command: String,
    /// Its arguments.
    pub arguments: Value,
    /// What it names.
    pub touched: Vec<(Touched, String)>,
}

/// Change that is being made.
#[derive(Debug)]
pub struct Record {
    id: i64,
    began: Instant,
    /// How many more it may be recorded with.
    left: AtomicUsize,
}

/// Filter for changes. Absent fields do not matter; all others must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AuditFilter {
    /// The command: `dead/drop`, `plugin-orders/pin`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The name that the client gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `done`, `refused`, `failed`, or `running` for what has no end on record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// At this time or later, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since_ms: Option<u64>,
    /// Before this time, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until_ms: Option<u64>,
    /// Has touched this event, by its number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<i64>,
    /// Has touched this delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<i64>,
    /// Has touched this plugin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// Only those with a smaller number: the cursor of a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<i64>,
    /// Rows of a list: 50, or so many; 500 at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// How a change can end.
const OUTCOMES: [&str; 4] = ["done", "refused", "failed", "running"];

/// Rows when nobody says how many.
const LIMIT: u32 = 50;

impl AuditFilter {
    fn query(&self) -> Result<AuditQuery, OperateError> {
        let touched = [
            self.event.map(|event| (Touched::Event, event.to_string())),
            self.delivery.map(|delivery| (Touched::Delivery, delivery.to_string())),
            self.plugin.clone().map(|plugin| (Touched::Plugin, plugin)),
        ];
        let mut touched = touched.into_iter().flatten();
        let first = touched.next();
        if touched.next().is_some() {
            return Err(OperateError::Search(both(
                "give one of event, delivery and plugin",
                "事件、投递和插件只能指定其一",
            )));
        }
        if let Some(outcome) = &self.outcome
            && !OUTCOMES.contains(&outcome.as_str())
        {
            return Err(unknown(
                NameKind::Outcome,
                outcome,
                OUTCOMES.map(str::to_owned).to_vec(),
            ));
        }
        let texts = [&self.command, &self.name, &self.plugin];
        if texts
            .into_iter()
            .flatten()
            .any(|text| text.is_empty() || text.contains('\0'))
        {
            return Err(OperateError::Search(both(
                "a name in the filter is empty or has a NUL in it",
                "过滤条件中的名称为空，或含有 NUL",
            )));
        }
        if self
            .since_ms
            .zip(self.until_ms)
            .is_some_and(|(since, until)| since > until)
        {
            return Err(OperateError::Search(both(
                "since is later than until, so nothing lies between them",
                "since 晚于 until，两者之间没有内容",
            )));
        }
        Ok(AuditQuery {
            command: self.command.clone(),
            name: self.name.clone(),
            outcome: self.outcome.clone(),
            since_ms: self.since_ms,
            until_ms: self.until_ms,
            touched: first,
            before: self.before,
            limit: self.limit.unwrap_or(LIMIT),
        })
    }
}

/// Lists changes, the newest first.
pub(super) async fn list(context: Context<'_>, filter: &AuditFilter) -> Result<Value, OperateError> {
    let query = filter.query()?;
    let rows = context.store.audit(&query).await?;
    let next = rows
        .last()
        .filter(|_| rows.len() >= query.limit.clamp(1, lark_callback_store::AUDIT_ROWS_MAX) as usize)
        .map(|row| row.id);
    Ok(json!({"audit": shown(context, rows), "next_before": next}))
}

/// The last changes that touched a plugin.
pub(super) async fn of_plugin(context: Context<'_>, plugin: &str) -> Result<Value, OperateError> {
    let query = AuditQuery {
        touched: Some((Touched::Plugin, plugin.to_owned())),
        limit: 20,
        ..AuditQuery::default()
    };
    Ok(json!(shown(context, context.store.audit(&query).await?)))
}

/// The last changes that touched an event.
pub(super) async fn of_event(context: Context<'_>, event: i64) -> Result<Value, OperateError> {
    Ok(json!(shown(context, context.store.audit_of_event(event).await?)))
}

/// Records as they are answered: programs get the English sentences alone.
fn shown(context: Context<'_>, mut rows: Vec<AuditRow>) -> Vec<AuditRow> {
    if context.actor.way != Way::Console {
        for result in rows.iter_mut().filter_map(|row| row.result.as_mut()?.as_object_mut()) {
            result.remove(CHINESE);
        }
    }
    rows
}

impl Change {
    /// Change that a command makes.
    pub(crate) fn of(command: &Command) -> Self {
        let super::Wire { body, .. } = command.wire();
        Self {
            // What was done elsewhere is recorded under the name of what was done.
            command: command.path().trim_start_matches("audit/").to_owned(),
            arguments: body.unwrap_or_else(|| json!({})),
            touched: touched(command),
        }
    }

    /// The arguments as they are recorded and logged: not long, and without what is about people.
    pub(crate) fn told(&self) -> String {
        bounded(self.arguments.clone())
    }
}

fn touched(command: &Command) -> Vec<(Touched, String)> {
    let deliveries = |selection: &Selection| -> Vec<_> {
        let of_plugin = selection.filter.plugin.clone().map(|plugin| (Touched::Plugin, plugin));
        let ids = selection.ids.iter().take(TOUCHED_MAX);
        let ids = ids.map(|id| (Touched::Delivery, id.to_string()));
        ids.chain(of_plugin.filter(|_| selection.ids.is_empty())).collect()
    };
    match command {
        Command::Retry(selection)
        | Command::Drop(selection)
        | Command::RetryNow(selection)
        | Command::Discard(selection) => deliveries(selection),
        Command::Replay(replay) => {
            let plugin = replay.plugin.clone().or_else(|| replay.filter.plugin.clone());
            plugin.map(|plugin| (Touched::Plugin, plugin)).into_iter().collect()
        }
        Command::PluginRollback(to) | Command::PluginPin(to) => vec![(Touched::Plugin, to.plugin.clone())],
        Command::PluginInstalled(installed) => vec![(Touched::Plugin, installed.plugin.clone())],
        Command::PluginUnpin(of)
        | Command::PluginDisable(of)
        | Command::PluginEnable(of)
        | Command::PluginPause(of)
        | Command::PluginResume(of) => vec![(Touched::Plugin, of.plugin.clone())],
        _ => Vec::new(),
    }
}

impl Record {
    /// Records that a change is about to be made. It must not be made if that fails.
    ///
    /// # Errors
    /// When it was not committed.
    pub async fn begin(store: &Store, actor: &Actor, change: Change, now_ms: u64) -> Result<Self, StoreError> {
        let left = TOUCHED_MAX.saturating_sub(change.touched.len());
        let arguments = change.told();
        let new = NewAudit {
            at_ms: now_ms,
            role: actor.role.word(),
            name: actor.name.clone(),
            way: actor.way.word(),
            peer: actor.peer.clone(),
            command: shortened(change.command, TEXT_BYTES_MAX),
            arguments,
            touched: change.touched,
        };
        Ok(Self {
            id: store.begin_audit(new).await?,
            began: Instant::now(),
            left: AtomicUsize::new(left),
        })
    }

    /// Records what the change touches, as far as there is room.
    ///
    /// # Errors
    /// When it was not committed.
    pub async fn touch(&self, store: &Store, kind: Touched, ids: &[i64]) -> Result<(), StoreError> {
        let taken = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            Some(left.saturating_sub(ids.len()))
        });
        let room = taken.unwrap_or_default().min(ids.len());
        match ids.get(..room) {
            Some(ids) if !ids.is_empty() => store.touch_audit(self.id, kind, ids.to_vec()).await,
            _ => Ok(()),
        }
    }

    /// Records how the change ended: with an answer, or with an error and the word for it.
    pub async fn end(self, store: &Store, ended: Result<Value, (&str, Text)>) {
        let (outcome, result) = match ended {
            Ok(answer) => ("done", answer),
            Err((code, text)) => {
                let is_failure = matches!(code, "storage" | "lark");
                let outcome = if is_failure { "failed" } else { "refused" };
                (outcome, json!({"code": code, "msg": text.en(), CHINESE: text.zh()}))
            }
        };
        let took_ms = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Err(error) = store.end_audit(self.id, outcome, bounded(result), took_ms).await {
            tracing::warn!(
                audit = self.id,
                outcome,
                error = chain(&error),
                "The outcome of an operator's change could not be recorded; the audit shows it as running"
            );
        }
    }
}

impl Context<'_> {
    /// Records what a change touches, beyond what it names.
    pub(super) async fn touched(&self, kind: Touched, ids: &[i64]) -> Result<(), StoreError> {
        match self.record {
            Some(record) => record.touch(self.store, kind, ids).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operate::OfPlugin;

    #[test]
    fn a_plugin_that_is_ordered_is_touched() {
        let pause = Command::PluginPause(OfPlugin {
            plugin: "greeter".to_owned(),
        });
        assert_eq!(Change::of(&pause).touched, [(Touched::Plugin, "greeter".to_owned())]);
        assert_eq!(Change::of(&pause).command, "plugin-orders/pause");
    }
}
