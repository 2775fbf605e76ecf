//! The rate limit of a plugin's log lines: a plugin that is called often, or logs much, must not bury the other lines or fill
//! the disk.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::plugin::limits::LOG_BYTES_PER_SECOND;

/// Bytes that may come at once, after a quiet time.
const BURST_BYTES: u64 = 2 << 20;

/// Lines that are left out are told of this often.
const TELL_AGAIN: Duration = Duration::from_secs(10);

/// The flow of lines of one plugin.
#[derive(Debug, Default)]
pub(in crate::plugin) struct LogFlow(Mutex<Flow>);

#[derive(Debug, Default)]
struct Flow {
    /// Of the burst.
    used_bytes: u64,
    /// Up to when what has drained is counted.
    at: Option<Instant>,
    left_out: u64,
    told: Option<Instant>,
}

/// The decision about a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// It is written.
    Written,
    /// It is left out, like so many since it was told last; to be told now.
    LeftOutAndTold(u64),
    /// It is left out in silence.
    LeftOut,
}

impl LogFlow {
    /// Takes a line of so many bytes.
    pub(super) fn take(&self, bytes: u64, now: Instant) -> Line {
        let mut flow = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let passed = now.saturating_duration_since(flow.at.unwrap_or(now));
        let drained = u64::try_from(passed.as_millis())
            .unwrap_or(u64::MAX)
            .saturating_mul(LOG_BYTES_PER_SECOND)
            / 1_000;
        // Less than a byte is counted next time.
        if drained > 0 || flow.at.is_none() {
            flow.at = Some(now);
            flow.used_bytes = flow.used_bytes.saturating_sub(drained);
        }
        if flow.used_bytes.saturating_add(bytes) <= BURST_BYTES {
            flow.used_bytes += bytes;
            return Line::Written;
        }
        flow.left_out += 1;
        let is_silent = |told: Instant| now.saturating_duration_since(told) < TELL_AGAIN;
        if flow.told.is_some_and(is_silent) {
            return Line::LeftOut;
        }
        flow.told = Some(now);
        Line::LeftOutAndTold(std::mem::take(&mut flow.left_out))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{BURST_BYTES, LOG_BYTES_PER_SECOND, Line, LogFlow};

    #[test]
    fn a_flood_is_left_out_beyond_its_burst_and_told_of_now_and_then() {
        let flow = LogFlow::default();
        let begun = Instant::now();
        assert_eq!(flow.take(BURST_BYTES, begun), Line::Written);
        assert_eq!(flow.take(1, begun), Line::LeftOutAndTold(1));
        for _ in 0..9 {
            assert_eq!(flow.take(1, begun), Line::LeftOut);
        }
        let second = begun + Duration::from_secs(1);
        assert_eq!(flow.take(LOG_BYTES_PER_SECOND, second), Line::Written);
        assert_eq!(flow.take(1, second), Line::LeftOut);
        let later = begun + Duration::from_secs(10);
        assert_eq!(flow.take(BURST_BYTES + 1, later), Line::LeftOutAndTold(11));
        assert_eq!(flow.take(BURST_BYTES, later), Line::Written);
    }

    #[test]
    fn many_short_moments_drain_as_much_as_a_long_one() {
        let flow = LogFlow::default();
        let begun = Instant::now();
        assert_eq!(flow.take(BURST_BYTES, begun), Line::Written);
        for millis in 1..=100 {
            let now = begun + Duration::from_millis(millis);
            assert_eq!(flow.take(LOG_BYTES_PER_SECOND / 1_000, now), Line::Written, "{millis}");
        }
    }
}
