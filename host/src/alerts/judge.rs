//! Judgement of the facts: which need a person.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{
    AlertLimits,
    facts::Facts,
    kind::Kind,
    ledger::{Finding, Ledger},
};

/// Lines of a card; the rest is a number.
const DETAILS_MAX: usize = 6;

/// Without another dead letter for so long, those that are there are history.
const CALM_MS: u64 = 3_600_000;

/// A disk with less room than this part is nearly full, whatever the limit of the database is.
const DISK_PERCENT_MAX: u64 = 95;

/// Compares the facts with the limits.
pub(super) fn judge(limits: &AlertLimits, facts: &Facts, ledger: &mut Ledger, now_ms: u64) -> BTreeMap<Kind, Finding> {
    let mut found = BTreeMap::new();
    let mut find = |kind, count, details| {
        found.insert(kind, Finding { count, details });
    };
    let new_dead = ledger.new_dead(facts.dead, CALM_MS, now_ms);
    if limits.dead_letters > 0 && new_dead >= limits.dead_letters {
        find(Kind::DeadLetters, new_dead, counted(&facts.dead_of));
    }
    if limits.plugins && !facts.held.is_empty() {
        let details = facts.held.iter().map(|(name, reason)| format!("{name}: {reason}"));
        find(Kind::PluginHeld, facts.held.len() as u64, few(details));
    }
    if !facts.sent_back.is_empty() {
        let details = facts.sent_back.iter().map(|(name, reason)| format!("{name}: {reason}"));
        find(Kind::PluginSentBack, facts.sent_back.len() as u64, few(details));
    }
    if limits.lag_seconds > 0 && facts.lag_seconds >= limits.lag_seconds {
        find(Kind::DeliveriesLate, facts.lag_seconds, counted(&facts.late));
    }
    let refused = facts.refused.values().sum();
    if limits.refusals > 0 && refused >= limits.refusals {
        find(Kind::Refusals, refused, counted(&facts.refused));
    }
    let last_ms = facts.last_event_ms.unwrap_or_default().max(ledger.begun(now_ms));
    let silent_hours = now_ms.saturating_sub(last_ms) / 3_600_000;
    if limits.silence_hours > 0 && silent_hours >= limits.silence_hours {
        find(Kind::Silence, silent_hours * 3_600, Vec::new());
    }
    let database = limits.database_bytes_max.and_then(|max| {
        let percent = facts.bytes.saturating_mul(100).checked_div(max)?;
        Some(percent).filter(|percent| *percent >= limits.database_percent)
    });
    let disk = facts.disk_percent.filter(|percent| *percent >= DISK_PERCENT_MAX);
    if limits.database_percent > 0 && (database.is_some() || disk.is_some()) {
        let disk_line = disk.map(|percent| format!("disk: {percent} %"));
        let size_line = database.map(|_| format!("database: {} MiB", facts.bytes >> 20));
        let details = size_line.into_iter().chain(disk_line).collect();
        find(Kind::DatabaseFull, database.max(disk).unwrap_or_default(), details);
    }
    if limits.servers && !facts.missing.is_empty() {
        let details = facts.missing.keys().cloned();
        find(Kind::ServerGone, facts.missing.len() as u64, few(details));
    }
    found
}

/// The largest counts first.
fn counted(counts: &BTreeMap<String, u64>) -> Vec<String> {
    let mut counts: Vec<_> = counts.iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(**count));
    few(counts.into_iter().map(|(name, count)| format!("{name} × {count}")))
}

fn few(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<_> = lines.collect();
    let more = lines.len().saturating_sub(DETAILS_MAX);
    if more > 0 {
        lines.truncate(DETAILS_MAX);
        lines.push(format!("… + {more}"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = 3_600_000;
    const NOW_MS: u64 = 1_000 * HOUR_MS;

    fn limits() -> AlertLimits {
        AlertLimits {
            dead_letters: 2,
            refusals: 100,
            lag_seconds: 300,
            silence_hours: 6,
            database_percent: 85,
            plugins: true,
            servers: true,
            database_bytes_max: Some(1_000),
            disk: None,
        }
    }

    fn counts(of: &[(&str, u64)]) -> BTreeMap<String, u64> {
        of.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    fn kinds(facts: &Facts) -> Vec<Kind> {
        let mut ledger = Ledger::default();
        ledger.begun(0);
        judge(&limits(), facts, &mut ledger, NOW_MS).into_keys().collect()
    }

    fn quiet() -> Facts {
        Facts {
            last_event_ms: Some(NOW_MS - HOUR_MS),
            disk_percent: Some(90),
            bytes: 849,
            lag_seconds: 299,
            refused: counts(&[("signature", 60), ("token", 39)]),
            dead: 7,
            ..Facts::default()
        }
    }

    #[test]
    fn below_every_limit_there_is_nothing_to_say() {
        assert_eq!(kinds(&quiet()), []);
    }

    #[test]
    fn each_limit_has_its_kind() {
        let held = [("greeter".to_owned(), "a grant is missing".to_owned())].into();
        for (facts, kind) in [
            (Facts { held, ..quiet() }, Kind::PluginHeld),
            (
                Facts {
                    lag_seconds: 300,
                    ..quiet()
                },
                Kind::DeliveriesLate,
            ),
            (
                Facts {
                    refused: counts(&[("signature", 61), ("token", 39)]),
                    ..quiet()
                },
                Kind::Refusals,
            ),
            (
                Facts {
                    last_event_ms: Some(NOW_MS - 6 * HOUR_MS),
                    ..quiet()
                },
                Kind::Silence,
            ),
            (Facts { bytes: 850, ..quiet() }, Kind::DatabaseFull),
            (
                Facts {
                    disk_percent: Some(95),
                    ..quiet()
                },
                Kind::DatabaseFull,
            ),
            (
                Facts {
                    missing: counts(&[("b", 200)]),
                    ..quiet()
                },
                Kind::ServerGone,
            ),
        ] {
            assert_eq!(kinds(&facts), [kind], "{facts:?}");
        }
    }

    #[test]
    fn nothing_is_said_about_what_is_switched_off() {
        let facts = Facts {
            held: [("greeter".to_owned(), "why".to_owned())].into(),
            lag_seconds: 100_000,
            refused: counts(&[("signature", 100_000)]),
            missing: counts(&[("b", 200)]),
            disk_percent: Some(100),
            bytes: 100_000,
            ..Facts::default()
        };
        let found = judge(&AlertLimits::default(), &facts, &mut Ledger::default(), NOW_MS);
        assert_eq!(found, BTreeMap::new());
    }

    #[test]
    fn dead_letters_that_were_there_before_are_no_news_and_new_ones_are_for_an_hour() {
        let mut ledger = Ledger::default();
        let mut new = |dead, at_ms| {
            let facts = Facts { dead, ..quiet() };
            let found = judge(&limits(), &facts, &mut ledger, at_ms);
            found.get(&Kind::DeadLetters).map(|found| found.count)
        };
        let minute = 60_000;
        assert_eq!(new(7, NOW_MS), None, "there before");
        assert_eq!(new(8, NOW_MS + minute), None, "fewer than the limit");
        assert_eq!(new(9, NOW_MS + 2 * minute), Some(2));
        assert_eq!(new(12, NOW_MS + 50 * minute), Some(5));
        assert_eq!(new(12, NOW_MS + 109 * minute), Some(5));
        assert_eq!(new(12, NOW_MS + 111 * minute), None, "an hour without another");
        assert_eq!(new(13, NOW_MS + 112 * minute), None);
        assert_eq!(new(14, NOW_MS + 113 * minute), Some(2));
        assert_eq!(new(3, NOW_MS + 114 * minute), None, "retried or dropped");
        assert_eq!(new(5, NOW_MS + 115 * minute), Some(2));
    }

    #[test]
    fn a_server_that_never_got_anything_is_silent_from_its_start_on() {
        let (mut ledger, limits) = (Ledger::default(), limits());
        let facts = Facts::default();
        assert!(judge(&limits, &facts, &mut ledger, NOW_MS).is_empty());
        let found = judge(&limits, &facts, &mut ledger, NOW_MS + 7 * HOUR_MS);
        assert_eq!(found[&Kind::Silence].count, 7 * 3_600);
    }

    #[test]
    fn many_details_are_cut_and_the_largest_come_first() {
        let many: BTreeMap<_, _> = (0..20).map(|n| (format!("p{n}"), n)).collect();
        let lines = counted(&many);
        assert_eq!((lines[0].as_str(), lines.len()), ("p19 × 19", 7));
        assert_eq!(lines[6], "… + 14");
    }
}
