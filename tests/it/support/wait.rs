//! Waiting for a condition, with one limit for all and a failure that says what was waited for.

use std::{future::Future, time::Duration};

/// No test comes near it; it only turns a hang into a failure.
const LIMIT: Duration = Duration::from_secs(180);

/// Between two looks at something that tells nobody when it changes.
const LOOK_GAP: Duration = Duration::from_millis(10);

/// The result of `work`, which must come.
pub(crate) async fn within<T>(what: &str, work: impl Future<Output = T>) -> T {
    match tokio::time::timeout(LIMIT, work).await {
        Ok(result) => result,
        Err(_) => panic!("waited {LIMIT:?} in vain: {what}"),
    }
}

/// Looks again and again until there is something to see.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    within(what, async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(LOOK_GAP).await;
        }
    })
    .await
}
