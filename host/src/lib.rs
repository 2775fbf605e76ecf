//! The code map.

pub mod lark;
