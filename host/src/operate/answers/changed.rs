//! Shapes of the answers to commands that replay, retry or drop.

use lark_callback_store::Replayed;
use schemars::JsonSchema;

use super::Counted;
use crate::operate::selection::HeldUp;

/// Events that are processed again.
#[derive(JsonSchema)]
#[serde(untagged)]
pub(in crate::operate) enum Replays {
    /// Of a dry run.
    Counted(Counted),
    /// Of events that were named.
    Named {
        /// How many deliveries were made.
        replayed: u64,
        deliveries: Vec<Replayed>,
    },
    /// Of a filter.
    Filtered {
        /// How many deliveries were made.
        replayed: u64,
        /// Events that could not be replayed.
        refused: u64,
        /// The first reasons.
        refusals: Vec<String>,
    },
}

/// Deliveries that are retried.
#[derive(JsonSchema)]
#[serde(untagged)]
pub(in crate::operate) enum Retried {
    /// Of a dry run.
    Counted(Counted),
    /// Done.
    Done {
        retried: u64,
        /// Those that somebody else changed at the same time.
        #[serde(skip_serializing_if = "Option::is_none")]
        changed_meanwhile: Option<Vec<i64>>,
        /// Those that wait for another one with the same ordering key, which has to be retried or dropped first; the first of
        /// them.
        #[serde(skip_serializing_if = "Option::is_none")]
        held_up: Option<Vec<HeldUp>>,
        /// Plugins whose deliveries were left, because they are not loaded.
        #[serde(skip_serializing_if = "Option::is_none")]
        not_loaded: Option<Vec<String>>,
    },
}

/// Deliveries that are dropped.
#[derive(JsonSchema)]
#[serde(untagged)]
pub(in crate::operate) enum Dropped {
    /// Of a dry run.
    Counted(Counted),
    /// Done.
    Done {
        dropped: u64,
        /// Those that somebody else changed at the same time.
        #[serde(skip_serializing_if = "Option::is_none")]
        changed_meanwhile: Option<Vec<i64>>,
    },
}
