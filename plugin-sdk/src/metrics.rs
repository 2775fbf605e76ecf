//! The plugin's own metrics for the operator's monitoring.

use std::time::Duration;

use crate::border::HostRef;
use crate::kv::millis;
use crate::{Host, border};

/// The plugin's metrics, counted by this server since its start.
///
/// A handler that is retried counts again, so count results rather than attempts: after the conditional write, not before it.
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
/// Names consist of lowercase letters, digits and `_`. A plugin may have 200 series; further ones are dropped and logged. A
/// label value is one of a few fixed words, never an id, a person's name or free text.
#[derive(Debug, Clone, Copy)]
pub struct Metrics<'a> {
    host: HostRef<'a>,
}

impl<'a> Metrics<'a> {
    pub(crate) fn new(host: &'a dyn Host) -> Self {
        Self {
            host: HostRef::new(host),
        }
    }

    /// Adds one to a counter.
    pub fn add(&self, name: &str, labels: &[(&str, &str)]) {
        self.add_many(name, labels, 1);
    }

    /// Adds to a counter.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// host.metrics().add_many("rows", &[("result", "stored")], 40);
    /// # assert_eq!(fake.counted("rows", &[("result", "stored")]), 40);
    /// ```
    pub fn add_many(&self, name: &str, labels: &[(&str, &str)], amount: u64) {
        border::metrics_add(self.host, name, &owned(labels), amount);
    }

    /// Records a duration.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use std::time::Duration;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// host.metrics().time("search", &[("index", "tickets")], Duration::from_millis(120));
    /// # assert_eq!(fake.timed("search", &[("index", "tickets")]), [Duration::from_millis(120)]);
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn time(&self, name: &str, labels: &[(&str, &str)], took: Duration) {
        border::metrics_time(self.host, name, &owned(labels), millis(took));
    }
}

fn owned(labels: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    labels.iter().map(owned).collect()
}
