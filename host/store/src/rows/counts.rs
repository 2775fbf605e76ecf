//! What happened in a span of time, as sums.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Sum of what happened with one outcome in one span of time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Counted {
    /// First minute of the span, since 1970.
    pub minute: u64,
    /// `callback`, `event`, `attempt`, `refused`; `took_callback` and `took_event` for how long they took.
    pub kind: String,
    /// Stable word for the outcome or the reason; the upper bound in milliseconds of how long it took.
    pub outcome: String,
    /// How often.
    pub number: u64,
}
