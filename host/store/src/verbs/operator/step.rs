//! How many numbers one statement looks at: as many as some milliseconds suffice for.

use std::time::Duration;

/// Microseconds of one statement: its snapshot is given back in between, and the time of a page is kept.
const TAKES_US: i64 = 40_000;

/// How much longer than a page has a statement may take that was thought to be shorter: what it looks at was not in memory.
pub(super) const OVER_MAX: Duration = Duration::from_millis(40);

/// A step is never longer than so many times the one before.
const GROWTH: i64 = 4;

/// Length of the next step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    numbers: i64,
    numbers_min: i64,
    numbers_max: i64,
}

impl Step {
    /// Begins with `numbers`, never looks at fewer, because each statement costs something of its own, and never at more than
    /// `numbers_max`. The first step is of as many as a disk can find that has nothing in memory yet.
    pub(super) const fn new(numbers: i64, numbers_max: i64) -> Self {
        Self {
            numbers,
            numbers_min: numbers,
            numbers_max,
        }
    }

    /// How many numbers the next step looks at.
    pub(super) fn numbers(self) -> i64 {
        self.numbers
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

    /// Learns from how long it took to look at so many numbers.
    pub(super) fn took(&mut self, numbers: i64, time: Duration) {
        if self.numbers == i64::MAX {
            return;
        }
        let us = i64::try_from(time.as_micros()).unwrap_or(i64::MAX).max(1);
        let wanted = numbers.saturating_mul(TAKES_US) / us;
        let longest = self.numbers.saturating_mul(GROWTH).min(self.numbers_max);
        self.numbers = wanted.clamp(self.numbers_min, longest.max(self.numbers_min));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_as_long_as_its_time_allows() {
        let mut step = Step::new(500, 100_000);
        step.took(500, Duration::from_millis(1));
        assert_eq!(step.numbers, 2_000, "it grows, and not at once");
        step.took(2_000, Duration::from_millis(80));
        assert_eq!(step.numbers, 1_000);
        step.took(1_000, Duration::from_secs(60));
        assert_eq!(step.numbers, 500);
        step.whole();
        step.took(1, Duration::from_secs(1));
        assert_eq!(step.down_from(5), 5 - i64::MAX);
    }
}
