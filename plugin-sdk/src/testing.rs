//! Tools for testing a handler natively: a host in memory, and sample events.
//!
//! ```
//! use lark_plugin_sdk::prelude::*;
//! use lark_plugin_sdk::testing::FakeHost;
//! # use serde_json::json;
//! # #[derive(Default)]
//! # struct Greeter;
//! # impl Plugin for Greeter {
//! #     const EVENTS: &'static [&'static str] = &["card.action.trigger"];
//! #     fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
//! #         let click: CardAction = event.payload()?;
//! #         let greeting = host.config().require("greeting")?;
//! #         Outcome::reply(&CardReply::toast(Toast::info(format!("{greeting} {}", click.operator_open_id()))))
//! #     }
//! # }
//!
//! let host = FakeHost::new().with_config("greeting", "hello");
//! let click = Event::card_action("ou_anna", json!({"greet": true}));
//! let outcome = Greeter.handle(&host, &click)?;
//! assert_eq!(outcome.reply_json(), Some(json!({"toast": {"type": "info", "content": "hello ou_anna"}})));
//! # Ok::<(), Failure>(())
//! ```

mod assertions;
mod events;
mod fake_host;
mod fake_kv;
mod fake_lark;
mod fake_media;
mod fake_services;
mod fixtures;
mod judged;
mod limits;
mod scenario;
mod script;
mod trouble;

pub use assertions::assert_json;
pub use fake_host::{FakeHost, LogLine};
pub use fake_lark::Exchange;
pub use fake_media::Uploaded;
pub(crate) use fake_media::{DownloadSource, UploadSource};
pub use fake_services::FakeResponse;
pub(crate) use fake_services::HttpSource;
pub use fixtures::{fixture, fixtures};
pub use scenario::assert_fixtures;
pub use trouble::Trouble;

/// Whether a path is one of a pattern, in which `*` stands for one part.
fn fits(pattern: &str, path: &str) -> bool {
    let (mut parts, mut of_path) = (pattern.split('/'), path.split('/'));
    loop {
        match (parts.next(), of_path.next()) {
            (None, None) => return true,
            (Some(part), Some(of_path)) if part == "*" || part == of_path => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests;
