//! The Lark protocol as pure functions: bytes ↔ values. No IO and no clock.

mod event;

pub use event::{Event, Kind, Schema};
