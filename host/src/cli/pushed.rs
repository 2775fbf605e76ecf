//! What `send --long-connection` and the simulated Lark of `dev` say to each other.

use serde::{Deserialize, Serialize};

/// Path at which the simulated Lark is asked for a push.
pub(super) const PUSH_PATH: &str = "/dev/push";

/// Push that Lark is to make.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Push {
    /// The JSON of an event or a callback.
    pub(super) body: String,
    /// In how many frames.
    pub(super) fragments: usize,
    /// What Lark does afterwards.
    pub(super) then: Then,
}

/// Behaviour of Lark after a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Then {
    /// Waits for the answer.
    Wait,
    /// Drops the connection without closing it.
    Drop,
    /// Says and hears nothing any more; the connection stays open.
    FallSilent,
}
