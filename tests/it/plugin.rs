//! The sandbox: what plugins may do, what they may take, and what happens to those that break.

mod attacks;
mod backoff;
mod compiling;
mod failures;
mod greed;
mod http;
mod imports;
mod lark_calls;
mod neighbours;
mod released;
mod settings;
