//! The CPU usage of a plugin's calls of late, which tells where its next ones run.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// For each heavy call so many light ones have to follow until the plugin's calls begin with their caller again: a plugin that
/// burns the CPU at one click and passes at the next must not get a slice of the server's own threads at each of them.
pub(super) const WARY_CALLS: u32 = 32;

/// However many were heavy.
pub(super) const WARY_CALLS_MAX: u32 = 512;

/// CPU time that a plugin may use above its part of [`GREEDY_SHARE`] before its turns come after everything else on the machine:
/// half a second passes a start, a burst of clicks or one call at its limit.
const GREEDY_AFTER: Duration = Duration::from_millis(500);

/// CPU time that a plugin may use above its part of [`GREEDY_SHARE`] in calls that take no turns, each of which holds one of the
/// server's own threads for a millisecond or two: a few dozen.
const BUSY_AFTER: Duration = Duration::from_millis(50);

/// At most so much is held against it, which it has worked off in a few quiet seconds.
const GREEDY_MAX: Duration = Duration::from_secs(2);

/// The part of one CPU that plugins with long calls may use for good: one in four, of which each that wants turns has as much
/// as the others. Three that spin get a third of a thread each, which alone would be little more than a quarter.
const GREEDY_SHARE: u32 = 4;

/// CPU usage of one plugin: it decides on which threads its calls run, and after whom.
#[derive(Debug)]
pub(in crate::plugin) struct CpuUsage {
    number: u64,
    /// Light calls that are still to come before it is believed to be light.
    wary: AtomicU32,
    /// Short calls that are still to come before its CPU time is left uncounted.
    counted: AtomicU32,
    /// CPU time of the call that took most, in microseconds.
    highest_us: AtomicU64,
    used: Mutex<Used>,
}

/// CPU time that a plugin used above its share.
#[derive(Debug)]
struct Used {
    above: Duration,
    at: Instant,
}

impl CpuUsage {
    /// Of a plugin that is not known yet.
    pub(in crate::plugin::engine) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            wary: AtomicU32::new(0),
            counted: AtomicU32::new(0),
            highest_us: AtomicU64::new(0),
            used: Mutex::new(Used {
                above: Duration::ZERO,
                at: Instant::now(),
            }),
        }
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Whether calls of late had to take turns.
    pub(super) fn is_heavy(&self) -> bool {
        self.wary.load(Ordering::Relaxed) > 0
    }

    /// Whether calls of late took so long that the CPU time of each is counted: a plugin with many that are just short enough
    /// to take no turns uses as much as one with a single long one.
    pub(in crate::plugin) fn is_counted(&self) -> bool {
        self.counted.load(Ordering::Relaxed) > 0
    }

    /// How a call was.
    pub(in crate::plugin) fn note(&self, is_heavy: bool, is_long: bool) {
        remember(&self.wary, is_heavy);
        remember(&self.counted, is_long);
    }

    /// How much CPU time a call took.
    pub(in crate::plugin) fn note_cpu(&self, cpu: Duration) {
        let us = u64::try_from(cpu.as_micros()).unwrap_or(u64::MAX);
        if us > self.highest_us.load(Ordering::Relaxed) {
            self.highest_us.fetch_max(us, Ordering::Relaxed);
        }
    }

    /// CPU time of the call that took most; part of a millisecond counts as one.
    pub(in crate::plugin) fn highest_ms(&self) -> u64 {
        self.highest_us.load(Ordering::Relaxed).div_ceil(1_000)
    }

    /// Whether its calls that are short enough to take no turns have used so much CPU time of late that they take them.
    pub(super) fn is_busy(&self, plugins: u32, now: Instant) -> bool {
        self.lock().above_at(plugins, now) > BUSY_AFTER
    }

    /// Whether it has used more CPU time of late than it may beside so many plugins, itself included, without standing back.
    pub(super) fn is_greedy(&self, plugins: u32, now: Instant) -> bool {
        self.lock().above_at(plugins, now) > GREEDY_AFTER
    }

    /// Counts the CPU time of a turn, or of a call that took none.
    pub(super) fn use_cpu(&self, cpu: Duration, plugins: u32, now: Instant) {
        let mut used = self.lock();
        used.above = (used.above_at(plugins, now) + cpu).min(GREEDY_MAX);
        used.at = now;
    }

    fn lock(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two calls at once may count as one; it is a rule of thumb.
fn remember(calls: &AtomicU32, is_so: bool) {
    let before = calls.load(Ordering::Relaxed);
    let after = if is_so {
        before.saturating_add(WARY_CALLS).min(WARY_CALLS_MAX)
    } else {
        before.saturating_sub(1)
    };
    if after != before {
        calls.store(after, Ordering::Relaxed);
    }
}

impl Used {
    fn above_at(&self, plugins: u32, now: Instant) -> Duration {
        let share = now.saturating_duration_since(self.at) / GREEDY_SHARE.saturating_mul(plugins.max(1));
        self.above.saturating_sub(share)
    }
}
