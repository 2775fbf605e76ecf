//! Judging of versions on probation, and what follows.

use lark_callback_store::{
    LiveCalls, OrderChange, PROBATION, PluginReturn, PluginVersionRow, Serves, StoreError, version_before,
};
use tokio::time::Instant;

use super::{
    Serving, Versions,
    probation::{Evidence, Verdict, judge},
};
use crate::{
    plugin::{Description, Settings, Source, grants_all_of},
    reload::Instead,
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
        let is_over = (self.now_ms)() >= serving.probation_ends_ms && !self.store.doubts_clock();
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
        let version = &serving.plugin.description().version;
        let Some((target, has_settings)) = self.substitute(name, serving, before).await? else {
            tracing::error!(
                plugin.name = name,
                "Plugin {name} {version} fails clearly more often than number {} (version {}) before it: {evidence}. It stays, \
                 because no version before it could be loaded now: they are not kept, not signed, or want a permission that is \
                 gone. Look at `lark-callback plugin history {name}`",
                before.number,
                before.version,
            );
            return Ok(());
        };
        let change = OrderChange {
            serves: Some(Serves::Version {
                number: target.number,
                is_pinned: false,
                has_settings,
            }),
            // It was given since.
            keeps_pin: true,
            ..OrderChange::none(name, PROBATION, now_ms)
        };
        let reason = evidence.to_string();
        let returned = PluginReturn {
            plugin: name.to_owned(),
            hash: serving.plugin.hash().to_owned(),
            to_number: target.number,
            reason: format!("{reason}, compared with {}", evidence.compared(before)),
            evidence: serde_json::to_string(evidence).unwrap_or_default(),
            returned_by: PROBATION.to_owned(),
            returned_at_ms: now_ms,
        };
        let said = returned.reason.clone();
        if self.store.return_plugin(returned, change).await? {
            tracing::error!(
                plugin.name = name,
                plugin.version = version,
                plugin.hash = serving.plugin.hash(),
                "Plugin {name} {version} is sent back: {said}. Number {} (version {}) serves again, and this component is not tried \
                 again. Look at `lark-callback plugin show {name}`; `lark-callback plugin unpin {name}` has it tried again",
                target.number,
                target.version,
            );
        }
        self.look().await;
        Ok(())
    }

    /// The version that can serve in the place of one that fails, and whether with the settings that it had: the one before it,
    /// or the next. One that could not be loaded would leave the plugin out of service at the next start.
    async fn substitute(
        &self,
        name: &str,
        serving: &Serving,
        before: &PluginVersionRow,
    ) -> Result<Option<(PluginVersionRow, bool)>, StoreError> {
        let history = self.store.plugin_history(name).await?;
        let mut left = vec![serving.plugin.hash()];
        let mut next = history.iter().find(|row| row.number == before.number);
        while let Some(row) = next {
            let kept = self.kept(name, row.number).await?;
            let current = serving.plugin.settings();
            if let Some(has_settings) = kept.ok().and_then(|kept| can_serve(&kept, row, current)) {
                return Ok(Some((row.clone(), has_settings)));
            }
            left.push(&row.hash);
            next = version_before(&history, &self.known.1, &left);
        }
        Ok(None)
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

/// Whether a kept version can be loaded, as far as is known without a try; if so, whether with the settings that it had.
fn can_serve(kept: &Instead, row: &PluginVersionRow, current: &Settings) -> Option<bool> {
    let own = own_settings(current, kept.settings.as_deref()).filter(|_| kept.unreadable.is_none());
    // A description that another version of the server has written may be unknown to this one.
    let description = Description::from_note(row.description.as_bytes());
    let lacks_nothing = |settings: &Settings| {
        let missing = description.as_ref().map(|description| description.missing(settings));
        missing.is_none_or(|missing| missing.is_empty())
    };
    if own.is_some_and(|own| lacks_nothing(&own)) {
        return Some(true);
    }
    lacks_nothing(current).then_some(false)
}

/// The old settings of a version, if it may have them back: not if the operator has taken a permission away since. Nobody but
/// the operator gives one back; the old component runs with the settings that are there now, then.
fn own_settings(current: &Settings, kept: Option<&str>) -> Option<Settings> {
    let kept = kept.map_or_else(|| Ok(Settings::default()), Settings::parse).ok()?;
    grants_all_of(&current.grant, &kept.grant).then_some(kept)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::codes::same;

    fn row(description: &str) -> PluginVersionRow {
        PluginVersionRow {
            plugin: "p".into(),
            number: 1,
            hash: "h".into(),
            settings_hash: String::new(),
            version: "1.0.0".into(),
            source: "published".into(),
            description: description.into(),
            wasm_bytes: 1,
            is_kept: true,
            first_served_ms: 1,
            last_served_ms: 1,
            calls: LiveCalls::default(),
            is_trusted: false,
        }
    }

    fn kept(settings: Option<&str>) -> Instead {
        Instead {
            number: 1,
            version: "1.0.0".into(),
            wasm: Bytes::new(),
            hash: "h".into(),
            settings: settings.map(str::to_owned),
            unreadable: None,
            served_with: std::collections::BTreeSet::new(),
            has_settings: false,
            has_come_since: false,
            gives_nothing_back: false,
            is_pinned: false,
        }
    }

    #[test]
    fn a_version_that_wants_a_permission_that_is_gone_is_no_substitute() {
        let wants = r#"{"name":"p","version":"1.0.0","event_types":["*"],"finishes_late":false,"wants":[{"kind":"openapi","value":"GET /open-apis/a","reason":"to look"}]}"#;
        let row = row(wants);
        let granted = "[grant]\nopenapi = [\"GET /open-apis/a\"]\n";
        let can = |kept: &Instead, current: &str| can_serve(kept, &row, &Settings::parse(current).unwrap());
        assert_eq!(can(&kept(Some(granted)), granted), Some(true));
        assert_eq!(
            can(&kept(Some(granted)), ""),
            None,
            "it may not have its own, and lacks it with those of now"
        );
        assert_eq!(can(&kept(None), granted), Some(false));
        let sealed = Instead {
            settings: None,
            unreadable: Some(same("the key is gone")),
            ..kept(None)
        };
        assert_eq!(can(&sealed, granted), Some(false));
        assert_eq!(
            can_serve(&kept(None), &self::row("?"), &Settings::default()),
            Some(true),
            "nothing is known against it"
        );
    }

    #[test]
    fn a_permission_that_was_taken_away_does_not_come_back_by_itself() {
        let settings = |toml: &str| Settings::parse(toml).unwrap();
        let wide = "[grant]\nopenapi = [\"POST /open-apis/im/**\"]\n";
        let narrow = "[grant]\nopenapi = [\"POST /open-apis/im/v1/messages\"]\n";
        let may = |current: &str, kept| own_settings(&settings(current), kept).is_some();
        assert!(may(wide, Some(narrow)));
        assert!(may(wide, Some(wide)));
        assert!(!may(narrow, Some(wide)));
        assert!(!may("", Some(narrow)));
        assert!(may("", None));
        assert!(!may("", Some("not toml")));
    }
}
