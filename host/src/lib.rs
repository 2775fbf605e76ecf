//! The code map.

pub mod lark;
pub mod store;
