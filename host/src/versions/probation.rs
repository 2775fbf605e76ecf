//! The rule by which a new version of a plugin is sent back. Pure.
//!
//! A version is compared with the one before by how its first attempts ended, callbacks and deliveries alike, on all
//! servers. It is sent back when all of this is true, either of all failures or of crashes, time-outs and limits alone:
//!
//! - it has had at least [`CALLS_MIN`] calls, and [`FAILURES_MIN`] of them failed; or each of at least [`FAILURES_MIN`] crashed:
//!   such a plugin backs off, and would get the rest of its calls much later;
//! - the share of its failures is at least [`POINTS_MIN`] larger than that of the version before;
//! - if both were equally good, so many of the failures would be its own in fewer than one case in a thousand (Fisher's exact
//!   test, one-sided).
//!
//! A version before with fewer than [`BEFORE_MIN`] calls and [`FAILURES_MIN`] failures on record is taken to have failed once in
//! [`BEFORE_MIN`] calls.
//! The probation is passed after [`CALLS_MAX`] calls or [`PROBATION_MS_MAX`].

use std::fmt;

use lark_callback_store::{LiveCalls, PluginVersionRow};
use serde::Serialize;

/// Fewer calls say too little, whatever they say.
pub const CALLS_MIN: u64 = 10;

/// A handful of failures may be one user who tries again and again.
pub const FAILURES_MIN: u64 = 5;

/// With many calls also a small difference is certain; this one matters.
pub const POINTS_MIN: f64 = 0.1;

/// Probability of being wrong at one look. There are as many looks as seconds with calls, but hardly any of them is new.
pub const CHANCE_MAX: f64 = 0.001;

/// Calls that a version before must have for a comparison.
pub const BEFORE_MIN: u64 = 20;

/// Calls after which a version is no newer than others.
pub const CALLS_MAX: u64 = 1_000;

/// The same for one that is hardly called: a week.
pub const PROBATION_MS_MAX: u64 = 7 * 24 * 3_600_000;

/// Verdict of the calls of a version.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Nothing yet.
    Undecided,
    /// It is as good as the one before.
    Trusted,
    /// It fails clearly more.
    SendBack(Evidence),
}

/// Reason why a version is sent back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence {
    /// How its calls ended.
    pub calls: LiveCalls,
    /// How those of the version before ended.
    pub before: LiveCalls,
    /// Whether those of the version before were too few, and one failure in twenty was assumed.
    pub is_assumed: bool,
    /// Probability of so many failures if both were equally good.
    pub chance: f64,
}

/// As in `12 of 40 calls failed (9 crashed, 3 timed out)`.
impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = &self.calls;
        let ends = [
            (calls.trapped, "crashed"),
            (calls.timed_out, "timed out"),
            (calls.over_limit, "went over a limit"),
            (calls.failed, "failed by its own word"),
        ];
        let ends = ends.iter().filter(|(count, _)| *count > 0);
        let ends: Vec<_> = ends.map(|(count, how)| format!("{count} {how}")).collect();
        write!(
            f,
            "{} of {} calls failed ({})",
            calls.failures(),
            calls.calls(),
            ends.join(", ")
        )
    }
}

impl Evidence {
    /// Version that it was compared with.
    pub fn compared(&self, before: &PluginVersionRow) -> String {
        let PluginVersionRow { number, version, .. } = before;
        if self.is_assumed {
            let known = match self.before.calls() {
                1 => "a single call".to_owned(),
                calls => format!("only {calls} calls"),
            };
            return format!("1 of {BEFORE_MIN}, because number {number} (version {version}) has had {known}");
        }
        format!(
            "{} of {} of number {number} (version {version})",
            self.before.failures(),
            self.before.calls()
        )
    }
}

/// Judges a version by its calls and those of the one before.
pub fn judge(new: &LiveCalls, before: &LiveCalls) -> Verdict {
    let is_assumed = before.calls() < BEFORE_MIN && before.failures() < FAILURES_MIN;
    let (of_before, broken_before, failed_before) = if is_assumed {
        (BEFORE_MIN, 1, 1)
    } else {
        (before.calls(), broken(before), before.failures())
    };
    let crashed = new.trapped + new.over_limit;
    let calls_min = if crashed == new.calls() {
        FAILURES_MIN
    } else {
        CALLS_MIN
    };
    let worse = [(broken(new), broken_before), (new.failures(), failed_before)]
        .into_iter()
        .filter(|(failed, _)| new.calls() >= calls_min && *failed >= FAILURES_MIN)
        .filter_map(|(failed, failed_before)| chance((failed, new.calls()), (failed_before, of_before)))
        .reduce(f64::min);
    match worse {
        Some(chance) => Verdict::SendBack(Evidence {
            calls: *new,
            before: *before,
            is_assumed,
            chance,
        }),
        None if new.calls() >= CALLS_MAX => Verdict::Trusted,
        None => Verdict::Undecided,
    }
}

/// Calls that did not end by the plugin's own word.
fn broken(calls: &LiveCalls) -> u64 {
    calls.trapped + calls.timed_out + calls.over_limit
}

/// The probability of so many failures by chance, if they are clearly more.
fn chance((failed, calls): (u64, u64), (failed_before, calls_before): (u64, u64)) -> Option<f64> {
    let share = |failed: u64, calls: u64| failed as f64 / calls as f64;
    if share(failed, calls) < share(failed_before, calls_before) + POINTS_MIN {
        return None;
    }
    let chance = at_least(failed, calls, failed + failed_before, calls + calls_before);
    (chance < CHANCE_MAX).then_some(chance)
}

/// Probability that of `all_failed` failures among `all` calls at least `failed` fall on `calls` of them.
fn at_least(failed: u64, calls: u64, all_failed: u64, all: u64) -> f64 {
    let most = calls.min(all_failed);
    let whole = ln_choose(all, calls);
    let one = |hits: u64| (ln_choose(all_failed, hits) + ln_choose(all - all_failed, calls - hits) - whole).exp();
    let fits = |hits: &u64| calls - hits <= all - all_failed;
    // Beyond some hundreds of terms nothing is added that could be seen.
    (failed..=most).filter(fits).take(10_000).map(one).sum::<f64>().min(1.0)
}

fn ln_choose(n: u64, k: u64) -> f64 {
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

/// By Stirling's series, exact to ten digits from 16 on; below it is added up.
fn ln_factorial(n: u64) -> f64 {
    if n < 16 {
        return (2..=n).map(|factor| (factor as f64).ln()).sum();
    }
    let n = n as f64;
    n * n.ln() - n + (std::f64::consts::TAU * n).ln() / 2.0 + 1.0 / (12.0 * n) - 1.0 / (360.0 * n.powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(succeeded: u64, trapped: u64, failed: u64) -> LiveCalls {
        LiveCalls {
            succeeded,
            trapped,
            failed,
            ..LiveCalls::default()
        }
    }

    fn is_sent_back(new: LiveCalls, before: LiveCalls) -> bool {
        matches!(judge(&new, &before), Verdict::SendBack(_))
    }

    #[test]
    fn the_test_is_fisher_s() {
        // Of a table of 8 and 2 against 1 and 5, as in every textbook: 0.0244 on one side.
        assert!((at_least(8, 10, 9, 16) - 0.024_475_524).abs() < 1e-8);
        assert!((at_least(0, 10, 9, 16) - 1.0).abs() < 1e-9);
        // 20! and 2000! by another way.
        assert!((ln_factorial(20) - 42.335_616_460_753_485).abs() < 1e-9);
        let added: f64 = (2..=2_000_u64).map(|factor| (factor as f64).ln()).sum();
        assert!((ln_factorial(2_000) - added).abs() < 1e-6);
    }

    #[test]
    fn one_that_crashes_where_the_old_one_did_not_is_sent_back_after_ten_calls() {
        let good = calls(5_000, 0, 3);
        assert!(!is_sent_back(calls(1, 8, 0), good), "too few calls");
        assert!(!is_sent_back(calls(0, 0, 9), good), "the same by its own word");
        assert!(is_sent_back(calls(1, 9, 0), good));
        assert!(is_sent_back(calls(30, 6, 0), good));
        assert!(!is_sent_back(calls(30, 4, 0), good), "a handful of failures");
    }

    #[test]
    fn one_that_crashes_at_every_call_is_sent_back_after_five() {
        let good = calls(5_000, 0, 3);
        assert!(!is_sent_back(calls(0, 4, 0), good));
        assert!(is_sent_back(calls(0, 5, 0), good));
        assert!(is_sent_back(calls(0, 5, 0), calls(2, 0, 0)));
        assert!(!is_sent_back(calls(0, 5, 0), calls(0, 100, 0)), "as the one before");
    }

    #[test]
    fn one_that_fails_as_often_as_the_old_one_is_not_sent_back() {
        assert!(!is_sent_back(calls(50, 50, 0), calls(500, 500, 0)));
        assert!(!is_sent_back(calls(90, 0, 10), calls(900, 0, 100)));
        assert!(
            !is_sent_back(calls(940, 60, 0), calls(100_000, 10, 0)),
            "six points are no ten"
        );
        assert!(is_sent_back(calls(850, 150, 0), calls(100_000, 10, 0)));
    }

    #[test]
    fn crashes_count_also_where_failures_by_its_own_word_were_usual() {
        let before = calls(700, 0, 300);
        assert!(is_sent_back(calls(70, 15, 15), before));
        assert!(!is_sent_back(calls(70, 0, 30), before));
    }

    #[test]
    fn a_version_before_with_hardly_any_calls_is_taken_to_have_failed_once_in_twenty() {
        let unknown = calls(2, 0, 0);
        assert!(is_sent_back(calls(0, 10, 0), unknown));
        assert!(!is_sent_back(calls(15, 5, 0), unknown));
        assert!(is_sent_back(calls(0, 10, 0), calls(0, 4, 0)));
        assert!(
            !is_sent_back(calls(0, 10, 0), calls(0, 5, 0)),
            "it is known to be as bad"
        );
    }

    #[test]
    fn a_thousand_calls_are_enough() {
        assert_eq!(judge(&calls(999, 0, 0), &calls(50, 0, 0)), Verdict::Undecided);
        assert_eq!(judge(&calls(1_000, 0, 0), &calls(50, 0, 0)), Verdict::Trusted);
    }

    #[test]
    fn chance_alone_hardly_ever_sends_back_a_good_one() {
        // Both fail in 5 of 100 calls; a thousand calls, one look after each of them, a thousand times.
        let mut state = 88_172_645_463_325_252_u64;
        let mut fails = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % 100 < 5
        };
        let before = calls(1_900, 100, 0);
        let wrong = (0..1_000)
            .filter(|_| {
                let mut new = calls(0, 0, 0);
                (0..1_000).any(|_| {
                    if fails() {
                        new.trapped += 1
                    } else {
                        new.succeeded += 1
                    }
                    is_sent_back(new, before)
                })
            })
            .count();
        assert!(wrong <= 5, "{wrong} of 1000");
    }
}
