//! Until when a caller waits, and what time it is meanwhile.

use std::time::Duration;

use tokio::time::Instant;

/// What Lark usually needs for an answer; a wait that ends at the deadline is a wait in vain.
const ANSWER: Duration = Duration::from_millis(200);

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
        self.wait_when_left(pause, pause + ANSWER).await
    }

    /// The same, if as much as the pause is left even after one more answer: whoever called wants to do something about
    /// the error if it comes to that.
    pub(super) async fn wait_with_reserve(&self, pause: Duration) -> bool {
        self.wait_when_left(pause, pause * 2 + ANSWER).await
    }

    async fn wait_when_left(&self, pause: Duration, needed: Duration) -> bool {
        let fits = self.left() > needed;
        if fits {
            tokio::time::sleep(pause).await;
        }
        fits
    }
}
