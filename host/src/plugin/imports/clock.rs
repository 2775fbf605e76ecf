//! The time as a plugin sees it: it starts at what the caller said and goes on from there.

use std::time::Duration;

use wasmtime_wasi::HostWallClock;

use crate::moment::Moment;

impl HostWallClock for Moment {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        Duration::from_millis(self.unix_ms).saturating_add(self.at.elapsed())
    }
}
