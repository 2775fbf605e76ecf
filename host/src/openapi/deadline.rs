//! The deadline of a caller, with the current time.

use std::time::Duration;

use tokio::time::Instant;

/// Lark's usual response time; a wait that ends later than this before the deadline is useless.
const ANSWER: Duration = Duration::from_millis(200);

/// A caller's start time, and the moment at which it stops waiting.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    now_ms: u64,
    read_at: Instant,
    at: Instant,
}

impl Deadline {
    /// Creates a deadline; `now_ms` is the current time in milliseconds since 1970.
    pub fn new(now_ms: u64, at: Instant) -> Self {
        let read_at = Instant::now();
        Self { now_ms, read_at, at }
    }

    /// Creates a deadline this long from now.
    pub fn within(now_ms: u64, budget: Duration) -> Self {
        Self::new(now_ms, Instant::now() + budget)
    }

    /// Returns when the caller stops waiting.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// Returns the remaining time.
    pub fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Returns the current time: the start time plus the time elapsed since.
    pub fn now_ms(&self) -> u64 {
        let passed = u64::try_from(self.read_at.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.now_ms.saturating_add(passed)
    }

    /// Waits if that leaves time for another request, and returns whether it did.
    pub(super) async fn wait(&self, pause: Duration) -> bool {
        self.wait_when_left(pause, pause + ANSWER).await
    }

    /// Waits if the pause fits twice: the caller needs time to handle an error after one more answer.
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
