//! Commands on deliveries selected by number or by filter. Missing deliveries, and those in the wrong state, are
//! reported before anything changes.

use std::collections::BTreeSet;

use lark_callback_store::{Filter, PAGE_ROWS_MAX, Standing, Store, StoreError, Touched};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Context, OperateError, names};

/// Selection of deliveries, by number or by filter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// Delivery numbers; when given, the filter is ignored.
    pub ids: Vec<i64>,
    /// Filter over deliveries.
    pub filter: Filter,
    /// For retries: allows a plugin that is not loaded; its deliveries wait.
    pub force: bool,
    /// Whether an empty filter selects all deliveries.
    pub all: bool,
    /// Only count the matches.
    pub dry_run: bool,
}

/// Delivery that waits for another one.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct HeldUp {
    /// Its number.
    id: i64,
    /// The one before it, which waits for its retry.
    waits_for: i64,
}

/// Change applied to the selected deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Retries a dead letter.
    Retry,
    /// Deletes a dead letter.
    Drop,
    /// Retries a waiting, dead or expired delivery now.
    RetryNow,
    /// Drops a waiting delivery.
    Discard,
}

/// Maximum number of rows per transaction; a longer one would delay the acknowledgements behind it.
pub(super) const CHUNK_ROWS: usize = 100;

/// Maximum number of deliveries of which it is told what they wait for.
const HELD_UP_TOLD_MAX: usize = 20;

const _: () = assert!(CHUNK_ROWS <= PAGE_ROWS_MAX as usize);

impl Change {
    /// Applies the change; returns the deliveries that were changed.
    pub(super) async fn apply(self, store: &Store, ids: Vec<i64>, now_ms: u64) -> Result<Vec<i64>, StoreError> {
        match self {
            Self::Retry => store.retry_dead(ids, now_ms).await,
            Self::Drop => store.drop_dead(ids, now_ms).await,
            Self::RetryNow => store.retry_now(ids, now_ms).await,
            Self::Discard => store.discard(ids, now_ms).await,
        }
    }

    async fn count(self, store: &Store, filter: &Filter) -> Result<u64, StoreError> {
        match self {
            Self::Retry | Self::Drop => store.count_dead(filter).await,
            Self::RetryNow | Self::Discard => store.count_deliveries(filter).await,
        }
    }

    pub(super) async fn next(self, store: &Store, filter: &Filter, after: Option<i64>) -> Result<Vec<i64>, StoreError> {
        match self {
            Self::Retry | Self::Drop => store.next_dead(filter, after).await,
            Self::RetryNow | Self::Discard => store.next_deliveries(filter, after).await,
        }
    }

    /// Checks a filter over what is changed.
    fn checked(self, filter: &Filter) -> Result<Filter, OperateError> {
        match self {
            Self::Retry | Self::Drop => names::checked_with_error(filter),
            Self::RetryNow | Self::Discard => names::checked(filter),
        }
    }

    /// States that accept the change.
    pub(super) fn takes(self) -> &'static [&'static str] {
        match self {
            Self::Retry | Self::Drop => &["dead"],
            Self::RetryNow => &["ready", "retry_wait", "dead", "expired"],
            Self::Discard => &["ready", "retry_wait", "dead"],
        }
    }

    /// Whether the plugin must be loaded.
    pub(super) fn needs_plugin(self) -> bool {
        matches!(self, Self::Retry | Self::RetryNow)
    }

    /// Adds those of the changed deliveries that are not made now all the same, because another one stands before them.
    async fn held_up(self, context: Context<'_>, changed: &[i64], held_up: &mut Vec<HeldUp>) -> Result<(), StoreError> {
        if self.needs_plugin() && held_up.len() < HELD_UP_TOLD_MAX {
            let found = context.store.held_up(changed, context.now_ms).await?.into_iter();
            let room = HELD_UP_TOLD_MAX - held_up.len();
            held_up.extend(found.take(room).map(|(id, waits_for)| HeldUp { id, waits_for }));
        }
        Ok(())
    }

    /// What was done with each.
    pub(super) fn done(self) -> &'static str {
        match self {
            Self::Retry | Self::RetryNow => "retried",
            Self::Drop | Self::Discard => "dropped",
        }
    }
}

impl Selection {
    pub(super) async fn execute(&self, context: Context<'_>, change: Change) -> Result<Value, OperateError> {
        let Context { store, now_ms, .. } = context;
        names::checked_as_whole(&self.filter)?;
        let filter = change.checked(&self.filter)?;
        match &filter.state {
            Some(_) if matches!(change, Change::Retry | Change::Drop) => return Err(OperateError::StateOfDead),
            Some(state) if !change.takes().contains(&state.as_str()) => {
                return Err(OperateError::State {
                    state: state.clone(),
                    allowed: change.takes(),
                });
            }
            _ => {}
        }
        if self.ids.is_empty() && !self.all && filter == Filter::default() {
            return Err(OperateError::NothingSelected);
        }
        if !self.ids.is_empty() {
            return self.by_number(context, change).await;
        }
        if let Some(plugin) = &filter.plugin {
            self.check_loaded(context, change, [plugin])?;
        }
        let count = change.count(store, &filter).await?;
        names::explain_nothing(context, &filter, usize::from(count > 0)).await?;
        if self.dry_run {
            return Ok(json!({"count": count, "dry_run": true}));
        }
        let (mut done, mut after, mut left, mut held_up) = (0, None, BTreeSet::new(), Vec::new());
        // The cursor keeps deliveries that fail again meanwhile from being selected twice.
        loop {
            let ids = change.next(store, &filter, after).await?;
            let Some(last) = ids.last().copied() else { break };
            after = Some(last);
            for ids in ids.chunks(CHUNK_ROWS) {
                let ids = self.of_loaded(context, change, ids, &mut left).await?;
                context.touched(Touched::Delivery, &ids).await?;
                let changed = change.apply(store, ids, now_ms).await?;
                done += changed.len();
                change.held_up(context, &changed, &mut held_up).await?;
            }
        }
        if done == 0 {
            self.check_loaded(context, change, &left)?;
        }
        let mut answer = json!({change.done(): done});
        if let Some(fields) = answer.as_object_mut() {
            if !left.is_empty() {
                fields.insert("not_loaded".to_owned(), json!(left));
            }
            add_held_up(fields, &held_up);
        }
        Ok(answer)
    }

    /// Checks that the plugins are loaded, because the deliveries would only wait otherwise.
    fn check_loaded<'p>(
        &self,
        context: Context<'_>,
        change: Change,
        plugins: impl IntoIterator<Item = &'p String>,
    ) -> Result<(), OperateError> {
        let is_asked = change.needs_plugin() && !self.force;
        let mut missing = plugins.into_iter().filter(|plugin| !context.plugins.contains(plugin));
        match missing.next() {
            Some(plugin) if is_asked => Err(OperateError::NotLoaded { plugin: plugin.clone() }),
            _ => Ok(()),
        }
    }

    /// Filters out deliveries whose plugins are not loaded, and notes those plugins.
    async fn of_loaded(
        &self,
        context: Context<'_>,
        change: Change,
        ids: &[i64],
        left: &mut BTreeSet<String>,
    ) -> Result<Vec<i64>, OperateError> {
        if self.force || !change.needs_plugin() {
            return Ok(ids.to_vec());
        }
        let mut loaded = Vec::new();
        for found in context.store.states_of(ids).await? {
            if context.plugins.contains(&found.plugin) {
                loaded.push(found.id);
            } else {
                left.insert(found.plugin);
            }
        }
        Ok(loaded)
    }

    async fn by_number(&self, context: Context<'_>, change: Change) -> Result<Value, OperateError> {
        let Context { store, now_ms, .. } = context;
        let mut ids = self.ids.clone();
        ids.sort_unstable();
        ids.dedup();
        let states = store.states_of(&ids).await?;
        check(&ids, &states, change)?;
        self.check_loaded(context, change, states.iter().map(|found| &found.plugin))?;
        if self.dry_run {
            return Ok(json!({"count": ids.len(), "dry_run": true}));
        }
        let (mut done, mut changed, mut held_up) = (0, Vec::new(), Vec::new());
        for ids in ids.chunks(CHUNK_ROWS) {
            let applied = change.apply(store, ids.to_vec(), now_ms).await?;
            changed.extend(ids.iter().filter(|id| !applied.contains(id)).copied());
            done += applied.len();
            change.held_up(context, &applied, &mut held_up).await?;
        }
        // They were changed concurrently: running, done or deleted by now.
        let mut answer = json!({change.done(): done, "changed_meanwhile": changed});
        if let Some(fields) = answer.as_object_mut() {
            add_held_up(fields, &held_up);
        }
        Ok(answer)
    }
}

fn add_held_up(fields: &mut Map<String, Value>, held_up: &[HeldUp]) {
    if !held_up.is_empty() {
        fields.insert("held_up".to_owned(), json!(held_up));
    }
}

/// Checks that all of them exist and accept the change.
fn check(ids: &[i64], states: &[Standing], change: Change) -> Result<(), OperateError> {
    let state = |id: &i64| {
        let found = states.iter().find(|found| found.id == *id);
        found.map(|found| found.state.as_str())
    };
    if matches!(change, Change::Retry | Change::Drop) {
        let others: Vec<_> = ids.iter().filter(|id| state(id) != Some("dead")).collect();
        return if others.is_empty() {
            Ok(())
        } else {
            Err(OperateError::NotDead { ids: list(&others) })
        };
    }
    let missing: Vec<_> = ids.iter().filter(|id| state(id).is_none()).collect();
    if !missing.is_empty() {
        return Err(OperateError::NoDelivery { ids: list(&missing) });
    }
    let others: Vec<_> = ids
        .iter()
        .filter_map(|id| Some((id, state(id)?)))
        .filter(|(_, state)| !change.takes().contains(state))
        .map(|(id, state)| (*id, state.to_owned()))
        .collect();
    if others.is_empty() {
        return Ok(());
    }
    Err(OperateError::NotNow {
        which: others,
        allowed: change.takes(),
    })
}

fn list(ids: &[&i64]) -> String {
    let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
    ids.join(", ")
}
