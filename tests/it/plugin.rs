//! The sandbox: what plugins may do, what they may take, and what happens to those that break.

mod attacks;
mod backoff;
mod compiling;
#[path = "../../host/src/plugin/fixture/component.rs"]
#[allow(dead_code, reason = "shared with the tests of the room, which use the rest")]
mod component;
mod failures;
mod forward;
mod greed;
mod http;
mod imports;
mod lark_calls;
mod media;
mod neighbours;
mod released;
mod settings;
mod warm;
