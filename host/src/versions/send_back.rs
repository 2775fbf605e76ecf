//! Judging of versions on probation, and what follows.

use lark_callback_store::{LiveCalls, OrderChange, PROBATION, PluginReturn, PluginVersionRow, Serves, StoreError};
use tokio::time::Instant;

use super::{
    Serving, Versions,
    probation::{Evidence, Verdict, judge},
    stored,
};
use crate::{
    plugin::{Settings, Source, grants_all_of},
    telemetry::chain,
};

impl Versions {
    /// Writes how calls ended: of versions on probation at each look, of the others from time to time. Judges the former.
    pub(super) async fn count(&mut self, is_last: bool) {
        self.record().await;
        let is_time = is_last || self.counted_at.elapsed() >= self.settings.count;
        if is_time {
            self.counted_at = Instant::now();
        }
        for (name, rest) in std::mem::take(&mut self.rests) {
            let (rest, _) = self.write(&name, rest, 0).await;
            self.rests.insert(name, rest);
        }
        for (name, serving) in std::mem::take(&mut self.serving) {
            if serving.before.is_none() && !is_time {
                self.serving.insert(name, serving);
                continue;
            }
            let (mut serving, sum) = self.write(&name, serving, (self.now_ms)()).await;
            if let Some(before) = serving.before.take() {
                serving.before = self.judged(&name, &serving, before, sum).await;
            }
            self.serving.insert(name, serving);
        }
    }

    /// Judges a version; returns the one before as long as it stays on probation.
    async fn judged(
        &mut self,
        name: &str,
        serving: &Serving,
        before: PluginVersionRow,
        sum: Option<LiveCalls>,
    ) -> Option<PluginVersionRow> {
        let is_over = (self.now_ms)() >= serving.probation_ends_ms;
        let verdict = match sum {
            Some(sum) => self.judged_anew(judge(&sum, &before.calls), &sum, &before).await,
            // Without a call here, those of other servers may have ended it.
            None if self.is_trusted_by_another(name, serving).await => Verdict::Trusted,
            None => Verdict::Undecided,
        };
        let done = match verdict {
            Verdict::SendBack(evidence) => self.send_back(name, serving, &before, &evidence).await,
            Verdict::Trusted => self.trust(name, serving).await,
            Verdict::Undecided if is_over => self.trust(name, serving).await,
            Verdict::Undecided => return Some(before),
        };
        match done {
            Ok(()) => None,
            Err(error) => {
                tracing::warn!(
                    plugin.name = name,
                    error = chain(&error),
                    "Could not save the probation counts of plugin {name}; retrying"
                );
                Some(before)
            }
        }
    }

    /// The verdict by what is known of the version before now, with whatever settings: it may serve beside a canary.
    async fn judged_anew(&self, verdict: Verdict, sum: &LiveCalls, before: &PluginVersionRow) -> Verdict {
        if !matches!(verdict, Verdict::SendBack(_)) {
            return verdict;
        }
        let Ok(history) = self.store.plugin_history(&before.plugin).await else {
            return Verdict::Undecided;
        };
        let of_component = history.iter().filter(|row| row.hash == before.hash);
        let calls = of_component.fold(LiveCalls::default(), |sum, row| sum.with(&row.calls));
        judge(sum, &calls)
    }

    async fn is_trusted_by_another(&self, name: &str, serving: &Serving) -> bool {
        // A database that does not answer is asked again at the next look.
        self.store.is_shared()
            && self
                .store
                .is_plugin_trusted(name, serving.number)
                .await
                .unwrap_or_default()
    }

    /// Has the version before serve again, on all servers.
    async fn send_back(
        &mut self,
        name: &str,
        serving: &Serving,
        before: &PluginVersionRow,
        evidence: &Evidence,
    ) -> Result<(), StoreError> {
        let now_ms = (self.now_ms)();
        let Some(kept) = self.store.kept_plugin(name, before.number).await? else {
            tracing::error!(
                plugin.name = name,
                "Plugin {name} {} fails clearly more often than number {} (version {}) before it, which is not kept any more: {evidence}. \
                 The new version stays; `lark-callback plugin history {name}` shows which versions are kept",
                serving.plugin.description().version,
                before.number,
                before.version,
            );
            return Ok(());
        };
        let change = OrderChange {
            serves: Some(Serves::Version {
                number: before.number,
                is_pinned: false,
                // Settings that cannot be read are not given back.
                has_settings: stored::opened(self.settings.vault.as_ref(), name, kept.settings)
                    .is_ok_and(|settings| takes_nothing_back(serving.plugin.settings(), settings.as_deref())),
            }),
            // It was given since.
            keeps_pin: true,
            ..OrderChange::none(name, PROBATION, now_ms)
        };
        let reason = evidence.to_string();
        let returned = PluginReturn {
            plugin: name.to_owned(),
            hash: serving.plugin.hash().to_owned(),
            to_number: before.number,
            reason: format!("{reason}, compared with {}", evidence.compared(before)),
            evidence: serde_json::to_string(evidence).unwrap_or_default(),
            returned_by: PROBATION.to_owned(),
            returned_at_ms: now_ms,
        };
        let said = returned.reason.clone();
        if self.store.return_plugin(returned, change).await? {
            tracing::error!(
                plugin.name = name,
                plugin.version = serving.plugin.description().version,
                plugin.hash = serving.plugin.hash(),
                "Plugin {name} {} is sent back: {said}. Number {} (version {}) serves again, and this component is not tried again. \
                 Look at `lark-callback plugin show {name}`; `lark-callback plugin unpin {name}` has it tried again",
                serving.plugin.description().version,
                before.number,
                before.version,
            );
        }
        self.look().await;
        Ok(())
    }

    /// Ends a probation that was passed. An order to go back has had its time then.
    async fn trust(&mut self, name: &str, serving: &Serving) -> Result<(), StoreError> {
        self.store.trust_plugin(name, serving.number).await?;
        if serving.plugin.settings().canary.is_some() {
            self.passed(name, serving.plugin.hash()).await;
        }
        let known = self.known.0.iter().find(|order| order.plugin == name);
        let has_order = known.is_some_and(|order| order.number.is_some() && !order.is_pinned);
        if has_order && !matches!(serving.plugin.source(), Source::Kept(_)) {
            let change = OrderChange {
                serves: Some(Serves::Files),
                keeps_pin: true,
                ..OrderChange::none(name, PROBATION, (self.now_ms)())
            };
            self.store.order_plugin(change).await?;
            self.look().await;
        }
        Ok(())
    }
}

/// Whether a version may have its old settings back: not if the operator has taken a permission away since. Nobody but the
/// operator gives one back; the old component runs with the settings that are there now, then.
fn takes_nothing_back(current: &Settings, kept: Option<&str>) -> bool {
    let kept = kept.map_or_else(|| Ok(Settings::default()), Settings::parse);
    kept.is_ok_and(|kept| grants_all_of(&current.grant, &kept.grant))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_permission_that_was_taken_away_does_not_come_back_by_itself() {
        let settings = |toml: &str| Settings::parse(toml).unwrap();
        let wide = "[grant]\nopenapi = [\"POST /open-apis/im/**\"]\n";
        let narrow = "[grant]\nopenapi = [\"POST /open-apis/im/v1/messages\"]\n";
        assert!(takes_nothing_back(&settings(wide), Some(narrow)));
        assert!(takes_nothing_back(&settings(wide), Some(wide)));
        assert!(!takes_nothing_back(&settings(narrow), Some(wide)));
        assert!(!takes_nothing_back(&settings(""), Some(narrow)));
        assert!(takes_nothing_back(&settings(""), None));
        assert!(!takes_nothing_back(&settings(""), Some("not toml")));
    }
}
