//! Questions of an operator: lists, one event with all its deliveries, counts.
//!
//! Lists are bounded and go on from a cursor, the newest first. No list reads payloads.

mod blocks;
pub(crate) mod copy;
pub(crate) mod dead;
pub(crate) mod dead_groups;
pub(crate) mod deliveries;
pub(crate) mod details;
pub(crate) mod erase;
pub(crate) mod events;
pub(crate) mod filter;
mod known;
mod needles;
mod range;
pub(crate) mod replay;
pub(crate) mod search;
mod selected;
pub(crate) mod status;
mod step;
