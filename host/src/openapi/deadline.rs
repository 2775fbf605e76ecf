//! Until when a caller waits, and what time it is meanwhile.

use std::time::Duration;

use tokio::time::Instant;

/// The time a caller was told, and the moment at which it stops waiting.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    now_ms: u64,
    read_at: Instant,
    at: Instant,
}

impl Deadline {
    /// `now_ms` is the time now, in milliseconds since 1970.
    pub fn new(now_ms: u64, at: Instant) -> Self {
        let read_at = Instant::now();
        Self { now_ms, read_at, at }
    }

    /// The same so long from now.
    pub fn within(now_ms: u64, budget: Duration) -> Self {
        Self::new(now_ms, Instant::now() + budget)
    }

    /// When the caller stops waiting.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// What is left.
    pub fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// The time now: what was told at first, and what has passed since.
    pub fn now_ms(&self) -> u64 {
        let passed = u64::try_from(self.read_at.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.now_ms.saturating_add(passed)
    }

    /// Waits if that leaves time to do something afterwards, and tells whether it did.
    pub(super) async fn wait(&self, pause: Duration) -> bool {
        // What Lark usually needs for an answer; a wait that ends at the deadline is a wait in vain.
        const ANSWER: Duration = Duration::from_millis(200);
        let fits = self.left() > pause + ANSWER;
        if fits {
            tokio::time::sleep(pause).await;
        }
        fits
    }
}
