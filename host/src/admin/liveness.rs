//! Liveness: what must make progress, for `/livez` and for the watchdog of systemd.

use std::{sync::Arc, time::Duration};

use lark_callback_store::Store;

use crate::telemetry::Beat;

/// A loop or a batch without progress for this long counts as stuck: the slowest batch is given up after 5 s, and the
/// slowest turn of the delivery loop waits for two commits.
pub const STILL_MAX: Duration = Duration::from_secs(15);

/// Parts of the server that must make progress.
#[derive(Debug, Clone)]
pub struct Liveness {
    /// The database, whose writer is watched.
    pub store: Store,
    /// Heartbeat of the delivery loop.
    pub delivering: Arc<Beat>,
    /// Heartbeat of the public listener's accept loop.
    pub listening: Arc<Beat>,
}

impl Liveness {
    /// Parts that have made no progress for this long.
    pub fn stuck(&self, still_max: Duration) -> Vec<&'static str> {
        let mut stuck = Vec::new();
        if !self.store.is_moving(still_max) {
            stuck.push("the database writer makes no progress");
        }
        if self.delivering.age() >= still_max {
            stuck.push("the delivery loop makes no progress");
        }
        if self.listening.age() >= still_max {
            stuck.push("the public listener makes no progress");
        }
        stuck
    }
}
