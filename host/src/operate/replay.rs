//! Replay: events are handled once more, for plugins that are there.

use lark_callback_store::{Filter, Store};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Context, OperateError, names, selection::CHUNK_ROWS};

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
    /// Also for a plugin that is not loaded, for which they wait.
    pub force: bool,
    /// Whether a filter that says nothing means all of them.
    pub all: bool,
    /// Only count them.
    pub dry_run: bool,
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

    pub(super) async fn execute(&self, context: Context<'_>) -> Result<Value, OperateError> {
        let Context { store, now_ms, .. } = context;
        if self.events.is_empty() && !self.all && self.filter == Filter::default() {
            return Err(OperateError::NothingSelected);
        }
        if let Some(plugin) = self.plugin.as_ref().filter(|_| !self.force)
            && !context.plugins.contains(plugin)
        {
            // One that never was is more likely a slip.
            names::check_plugin(context, plugin).await?;
            return Err(OperateError::NotLoaded { plugin: plugin.clone() });
        }
        if self.events.is_empty() {
            return self.by_filter(context).await;
        }
        let mut numbers = Vec::new();
        for key in &self.events {
            let number = number(store, key).await?;
            if !store.has_event(number).await? {
                return Err(OperateError::NoEvent { key: key.clone() });
            }
            numbers.push(number);
        }
        if self.dry_run {
            return Ok(json!({"count": numbers.len(), "dry_run": true}));
        }
        let mut replayed = Vec::new();
        for numbers in numbers.chunks(CHUNK_ROWS) {
            for replay in store
                .replay(numbers.to_vec(), self.plugin.clone(), self.loaded(context), now_ms)
                .await?
            {
                replayed.extend(replay?);
            }
        }
        Ok(json!({"replayed": replayed.len(), "deliveries": replayed}))
    }

    /// Who can have them; whoever it is when that was forced.
    fn loaded(&self, context: Context<'_>) -> Option<Vec<String>> {
        (!self.force).then(|| context.plugins.to_vec())
    }

    async fn by_filter(&self, context: Context<'_>) -> Result<Value, OperateError> {
        let Context { store, now_ms, .. } = context;
        let filter = names::checked(&self.filter(now_ms))?;
        let count = store.count_events(&filter).await?;
        names::explain_nothing(context, &filter, usize::from(count > 0)).await?;
        if self.dry_run {
            return Ok(json!({"count": count, "dry_run": true}));
        }
        let (mut replayed, mut refused, mut told) = (0, 0, Vec::new());
        let mut after = None;
        loop {
            let numbers = store.next_events(&filter, after).await?;
            let Some(last) = numbers.last().copied() else { break };
            after = Some(last);
            for numbers in numbers.chunks(CHUNK_ROWS) {
                for replay in store
                    .replay(numbers.to_vec(), self.plugin.clone(), self.loaded(context), now_ms)
                    .await?
                {
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
pub(super) async fn number(store: &Store, key: &str) -> Result<i64, OperateError> {
    // Lark's ids have 32 digits or letters; a number of ours never has so many digits.
    if let Ok(number) = key.parse() {
        return Ok(number);
    }
    // No id has such a character, and PostgreSQL takes none.
    let found = if key.contains('\0') {
        None
    } else {
        store.event_number(key).await?
    };
    found.ok_or_else(|| OperateError::NoEvent { key: key.to_owned() })
}
