//! Record of the versions that serve, and of what they are compared with.

use std::sync::Arc;

use lark_callback_store::{LiveCalls, PROBATION, PluginOrder, ServedPlugin, StoreError, version_before};

use super::{
    Serving, Versions,
    probation::{CALLS_MAX, PROBATION_MS_MAX},
    stored,
};
use crate::{
    plugin::Source,
    reload::{self, Instead, Served},
    telemetry::chain,
};

impl Versions {
    /// Keeps what has begun to serve. What cannot be written is tried again at the next count.
    pub(super) async fn record(&mut self) {
        for (name, served) in self.served.take() {
            // The last calls of those that were replaced; they do not serve now, or no canary.
            for old in [self.serving.remove(&name), self.rests.remove(&name)]
                .into_iter()
                .flatten()
            {
                self.write(&name, old, 0).await;
            }
            let Some(served) = served else { continue };
            match self.keep(&name, &served).await {
                Ok(serving) => {
                    // What is not judged is not held back either.
                    let is_canary = serving.plugin.settings().canary.is_some();
                    if is_canary && serving.before.is_none() && !matches!(serving.plugin.source(), Source::Kept(_)) {
                        self.passed(&name, served.plugin.hash()).await;
                    } else if is_canary && !self.facts.contains_key(&name) {
                        // For when it is out of service for a moment.
                        self.learn_canaries([name.clone()]).await;
                    }
                    self.serving.insert(name.clone(), serving);
                    self.follow_rest(&name, &served).await;
                    self.has_begun(&name, &served).await;
                }
                Err(error) => {
                    if std::mem::take(&mut self.is_well) {
                        tracing::warn!(
                            plugin.name = name,
                            error = chain(&error),
                            "Could not keep the version of plugin {name} that serves now; until it is kept, nothing can go back \
                             to it. Retrying"
                        );
                    }
                    self.served.put_back(served);
                }
            }
        }
    }

    async fn keep(&self, name: &str, served: &Served) -> Result<Serving, StoreError> {
        let now_ms = (self.now_ms)();
        let plugin = &served.plugin;
        let description = plugin.description();
        let new = ServedPlugin {
            plugin: name.to_owned(),
            hash: plugin.hash().to_owned(),
            settings_hash: served
                .settings
                .as_ref()
                .map_or_else(String::new, |settings| reload::hash(settings.as_bytes())),
            settings: stored::settings(self.settings.vault.as_ref(), name, served.settings.as_deref()),
            version: description.version.clone(),
            source: plugin.source().to_string(),
            description: String::from_utf8_lossy(&description.to_note()).into_owned(),
            signature: served.signature.as_ref().map(|signature| signature.to_vec()),
            wasm_bytes: served.wasm.len() as u64,
            now_ms,
        };
        let (number, is_missing) = self.store.plugin_serves(new).await?;
        if is_missing {
            let beside = served.rest.as_ref().map(|rest| rest.hash());
            self.store
                .keep_plugin(name, (number, plugin.hash()), &served.wasm, beside)
                .await?;
        }
        let history = self.store.plugin_history(name).await?;
        // A canary is compared with what serves beside it, and gives way to that: a canary before it was never trusted either.
        let before = match &served.rest {
            Some(rest) => history.iter().find(|row| row.hash == rest.hash()),
            None => version_before(&history, &self.known.1, &[plugin.hash()]),
        };
        let of_component = || history.iter().filter(|row| row.hash == plugin.hash());
        let calls: u64 = of_component().map(|row| row.calls.calls()).sum();
        // What was never called, or may be tried again, begins now.
        let begun_ms = of_component().map(|row| row.first_served_ms).min();
        let begun_ms = begun_ms.filter(|_| calls > 0).unwrap_or(now_ms);
        let probation_ends_ms = begun_ms.saturating_add(PROBATION_MS_MAX);
        // What the operator has ordered to serve is not judged, nor what has been trusted before, with whatever settings; and
        // what is part of the server changes with the server. What a probation has put back may be as bad.
        let is_ordered = match plugin.source() {
            Source::BuiltIn => true,
            Source::Kept(number) => self.is_ordered_by_operator(name, *number),
            Source::File(_) | Source::Published => false,
        };
        // What has served for long was not new when it came back.
        let had_its_time = calls >= CALLS_MAX || now_ms >= probation_ends_ms && !self.store.doubts_clock();
        let is_trusted = had_its_time || of_component().any(|row| row.is_trusted);
        Ok(Serving {
            plugin: Arc::clone(plugin),
            number,
            written: LiveCalls::default(),
            before: before.filter(|_| !is_ordered && !is_trusted).cloned(),
            probation_ends_ms,
        })
    }

    fn is_ordered_by_operator(&self, name: &str, number: u64) -> bool {
        let order = self.known.0.iter().find(|order| order.plugin == name);
        order.is_some_and(|order| order.number == Some(number) && order.changed_by != PROBATION)
    }

    /// Counts the calls of what serves beside a canary, too: the canary is compared with it.
    async fn follow_rest(&mut self, name: &str, served: &Served) {
        let Some(rest) = &served.rest else { return };
        let history = self.store.plugin_history(name).await.unwrap_or_default();
        let Some(row) = history.iter().find(|row| row.hash == rest.hash()) else {
            return;
        };
        let number = row.number;
        let following = Serving {
            plugin: Arc::clone(rest),
            number,
            // What came before was written when it was replaced.
            written: rest.tally().now(),
            before: None,
            probation_ends_ms: 0,
        };
        self.rests.insert(name.to_owned(), following);
        if let Err(error) = self.note_rest(name, number).await {
            tracing::debug!(
                plugin.name = name,
                error = chain(&error),
                "Could not read the version beside a canary"
            );
        }
    }

    /// Makes the orders follow a version that has begun to serve and was written down.
    async fn has_begun(&mut self, name: &str, served: &Served) {
        let is_last = |last: &Instead| *served.plugin.source() == Source::Kept(last.number);
        if let Some(facts) = self.facts.get_mut(name)
            && !facts.last.is_empty()
            && !facts.last.iter().any(is_last)
        {
            // Something better serves, so they are not needed any more.
            facts.last.clear();
            self.has_new_facts = true;
        }
        // What is to serve after a rollback depends on what has come since.
        let is_unpinned = |order: &PluginOrder| order.plugin == name && order.number.is_some() && !order.is_pinned;
        self.has_new_facts |= self.known.0.iter().any(is_unpinned);
        if self.has_new_facts {
            self.look().await;
        }
    }

    /// Writes the calls that are not in the database yet, and tells their sum there.
    pub(super) async fn write(&self, name: &str, serving: Serving, now_ms: u64) -> (Serving, Option<LiveCalls>) {
        let now = serving.plugin.tally().now();
        let more = less(now, serving.written);
        if more.calls() == 0 {
            return (serving, None);
        }
        match self.store.count_plugin_calls(name, serving.number, more, now_ms).await {
            Ok(sum) => (
                Serving {
                    written: now,
                    ..serving
                },
                sum,
            ),
            Err(error) => {
                tracing::debug!(
                    error = chain(&error),
                    "Could not write how the calls of a plugin ended; retrying"
                );
                (serving, None)
            }
        }
    }
}

fn less(now: LiveCalls, written: LiveCalls) -> LiveCalls {
    LiveCalls {
        succeeded: now.succeeded.saturating_sub(written.succeeded),
        trapped: now.trapped.saturating_sub(written.trapped),
        timed_out: now.timed_out.saturating_sub(written.timed_out),
        over_limit: now.over_limit.saturating_sub(written.over_limit),
        failed: now.failed.saturating_sub(written.failed),
    }
}
