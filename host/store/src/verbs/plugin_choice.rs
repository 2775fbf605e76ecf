//! Which version of a plugin an order means, and which one another is compared with and gives way to. Pure: rows in, a row out.

use super::plugin_orders::{PluginOrder, PluginReturn};
use crate::rows::plugin_versions::PluginVersionRow;

/// Who orders what a probation has shown.
pub const PROBATION: &str = "probation";

impl PluginOrder {
    /// The number of the version that is to serve; absent when the files decide. `history` has the version first that served
    /// last.
    ///
    /// A pinned version stays. After a rollback or a return it is the one that was ordered, until another has come since and
    /// served that was not sent back itself.
    pub fn number_now(&self, history: &[PluginVersionRow], returns: &[PluginReturn]) -> Option<u64> {
        let number = self.number?;
        if self.is_pinned {
            return Some(number);
        }
        let of_plugin = || returns.iter().filter(|returned| returned.plugin == self.plugin);
        let last = history
            .iter()
            .find(|row| row.is_kept && !is_returned(returns, &self.plugin, &row.hash));
        let returned_ms = of_plugin().map(|returned| returned.returned_at_ms).max();
        let newer = last.filter(|row| returned_ms.is_some_and(|at_ms| row.first_served_ms > at_ms));
        Some(newer.map_or(number, |row| row.number))
    }
}

/// The version that served before the one with this hash, and can serve again: the last one that was not sent back and has not
/// failed more often than not. One that has is the last choice: nobody can do better, or somebody wants it tried again.
pub fn version_before<'h>(
    history: &'h [PluginVersionRow],
    returns: &[PluginReturn],
    hash: &str,
) -> Option<&'h PluginVersionRow> {
    let is_other =
        |row: &&PluginVersionRow| row.is_kept && row.hash != hash && !is_returned(returns, &row.plugin, &row.hash);
    let has_done_well = |row: &&PluginVersionRow| row.calls.failures() <= row.calls.succeeded;
    let mut others = history.iter().filter(is_other);
    others.clone().find(has_done_well).or_else(|| others.next())
}

fn is_returned(returns: &[PluginReturn], plugin: &str, hash: &str) -> bool {
    returns.iter().any(|it| it.plugin == plugin && it.hash == hash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::plugin_versions::LiveCalls;

    /// Version whose hash is its number, which began to serve at `first_served_ms`.
    fn version(number: u64, first_served_ms: u64, succeeded: u64, trapped: u64) -> PluginVersionRow {
        PluginVersionRow {
            plugin: "p".into(),
            number,
            hash: number.to_string(),
            settings_hash: String::new(),
            version: "1.0.0".into(),
            source: "file".into(),
            description: String::new(),
            wasm_bytes: 1,
            is_kept: true,
            first_served_ms,
            last_served_ms: first_served_ms,
            calls: LiveCalls {
                succeeded,
                trapped,
                ..LiveCalls::default()
            },
            is_trusted: false,
        }
    }

    fn returned(number: u64, at_ms: u64) -> PluginReturn {
        PluginReturn {
            plugin: "p".into(),
            hash: number.to_string(),
            to_number: 1,
            reason: "it failed".into(),
            evidence: "null".into(),
            returned_by: PROBATION.into(),
            returned_at_ms: at_ms,
        }
    }

    fn rolled_back_to(number: u64) -> PluginOrder {
        PluginOrder {
            number: Some(number),
            ..PluginOrder::none("p", "operator", 0)
        }
    }

    #[test]
    fn what_has_come_since_a_rollback_and_served_takes_its_place() {
        let order = rolled_back_to(1);
        let returns = [returned(2, 300)];
        let without = [version(1, 100, 9, 0), version(2, 200, 9, 0)];
        assert_eq!(order.number_now(&without, &returns), Some(1));
        let with = [version(3, 400, 9, 0), version(1, 100, 9, 0), version(2, 200, 9, 0)];
        assert_eq!(order.number_now(&with, &returns), Some(3));
        let pinned = PluginOrder {
            is_pinned: true,
            ..order.clone()
        };
        assert_eq!(pinned.number_now(&with, &returns), Some(1));
        let sent_back_too = [returned(3, 500), returned(2, 300)];
        assert_eq!(order.number_now(&with, &sent_back_too), Some(1));
        assert_eq!(PluginOrder::none("p", "operator", 0).number_now(&with, &returns), None);
    }

    #[test]
    fn a_version_that_has_only_failed_is_not_gone_back_to() {
        let before = |history: &[PluginVersionRow]| version_before(history, &[], "3").map(|row| row.number);
        let bad_between = [version(3, 300, 0, 5), version(2, 200, 0, 3), version(1, 100, 30, 0)];
        assert_eq!(before(&bad_between), Some(1));
        let unknown_between = [version(3, 300, 0, 5), version(2, 200, 0, 0), version(1, 100, 30, 0)];
        assert_eq!(before(&unknown_between), Some(2), "nothing is known against it");
        assert_eq!(before(&bad_between[..2]), Some(2), "there is no other");
        assert_eq!(before(&bad_between[..1]), None);
        let returns = [returned(1, 400)];
        let left = version_before(&bad_between, &returns, "3").map(|row| row.number);
        assert_eq!(left, Some(2));
    }
}
