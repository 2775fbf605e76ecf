//! Shapes of counts: of events, and of dead letters by what failed.

use lark_callback_store::DeadGroup;
use schemars::JsonSchema;

use super::{Explained, Withheld};

/// Count of events.
#[derive(JsonSchema)]
pub(in crate::operate) struct EventCount {
    count: u64,
    /// Whether these are all; otherwise there are more.
    is_exact: bool,
    /// How many event numbers were looked at.
    looked_at: u64,
}

/// Dead letters that failed in the same way.
#[derive(JsonSchema)]
struct Group {
    #[serde(flatten)]
    group: DeadGroup,
    #[serde(skip_serializing_if = "Option::is_none")]
    explained: Option<Vec<Explained>>,
}

/// Groups of dead letters, the largest first.
#[derive(JsonSchema)]
pub(in crate::operate) struct Groups {
    groups: Vec<Group>,
    /// Letters that were looked at.
    looked_at: u64,
    /// Whether there are older letters that were not looked at, or more groups than are told.
    is_more: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    withheld: Option<Withheld>,
}
