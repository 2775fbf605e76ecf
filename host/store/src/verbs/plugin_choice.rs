//! Which version of a plugin an order means, and which one another is compared with and gives way to. Pure: rows in, a row out.

use super::plugin_orders::{PluginOrder, PluginReturn};
use crate::rows::plugin_versions::PluginVersionRow;

/// Source of a version that was published, and the end of that of one from a folder.
const PUBLISHED: &str = "published";
const COMPONENT_FILE: &str = ".wasm";

/// Who orders what a probation has shown.
pub const PROBATION: &str = "probation";

impl PluginOrder {
    /// The number of the version that is to serve; absent when the files decide. `history` has the version first that served
    /// last.
    ///
    /// A pinned version stays. After a rollback or a return it is the one that was ordered, until another has served since that
    /// was not sent back itself, be it new or one of before. A file of one server is nothing to others where the plugin is published.
    pub fn number_now(&self, history: &[PluginVersionRow], returns: &[PluginReturn]) -> Option<u64> {
        let number = self.number?;
        if self.is_pinned {
            return Some(number);
        }
        let of_plugin = || returns.iter().filter(|returned| returned.plugin == self.plugin);
        let is_published = history.iter().any(PluginVersionRow::is_published);
        let is_for_all = |row: &PluginVersionRow| !is_published || !row.source.ends_with(COMPONENT_FILE);
        let last = history
            .iter()
            .find(|row| row.is_kept && is_for_all(row) && !is_returned(returns, &self.plugin, &row.hash));
        let returned_ms = of_plugin().map(|returned| returned.returned_at_ms).max();
        // Where it is published, another server that cannot load the ordered one may still have an older one in service.
        let since = |row: &PluginVersionRow| match is_published {
            true => row.first_served_ms,
            false => row.last_served_ms,
        };
        let newer = last.filter(|row| returned_ms.is_some_and(|at_ms| since(row) > at_ms));
        Some(newer.map_or(number, |row| row.number))
    }
}

impl PluginVersionRow {
    /// Whether it is for all servers that share the database.
    pub fn is_published(&self) -> bool {
        self.source == PUBLISHED
    }
}

/// The version that served before those with these hashes, and can serve again: the last one that was not sent back and has not
/// failed more often than it succeeded.
pub fn version_before<'h>(
    history: &'h [PluginVersionRow],
    returns: &[PluginReturn],
    hashes: &[&str],
) -> Option<&'h PluginVersionRow> {
    let is_left = |hash: &str| hashes.contains(&hash);
    let is_other =
        |row: &&PluginVersionRow| row.is_kept && !is_left(&row.hash) && !is_returned(returns, &row.plugin, &row.hash);
    let has_done_well = |row: &&PluginVersionRow| row.calls.failures() <= row.calls.succeeded;
    history.iter().filter(is_other).find(has_done_well)
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
    fn the_file_of_one_server_is_nothing_to_the_others_of_a_published_plugin() {
        let of = |source: &str, row: PluginVersionRow| PluginVersionRow {
            source: source.into(),
            ..row
        };
        let of_folder = of("/srv/plugins/p.wasm", version(3, 400, 9, 0));
        let history = [of_folder, of("published", version(1, 100, 9, 0))];
        assert_eq!(rolled_back_to(1).number_now(&history, &[returned(2, 300)]), Some(1));
        assert_eq!(
            rolled_back_to(1).number_now(&history[..1], &[returned(2, 300)]),
            Some(3)
        );
    }

    #[test]
    fn a_version_that_has_only_failed_is_not_gone_back_to() {
        let before = |history: &[PluginVersionRow]| version_before(history, &[], &["3"]).map(|row| row.number);
        let bad_between = [version(3, 300, 0, 5), version(2, 200, 0, 3), version(1, 100, 30, 0)];
        assert_eq!(before(&bad_between), Some(1));
        let unknown_between = [version(3, 300, 0, 5), version(2, 200, 0, 0), version(1, 100, 30, 0)];
        assert_eq!(before(&unknown_between), Some(2), "nothing is known against it");
        assert_eq!(before(&bad_between[..2]), None, "there is no other");
        let returns = [returned(1, 400)];
        let left = version_before(&unknown_between, &returns, &["2"]).map(|row| row.number);
        assert_eq!(left, None, "one was sent back, and one has only failed");
    }
}
