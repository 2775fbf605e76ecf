//! Retries of requests: which ones are retried, how long to back off, and when to give up.

use std::time::Duration;

use super::{
    Openapi,
    answer::{LarkResponse, Trouble},
    deadline::Deadline,
    transport::{Outgoing, TransportError},
};

/// Bounds the waits for rate limits, so that a deadline of minutes does not become an endless loop.
const RATE_PAUSES_MAX: u32 = 5;

/// Retries of a call that the caller can repeat later. They take 1.5 s in all, so that an outage of Lark does not block the
/// delivery workers.
const REPEATS_MAX: u32 = 4;

const PAUSE_FIRST: Duration = Duration::from_millis(100);

/// Longer pauses help nobody: a person is waiting in front of a browser.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// The persistence of retries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Persistence {
    /// A few retries: the caller can repeat the call later.
    Brief,
    /// Retries until the caller's deadline: an authorization code cannot be used by a later call.
    UntilDeadline,
}

impl Openapi {
    /// Sends a request, and retries temporary errors as often as the deadline allows. The last answer may still be such an
    /// error.
    pub(super) async fn send_again(
        &self,
        outgoing: &Outgoing<'_>,
        persistence: Persistence,
        deadline: &Deadline,
    ) -> Result<LarkResponse, TransportError> {
        let (mut repeats, mut rate_pauses) = (0, 0);
        loop {
            let result = self.0.transport.send(outgoing, deadline).await;
            let trouble = match &result {
                Ok(answer) => answer.trouble(),
                Err(error) => trouble_of(error),
            };
            let waited = match trouble {
                Some(Trouble::Limited(pause)) => {
                    rate_pauses += 1;
                    rate_pauses <= RATE_PAUSES_MAX && deadline.wait(pause).await
                }
                Some(trouble) if trouble.is_refused() || outgoing.is_repeatable => {
                    repeats += 1;
                    let is_worth_it = persistence == Persistence::UntilDeadline || repeats <= REPEATS_MAX;
                    is_worth_it && deadline.wait_with_reserve(pause(repeats)).await
                }
                _ => false,
            };
            if !waited {
                return result;
            }
            let why = match &result {
                Ok(answer) => format!("status {}, code {:?}", answer.status, answer.code),
                Err(error) => error.to_string(),
            };
            tracing::info!(
                path = outgoing.path(),
                reason = why,
                repeats,
                "Retrying a request to Lark"
            );
        }
    }
}

/// Returns the backoff, which doubles with each retry.
fn pause(repeats: u32) -> Duration {
    PAUSE_FIRST
        .saturating_mul(1 << repeats.saturating_sub(1).min(16))
        .min(PAUSE_MAX)
}

/// Classifies a transport error: without a connection nothing was sent; after a broken one the outcome is unknown.
fn trouble_of(error: &TransportError) -> Option<Trouble> {
    match error {
        TransportError::Connect(_) => Some(Trouble::NotSent),
        TransportError::Broken(_) | TransportError::TooSlow { .. } | TransportError::NotText { .. } => {
            Some(Trouble::Unknown)
        }
        TransportError::TooLarge { .. } => None,
    }
}
