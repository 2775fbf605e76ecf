//! The deadline of a caller of Lark.

use std::time::Duration;

use tokio::time::Instant;

use crate::moment::Moment;

/// Lark's usual response time; a wait that ends later than this before the deadline is useless.
const ANSWER: Duration = Duration::from_millis(200);

/// The moment at which a caller began, and the one at which it stops waiting.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    begun: Moment,
    at: Instant,
}

impl Deadline {
    /// Creates the deadline of a caller that has begun at this moment.
    pub fn new(begun: Moment, at: Instant) -> Self {
        Self { begun, at }
    }

    /// Creates a deadline this long from now; `now_ms` is the current time in milliseconds since 1970.
    pub fn within(now_ms: u64, budget: Duration) -> Self {
        let begun = Moment::now(now_ms);
        Self::new(begun, begun.at + budget)
    }

    /// Returns when the caller stops waiting.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// Returns the remaining time.
    pub fn left(&self) -> Duration {
        self.at.saturating_duration_since(Instant::now())
    }

    /// Returns the current time in milliseconds since 1970.
    pub fn now_ms(&self) -> u64 {
        self.begun.now_ms()
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
