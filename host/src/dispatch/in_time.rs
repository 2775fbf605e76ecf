//! Waiting for the database within the sender's deadline.

use std::future::Future;

use lark_callback_store::StoreError;
use tokio::time::{Instant, timeout_at};

use super::millis;

/// Waits for the database, at most until the sender's deadline.
pub(super) async fn in_time<T>(
    until: Instant,
    answer: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let begun = Instant::now();
    timeout_at(until, answer).await.unwrap_or_else(|_| {
        Err(StoreError::TooSlow {
            ms_max: millis(until.saturating_duration_since(begun)),
        })
    })
}
