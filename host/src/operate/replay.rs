//! Replay: processes events again, for plugins that are loaded.

use lark_callback_store::{Filter, Store, Touched};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Context, OperateError, names, selection::CHUNK_ROWS};

/// Selection of events, and the plugin to replay them to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Replay {
    /// Event numbers or Lark ids; when given, the filter is ignored.
    pub events: Vec<String>,
    /// Filter over events.
    pub filter: Filter,
    /// Plugin to replay to; absent: the plugins that received the events before.
    pub plugin: Option<String>,
    /// Allows a plugin that is not loaded; its deliveries wait.
    pub force: bool,
    /// Whether an empty filter selects all events.
    pub all: bool,
    /// Only count the matches.
    pub dry_run: bool,
}

/// Maximum number of refusals listed individually.
const REFUSALS_TOLD_MAX: usize = 20;

impl Replay {
    /// When the filter asks for a plugin's state or outcome, its plugin is the one to replay to.
    fn filter(&self, now_ms: u64) -> Filter {
        let concerns_plugin = self.filter.state.is_some() || self.filter.outcome.is_some();
        Filter {
            plugin: self
                .filter
                .plugin
                .clone()
                .or_else(|| self.plugin.clone().filter(|_| concerns_plugin)),
            // Events that arrive from now on are processed anyway.
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
            // A plugin that never existed is more likely a typing error.
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
            context.touched(Touched::Event, numbers).await?;
            for replay in store
                .replay(numbers.to_vec(), self.plugin.clone(), self.loaded(context), now_ms)
                .await?
            {
                replayed.extend(replay?);
            }
        }
        Ok(json!({"replayed": replayed.len(), "deliveries": replayed}))
    }

    /// Plugins that may receive the events; no restriction with `force`.
    fn loaded(&self, context: Context<'_>) -> Option<Vec<String>> {
        (!self.force).then(|| context.plugins.to_vec())
    }

    async fn by_filter(&self, context: Context<'_>) -> Result<Value, OperateError> {
        let Context { store, now_ms, .. } = context;
        names::checked_as_whole(&self.filter)?;
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
                context.touched(Touched::Event, numbers).await?;
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

/// Resolves an event number or a Lark id to the event number.
pub(super) async fn number(store: &Store, key: &str) -> Result<i64, OperateError> {
    // Lark's ids have 32 digits or letters; event numbers never have as many digits.
    if let Ok(number) = key.parse() {
        return Ok(number);
    }
    // No id contains this character, and PostgreSQL does not accept it.
    let found = if key.contains('\0') {
        None
    } else {
        store.event_number(key).await?
    };
    found.ok_or_else(|| OperateError::NoEvent { key: key.to_owned() })
}
