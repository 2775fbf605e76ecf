//! Warnings about deliveries that wait for a plugin which is not loaded.

use std::collections::BTreeMap;

use lark_callback_store::{Store, WaitingFor, is_undecided};

use crate::{dispatch::Dispatcher, telemetry::chain};

/// How long a delivery may wait before there is a warning: a plugin that is being replaced is away for seconds, and one that
/// only another server has loaded is served there.
const PATIENCE_MS: u64 = 60_000;

/// The interval between two warnings about one plugin.
const EVERY_MS: u64 = 600_000;

/// Plugins warned about in one heartbeat; the others follow in the next ones.
const TOLD_MAX: usize = 10;

/// The time of the last warning about each plugin.
#[derive(Debug, Default)]
pub(super) struct Unloaded {
    told_ms: BTreeMap<String, u64>,
}

impl Unloaded {
    /// Warns from time to time about each plugin that is not loaded and has waiting deliveries.
    pub(super) async fn look(&mut self, store: &Store, dispatcher: &Dispatcher, now_ms: u64) {
        let due_by_ms = now_ms.saturating_sub(PATIENCE_MS);
        let loaded = dispatcher.plugins();
        // Asking for the plugins is cheap, and usually there are none but the loaded ones.
        let waiting = match store.due(due_by_ms).await {
            Ok(due) if due.iter().all(|plugin| loaded.contains(plugin)) => Ok(Vec::new()),
            Ok(_) => store.waiting(due_by_ms).await,
            Err(error) => Err(error),
        };
        match waiting {
            Ok(mut waiting) => {
                waiting.retain(|waiting| !loaded.contains(&waiting.plugin));
                for waiting in self.due_to_be_told(waiting, now_ms) {
                    warn(&waiting, now_ms);
                }
            }
            Err(error) => tracing::warn!(
                error = chain(&error),
                "Could not read which deliveries wait for a plugin that is not loaded; retrying"
            ),
        }
    }

    /// Returns the plugins without a recent warning.
    fn due_to_be_told(&mut self, waiting: Vec<WaitingFor>, now_ms: u64) -> Vec<WaitingFor> {
        self.told_ms
            .retain(|plugin, told_ms| *told_ms <= now_ms && waiting.iter().any(|waiting| waiting.plugin == *plugin));
        let is_due = |told_ms: &u64| now_ms.saturating_sub(*told_ms) >= EVERY_MS;
        let mut to_tell: Vec<_> = waiting
            .into_iter()
            .filter(|waiting| self.told_ms.get(&waiting.plugin).is_none_or(is_due))
            .collect();
        to_tell.truncate(TOLD_MAX);
        for waiting in &to_tell {
            self.told_ms.insert(waiting.plugin.clone(), now_ms);
        }
        to_tell
    }
}

fn warn(waiting: &WaitingFor, now_ms: u64) {
    let WaitingFor { plugin, deliveries, .. } = waiting;
    if is_undecided(plugin) {
        tracing::warn!(
            deliveries,
            oldest_seconds = now_ms.saturating_sub(waiting.oldest_due_ms) / 1_000,
            "Events are stored but not delivered yet, because plugins that may take them are still loading. \
             `lark-callback plugin list` shows which; move a file away that cannot be read or takes too long to compile"
        );
        return;
    }
    // Older versions stored plugin names of any length.
    let plugin: String = plugin.chars().take(64).collect();
    tracing::warn!(
        plugin.name = plugin,
        deliveries,
        oldest_seconds = now_ms.saturating_sub(waiting.oldest_due_ms) / 1_000,
        "Deliveries wait for the plugin {plugin}, which is not loaded. Load it, or drop them with `lark-callback \
          deliveries drop --plugin {plugin}`; otherwise they expire at their maximum age"
    );
}

#[cfg(test)]
mod tests {
    use super::{EVERY_MS, TOLD_MAX, Unloaded, WaitingFor};

    const NOW_MS: u64 = 1_000_000_000;

    fn waiting(names: &[&str]) -> Vec<WaitingFor> {
        let waiting = names.iter().map(|name| WaitingFor {
            plugin: (*name).to_owned(),
            deliveries: 3,
            oldest_due_ms: 7,
        });
        waiting.collect()
    }

    fn names(waiting: &[WaitingFor]) -> Vec<&str> {
        waiting.iter().map(|waiting| waiting.plugin.as_str()).collect()
    }

    #[test]
    fn a_plugin_is_warned_about_once_in_a_while_and_at_once_when_it_goes_missing_again() {
        let mut unloaded = Unloaded::default();
        assert_eq!(
            names(&unloaded.due_to_be_told(waiting(&["a", "b"]), NOW_MS)),
            ["a", "b"]
        );
        assert!(
            unloaded
                .due_to_be_told(waiting(&["a", "b"]), NOW_MS + EVERY_MS - 1)
                .is_empty()
        );
        assert_eq!(
            names(&unloaded.due_to_be_told(waiting(&["a"]), NOW_MS + EVERY_MS)),
            ["a"]
        );
        assert!(unloaded.due_to_be_told(waiting(&[]), NOW_MS + EVERY_MS + 1).is_empty());
        assert_eq!(
            names(&unloaded.due_to_be_told(waiting(&["a"]), NOW_MS + EVERY_MS + 2)),
            ["a"]
        );
        // The clock was put back.
        assert_eq!(names(&unloaded.due_to_be_told(waiting(&["a"]), NOW_MS)), ["a"]);
    }

    #[test]
    fn of_many_plugins_some_are_warned_about_each_time() {
        let many: Vec<String> = (0..TOLD_MAX + 3).map(|n| format!("p{n:02}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let mut unloaded = Unloaded::default();
        assert_eq!(
            names(&unloaded.due_to_be_told(waiting(&many), NOW_MS)),
            many[..TOLD_MAX]
        );
        assert_eq!(
            names(&unloaded.due_to_be_told(waiting(&many), NOW_MS + 1)),
            many[TOLD_MAX..]
        );
    }
}
