//! Code shared by the interfaces that call Lark.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::Instant;

use super::{CallState, Reach};
use crate::{openapi::Deadline, plugin::bindings::lark_callback::plugin::types::RetryLater, tokens::Tokens};

/// Lark's ids have some 40 bytes; they become keys of the database.
pub(super) const OPEN_ID_BYTES_MAX: usize = 256;

/// A call that waits for Lark for longer is let down by Lark when it runs out of time; Lark answers within some 100 ms.
const SLOW: Duration = Duration::from_secs(1);

/// Count of the calls of one plugin that Lark has let down: it could not be reached, did not answer in time, or was not well.
#[derive(Debug, Default)]
pub(in crate::plugin) struct LarkFailures(AtomicU64);

impl LarkFailures {
    /// Number so far. As long as it is the same, whatever failed has failed without Lark.
    pub(in crate::plugin) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Begins to wait for an answer.
    pub(super) fn wait(&self) -> WaitForLark<'_> {
        WaitForLark {
            failures: self,
            since: Instant::now(),
            is_over: false,
        }
    }
}

/// Wait for an answer of Lark. A call that has run out of time drops it.
pub(super) struct WaitForLark<'a> {
    failures: &'a LarkFailures,
    since: Instant,
    is_over: bool,
}

impl WaitForLark<'_> {
    /// Ends it.
    pub(super) fn ended(mut self, is_failure: bool) {
        self.is_over = true;
        if is_failure {
            self.failures.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for WaitForLark<'_> {
    fn drop(&mut self) {
        if !self.is_over && self.since.elapsed() >= SLOW {
            self.failures.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl CallState {
    /// Returns the client for Lark, if there is one and the call may use it.
    pub(super) fn lark(&self) -> Result<&Tokens, String> {
        match (self.reach, &self.scope.reachable.tokens) {
            (Reach::Nothing, _) => Err("Lark is not called while the plugin describes itself".to_owned()),
            (Reach::Granted, None) => Err("this server is not set up to call Lark".to_owned()),
            (Reach::Granted, Some(tokens)) => Ok(tokens),
        }
    }

    pub(super) fn deadline(&self) -> Deadline {
        Deadline::new(self.clock, self.subject.deadline())
    }
}

/// Nobody has such an id.
pub(super) fn too_long(open_id: &str) -> String {
    format!(
        "an open id has at most {OPEN_ID_BYTES_MAX} bytes, this one has {}",
        open_id.len()
    )
}

/// When to try again.
pub(super) fn retry_later(message: String, after: Option<Duration>) -> RetryLater {
    RetryLater {
        message,
        after_ms: after.map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn lark_has_failed_when_it_says_so_or_is_slow_until_the_end() {
        let failures = LarkFailures::default();
        failures.wait().ended(false);
        drop(failures.wait());
        assert_eq!(
            failures.count(),
            0,
            "a plugin that asks at the last moment has no time itself"
        );
        failures.wait().ended(true);
        assert_eq!(failures.count(), 1);
        let wait = failures.wait();
        tokio::time::advance(SLOW).await;
        drop(wait);
        assert_eq!(failures.count(), 2);
    }
}
