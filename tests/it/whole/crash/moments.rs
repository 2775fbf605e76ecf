//! Random moments from a seed that is printed, so that a run can be had again, and how many there are.

#![expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests asks for more in the environment"
)]

use std::{env, time::Duration};

/// The setting of the test for a run that was seen before.
const SEED: &str = "CRASH_SEED";

/// The setting of the test for a longer run.
const KILLS: &str = "CRASH_KILLS";

/// Kills in one test: few enough for every day, unless somebody asks for more.
pub(super) fn kills(every_day: u32) -> u32 {
    let asked = env::var(KILLS).ok();
    asked.map_or(every_day, |kills| kills.parse().expect("CRASH_KILLS is a number"))
}

/// Random numbers, good enough for moments: splitmix64.
#[derive(Debug)]
pub(super) struct Moments {
    pub(super) seed: u64,
    state: u64,
}

impl Moments {
    pub(super) fn new() -> Self {
        let given = env::var(SEED)
            .ok()
            .map(|seed| seed.parse().expect("CRASH_SEED is a number"));
        let seed = given.unwrap_or_else(|| {
            let mut bytes = [0; 8];
            getrandom::fill(&mut bytes).unwrap();
            u64::from_le_bytes(bytes)
        });
        Self { seed, state: seed }
    }

    /// Some time below `ms_max`.
    pub(super) async fn pass(&mut self, ms_max: u64) {
        let ms = self.next() % ms_max;
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }

    /// True in one of `n` cases.
    pub(super) fn one_in(&mut self, n: u64) -> bool {
        self.next().is_multiple_of(n)
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
