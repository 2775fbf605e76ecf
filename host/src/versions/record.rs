//! Record of the versions that serve, and of what they are compared with.

use std::sync::Arc;

use lark_callback_store::{LiveCalls, PluginVersionRow, ServedPlugin, StoreError};

use super::{Serving, Versions, probation::PROBATION_MS_MAX, stored};
use crate::{
    plugin::Source,
    reload::{self, Served},
    telemetry::chain,
};

impl Versions {
    /// Keeps what has begun to serve. What cannot be written is tried again at the next count.
    pub(super) async fn record(&mut self) {
        for (name, served) in self.served.take() {
            if let Some(old) = self.serving.remove(&name) {
                // The last calls of the one that was replaced; it does not serve now.
                self.write(&name, old, 0).await;
            }
            let Some(served) = served else { continue };
            match self.keep(&name, &served).await {
                Ok(serving) => {
                    // What is not judged is not held back either.
                    let is_canary = serving.plugin.settings().canary.is_some();
                    if is_canary && serving.before.is_none() && !matches!(serving.plugin.source(), Source::Kept(_)) {
                        self.passed(&name, served.plugin.hash()).await;
                    }
                    self.serving.insert(name, serving);
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
            self.store
                .keep_plugin(name, number, plugin.hash(), &served.wasm)
                .await?;
        }
        let history = self.store.plugin_history(name).await?;
        let returned = self.known.1.iter().filter(|returned| returned.plugin == name);
        let returned: Vec<_> = returned.map(|returned| returned.hash.as_str()).collect();
        let before = before(&history, plugin.hash(), &returned);
        let begun_ms = history.iter().find(|row| row.number == number);
        let begun_ms = begun_ms.map_or(now_ms, |row| row.first_served_ms);
        // What has been ordered to serve is not judged, nor what has been trusted before, with whatever settings; and what is
        // part of the server changes with the server.
        let is_ordered = matches!(plugin.source(), Source::Kept(_) | Source::BuiltIn);
        let is_trusted = history.iter().any(|row| row.hash == plugin.hash() && row.is_trusted);
        Ok(Serving {
            plugin: Arc::clone(plugin),
            number,
            written: LiveCalls::default(),
            before: before.filter(|_| !is_ordered && !is_trusted),
            probation_ends_ms: begun_ms.saturating_add(PROBATION_MS_MAX),
        })
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

/// The version that served last before one with this hash, and was not sent back.
pub(super) fn before(history: &[PluginVersionRow], hash: &str, returned: &[&str]) -> Option<PluginVersionRow> {
    let is_other = |row: &&PluginVersionRow| row.hash != hash && row.is_kept && !returned.contains(&row.hash.as_str());
    history.iter().find(is_other).cloned()
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
