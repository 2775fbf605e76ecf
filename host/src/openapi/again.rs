//! Repeating a request that may work in a moment: what is worth it, how long to wait, and when to stop.

use std::time::Duration;

use super::{
    Openapi,
    answer::{Answer, Trouble},
    deadline::Deadline,
    transport::{Outgoing, TransportError},
};

/// A deadline of minutes must not become a loop against a limit that does not end.
const RATE_PAUSES_MAX: u32 = 5;

/// Repetitions of a call that somebody can make again later. They cost 1.5 s in all, so that an outage of Lark's does not
/// keep the workers of deliveries waiting.
const REPEATS_MAX: u32 = 4;

const PAUSE_FIRST: Duration = Duration::from_millis(100);

/// Nobody gains from a longer one: who waits is a person in front of a browser.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// How long a request is worth repeating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Persistence {
    /// A few times: whoever asks can ask again later.
    Brief,
    /// Until the caller's deadline: there is no later, because the code of an authorization works for this try alone.
    UntilDeadline,
}

impl Openapi {
    /// Sends, and sends again what may work in a moment, as often as it fits into the deadline. The last answer may still
    /// tell of a trouble.
    pub(super) async fn send_again(
        &self,
        outgoing: &Outgoing<'_>,
        persistence: Persistence,
        deadline: &Deadline,
    ) -> Result<Answer, TransportError> {
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

/// Doubled each time.
fn pause(repeats: u32) -> Duration {
    PAUSE_FIRST
        .saturating_mul(1 << repeats.saturating_sub(1).min(16))
        .min(PAUSE_MAX)
}

/// Without a connection nothing was sent; with one that broke, nobody knows.
fn trouble_of(error: &TransportError) -> Option<Trouble> {
    match error {
        TransportError::Connect(_) => Some(Trouble::NotSent),
        TransportError::Broken(_) | TransportError::TooSlow { .. } | TransportError::NotText { .. } => {
            Some(Trouble::Unknown)
        }
        TransportError::TooLarge { .. } => None,
    }
}
