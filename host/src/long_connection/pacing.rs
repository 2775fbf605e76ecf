//! When the next attempt to connect is made.

use std::time::Duration;

use lark_protocol::long_connection::Pace;

/// A connection over which something came for so long was a good one: the first attempt after it comes soon.
const GOOD_AFTER: Duration = Duration::from_secs(60);

/// At most so long waits the first attempt after a good connection. Lark proposes up to 30 s, in which clicks fail.
const SOON: Duration = Duration::from_secs(2);

/// The first step of the backoff.
const FIRST_STEP: Duration = Duration::from_secs(1);

/// Between two attempts when only an operator can help.
const REFUSED: Duration = Duration::from_mins(10);

/// Between two attempts when too many connections are open; also those count that died a while ago.
const TOO_MANY: Duration = Duration::from_mins(5);

/// End of an attempt or of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// The connection was lost; from its first to its last sign of life it was this time.
    Lost(Duration),
    /// It was not made, or nothing came over it, for a reason that passes.
    Failed,
    /// Lark refused it, and an operator has to do something.
    Refused,
    /// Too many connections of the application are open.
    TooMany,
}

/// The backoff of one connection.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Returns how long to wait. `random` is from 0 to below 1.
    pub(super) fn after(&mut self, ended: Ended, pace: &Pace, random: f64) -> Duration {
        match ended {
            Ended::Lost(lived) if lived >= GOOD_AFTER => {
                self.failures = 0;
                pace.nonce.min(SOON).mul_f64(random)
            }
            Ended::Lost(_) | Ended::Failed => {
                let step = FIRST_STEP.saturating_mul(2_u32.saturating_pow(self.failures.min(16)));
                self.failures += 1;
                step.min(pace.reconnect).mul_f64(random)
            }
            // Spread, so that the servers of one application do not come at once.
            Ended::Refused => REFUSED + (REFUSED / 20).mul_f64(random),
            Ended::TooMany => TOO_MANY + (TOO_MANY / 20).mul_f64(random),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Backoff, Duration, Ended, Pace};

    fn seconds(backoff: &mut Backoff, ended: Ended) -> u64 {
        backoff.after(ended, &Pace::default(), 1.0).as_secs()
    }

    #[test]
    fn the_first_attempt_after_a_good_connection_comes_within_two_seconds() {
        let mut backoff = Backoff::default();
        assert_eq!(seconds(&mut backoff, Ended::Lost(Duration::from_mins(1))), 2);
        let pace = Pace {
            nonce: Duration::ZERO,
            ..Pace::default()
        };
        let at_once = backoff.after(Ended::Lost(Duration::from_hours(9)), &pace, 1.0);
        assert_eq!(at_once, Duration::ZERO);
    }

    #[test]
    fn waits_double_up_to_the_interval_that_lark_sets_and_begin_again_after_a_good_connection() {
        let mut backoff = Backoff::default();
        let failed: Vec<_> = (0..9).map(|_| seconds(&mut backoff, Ended::Failed)).collect();
        assert_eq!(failed, [1, 2, 4, 8, 16, 32, 64, 120, 120]);
        for _ in 0..100_000 {
            assert!(seconds(&mut backoff, Ended::Lost(Duration::ZERO)) <= 120);
        }
        seconds(&mut backoff, Ended::Lost(Duration::from_mins(2)));
        assert_eq!(seconds(&mut backoff, Ended::Failed), 1);
    }

    #[test]
    fn a_refusal_has_a_pace_of_its_own() {
        let mut backoff = Backoff::default();
        let after = |backoff: &mut Backoff, ended| backoff.after(ended, &Pace::default(), 0.0).as_secs();
        assert_eq!(after(&mut backoff, Ended::Refused), 600);
        assert_eq!(after(&mut backoff, Ended::TooMany), 300);
        assert_eq!(seconds(&mut backoff, Ended::Failed), 1);
    }
}
