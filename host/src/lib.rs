//! The code map.

pub mod lark;
pub mod plugin;
pub mod store;
