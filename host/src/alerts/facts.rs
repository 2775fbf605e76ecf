//! Facts about the servers and their database at one moment.

use std::collections::{BTreeMap, BTreeSet};

use lark_callback_store::{Filter, Store};

use super::{
    AlertSettings,
    journal::{Journal, JournalError},
    own::Own,
};

/// Newest dead letters that are told apart by plugin.
const DEAD_ROWS: u32 = 200;

/// A server that has missed so many reports is missed itself.
const MISSED_TURNS: u32 = 5;

/// A server that has not reported for so long is not waited for any more.
const GIVEN_UP_MS: u64 = 3_600_000;

/// Readings of one look, to be judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Dead letters in the database.
    pub(super) dead: u64,
    /// The newest of them, counted by plugin and outcome.
    pub(super) dead_of: BTreeMap<String, u64>,
    /// How long the oldest delivery has been due that is not for a paused plugin.
    pub(super) lag_seconds: u64,
    /// Late deliveries by plugin.
    pub(super) late: BTreeMap<String, u64>,
    /// Size of the database.
    pub(super) bytes: u64,
    /// Used part of the disk below a SQLite database.
    pub(super) disk_percent: Option<u64>,
    /// When something arrived last, in milliseconds since 1970.
    pub(super) last_event_ms: Option<u64>,
    /// Plugins that are not loaded on any server, and why.
    pub(super) held: BTreeMap<String, String>,
    /// Plugins of which a version failed its probation, and why.
    pub(super) sent_back: BTreeMap<String, String>,
    /// Unverified requests within the window on all servers, by reason.
    pub(super) refused: BTreeMap<String, u64>,
    /// Servers that have not reported for a while, with the time since, in seconds.
    pub(super) missing: BTreeMap<String, u64>,
    /// Servers that are not waited for any more.
    pub(super) given_up: Vec<String>,
}

/// Everything, from the database and from all servers.
pub(super) async fn all(
    store: &Store,
    journal: &Journal<'_>,
    settings: &AlertSettings,
    (server, own): (&str, Own),
    paused: &BTreeSet<String>,
    now_ms: u64,
) -> Result<Facts, JournalError> {
    let limits = &settings.limits;
    let mut facts = Facts {
        bytes: store.bytes().await?,
        disk_percent: limits.disk.as_deref().and_then(disk_percent),
        ..Facts::default()
    };
    let backlog = store.backlog(now_ms).await?;
    facts.dead = backlog.deliveries.get("dead").copied().unwrap_or_default();
    let seconds_since = |due_ms: u64| now_ms.saturating_sub(due_ms) / 1_000;
    facts.lag_seconds = backlog.oldest_due_ms.map_or(0, seconds_since);
    if limits.dead_letters > 0 && facts.dead > 0 {
        let newest = Filter {
            limit: Some(DEAD_ROWS),
            ..Filter::default()
        };
        for letter in store.dead(&newest).await? {
            let outcome = letter.outcome.unwrap_or_default();
            *facts
                .dead_of
                .entry(format!("{}: {outcome}", letter.plugin))
                .or_default() += 1;
        }
    }
    if limits.lag_seconds > 0 && facts.lag_seconds >= limits.lag_seconds {
        let due_by_ms = now_ms.saturating_sub(limits.lag_seconds.saturating_mul(1_000));
        facts.lag_seconds = 0;
        let mut waiting = store.waiting(due_by_ms).await?;
        waiting.retain(|waiting| !paused.contains(&waiting.plugin));
        for waiting in waiting {
            facts.lag_seconds = facts.lag_seconds.max(seconds_since(waiting.oldest_due_ms));
            facts.late.insert(waiting.plugin, waiting.deliveries);
        }
    }
    if limits.silence_hours > 0 {
        let newest = Filter {
            limit: Some(1),
            ..Filter::default()
        };
        let events = store.events(&newest).await?;
        facts.last_event_ms = events.first().map(|event| event.received_at_ms);
    }
    if limits.plugins {
        facts.sent_back = sent_back(store).await?;
    }
    let mut reports = if store.is_shared() {
        journal.reports().await?
    } else {
        BTreeMap::new()
    };
    reports.insert(server.to_owned(), own);
    let missed_after = settings.every * MISSED_TURNS;
    facts.add(
        reports,
        u64::try_from(missed_after.as_millis()).unwrap_or(u64::MAX),
        now_ms,
    );
    Ok(facts)
}

/// Plugins that go on with an older version because a new one failed its probation, until another one has passed it.
async fn sent_back(store: &Store) -> Result<BTreeMap<String, String>, JournalError> {
    let mut orders = store.plugin_orders().await?;
    orders.retain(|order| order.number.is_some() && !order.is_pinned);
    if orders.is_empty() {
        return Ok(BTreeMap::new());
    }
    let returns = store.plugin_returns().await?;
    let last = |plugin: &str| returns.iter().find(|returned| returned.plugin == plugin);
    let by_probation = orders.iter().filter_map(|order| {
        let returned = last(&order.plugin).filter(|returned| returned.returned_by == "probation")?;
        Some((order.plugin.clone(), returned.reason.clone()))
    });
    Ok(by_probation.collect())
}

impl Facts {
    fn add(&mut self, reports: BTreeMap<String, Own>, missed_after_ms: u64, now_ms: u64) {
        for (server, own) in reports {
            let silent_ms = now_ms.saturating_sub(own.at_ms);
            // Written by a clock that was ahead; a server that lives reports again.
            let is_to_come = own.at_ms.saturating_sub(now_ms) >= missed_after_ms;
            if is_to_come || silent_ms >= GIVEN_UP_MS.max(missed_after_ms) {
                self.given_up.push(server);
                continue;
            }
            if silent_ms >= missed_after_ms {
                self.missing.insert(server, silent_ms / 1_000);
                continue;
            }
            self.held.extend(own.held);
            for (reason, count) in own.refused {
                *self.refused.entry(reason).or_default() += count;
            }
        }
    }
}

/// Servers to be forgotten.
pub(super) fn given_up(facts: &Facts) -> impl Iterator<Item = &str> {
    facts.given_up.iter().map(String::as_str)
}

/// Used part of a folder's disk, as far as this user may use it.
fn disk_percent(folder: &std::path::Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    let used = disk.f_blocks.saturating_sub(disk.f_bfree);
    let whole = used.saturating_add(disk.f_bavail);
    used.saturating_mul(100).checked_div(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(at_ms: u64, held: &str, refused: u64) -> Own {
        Own {
            at_ms,
            held: BTreeMap::from([(held.to_owned(), "why".to_owned())]),
            refused: BTreeMap::from([("signature".to_owned(), refused)]),
        }
    }

    #[test]
    fn what_servers_report_is_added_up_and_the_silent_are_missed() {
        let now_ms = 10_000_000;
        let mut facts = Facts::default();
        let reports = BTreeMap::from([
            ("a".to_owned(), report(now_ms, "greeter", 3)),
            ("b".to_owned(), report(now_ms - 30_000, "greeter", 4)),
            ("c".to_owned(), report(now_ms - 150_000, "other", 100)),
            ("d".to_owned(), report(now_ms - GIVEN_UP_MS, "other", 100)),
        ]);
        facts.add(reports, 150_000, now_ms);
        assert_eq!(facts.held.keys().collect::<Vec<_>>(), ["greeter"]);
        assert_eq!(facts.refused["signature"], 7);
        assert_eq!(facts.missing, BTreeMap::from([("c".to_owned(), 150)]));
        assert_eq!(given_up(&facts).collect::<Vec<_>>(), ["d"]);
    }

    #[test]
    fn a_report_of_a_clock_that_was_ahead_is_not_believed_until_that_time() {
        let (now_ms, mut facts) = (10_000_000, Facts::default());
        let reports = BTreeMap::from([
            ("a".to_owned(), report(now_ms + 5_000, "greeter", 3)),
            ("b".to_owned(), report(now_ms + 31_536_000_000, "gone", 100)),
        ]);
        facts.add(reports, 150_000, now_ms);
        assert_eq!(
            facts.held.keys().collect::<Vec<_>>(),
            ["greeter"],
            "clocks differ a little"
        );
        assert_eq!((facts.refused["signature"], facts.given_up), (3, vec!["b".to_owned()]));
    }

    #[test]
    fn a_disk_is_between_empty_and_full() {
        let percent = disk_percent(std::path::Path::new("/")).unwrap();
        assert!(percent <= 100, "{percent}");
        assert_eq!(disk_percent(std::path::Path::new("/nowhere/at/all")), None);
    }
}
