//! How many numbers one statement looks at: as many as some milliseconds suffice for.

use std::time::Duration;

/// A statement that takes less looks at more the next time, and one that takes longer at fewer: its snapshot is given back in
/// between, and the time of a page is kept.
const TAKES_LESS: Duration = Duration::from_millis(15);
const TAKES_LONGER: Duration = Duration::from_millis(60);

/// Length of the next step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    numbers: i64,
    numbers_max: i64,
}

impl Step {
    /// Never fewer: each statement costs something of its own.
    const NUMBERS_MIN: i64 = 500;

    /// Begins with `numbers`, and never looks at more than `numbers_max`.
    pub(super) const fn new(numbers: i64, numbers_max: i64) -> Self {
        Self { numbers, numbers_max }
    }

    /// Looks at all numbers in one step.
    pub(super) fn whole(&mut self) {
        self.numbers = i64::MAX;
        self.numbers_max = i64::MAX;
    }

    /// The first number of the step that ends before `high`.
    pub(super) fn down_from(self, high: i64) -> i64 {
        high.saturating_sub(self.numbers)
    }

    /// Learns from how long a step took.
    pub(super) fn took(&mut self, time: Duration) {
        if time < TAKES_LESS {
            self.numbers = self.numbers.saturating_mul(4).min(self.numbers_max);
        } else if time > TAKES_LONGER && self.numbers < i64::MAX {
            self.numbers = (self.numbers / 2).max(Self::NUMBERS_MIN);
        }
    }
}
