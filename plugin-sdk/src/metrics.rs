//! Numbers of the plugin's own for the operator's monitoring.

use std::time::Duration;

use crate::kv::millis;
use crate::{Host, border};

/// The operator's metrics, of this server since its start.
///
/// A handler that runs again counts again, so count what has happened rather than what was tried: after the conditional
/// write, not before.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # use std::time::Duration;
/// # fn handle(host: &dyn Host) {
/// host.metrics().add("greeting", &[("language", "zh")]); // lark_callback_plugin_greeting_total{language="zh",plugin="…"}
/// host.metrics().time("approval", &[], Duration::from_secs(40)); // …_approval_seconds_bucket and so on
/// # }
/// # let host = FakeHost::new();
/// # handle(&host);
/// # assert_eq!(host.counted("greeting", &[("language", "zh")]), 1);
/// ```
///
/// Names are made of small letters, digits and `_`; a plugin has 200 series, and what is too much is dropped with a line in
/// the log. A label's value is one of a few words: never an id, a name or a text.
#[derive(Debug, Clone, Copy)]
pub struct Metrics<'a> {
    host: &'a dyn Host,
}

impl<'a> Metrics<'a> {
    pub(crate) fn new(host: &'a dyn Host) -> Self {
        Self { host }
    }

    /// One more.
    pub fn add(&self, name: &str, labels: &[(&str, &str)]) {
        self.add_many(name, labels, 1);
    }

    /// Several more.
    pub fn add_many(&self, name: &str, labels: &[(&str, &str)], amount: u64) {
        border::metrics_add(self.host, name, &owned(labels), amount);
    }

    /// How long something took.
    pub fn time(&self, name: &str, labels: &[(&str, &str)], took: Duration) {
        border::metrics_time(self.host, name, &owned(labels), millis(took));
    }
}

fn owned(labels: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    labels.iter().map(owned).collect()
}
