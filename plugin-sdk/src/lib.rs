//! Write a lark-callback plugin in Rust.
//!
//! # A plugin
//!
//! ```
//! use lark_plugin_sdk::prelude::*;
//!
//! #[derive(Default)]
//! struct Echo;
//!
//! impl Plugin for Echo {
//!     const EVENTS: &'static [&'static str] = &["im.message.receive_v1"];
//!
//!     fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
//!         let message: MessageReceive = event.payload()?;
//!         host.log().info(&format!("{} said {}", message.sender_open_id(), message.text()));
//!         Ok(Outcome::done())
//!     }
//! }
//!
//! register!(Echo);
//! ```
//!
//! `Cargo.toml` needs this crate, and `crate-type = ["cdylib"]` under `[lib]`: alone, because a package that is also an
//! `rlib` is linked without link-time optimisation. Tests in `src` run all the same.
//!
//! [`CardAction`], [`MessageReceive`], [`UrlPreview`], [`P2pChatCreate`] and [`OauthRedirect`] are views of what Lark sends; for any other
//! event read the payload as a type of your own, or as `serde_json::Value`.
//!
//! # A test
//!
//! The same handler runs under `cargo test`, without a sandbox, a network or a clock:
//!
//! ```
//! # use lark_plugin_sdk::prelude::*;
//! # #[derive(Default)]
//! # struct Echo;
//! # impl Plugin for Echo {
//! #     const EVENTS: &'static [&'static str] = &["im.message.receive_v1"];
//! #     fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
//! #         let message: MessageReceive = event.payload()?;
//! #         host.log().info(&format!("{} said {}", message.sender_open_id(), message.text()));
//! #         Ok(Outcome::done())
//! #     }
//! # }
//! use lark_plugin_sdk::testing::FakeHost;
//!
//! let host = FakeHost::new();
//! Echo.handle(&host, &Event::text_message("ou_anna", "hello"))?;
//! assert_eq!(host.logged()[0].message, "ou_anna said hello");
//! # Ok::<(), Failure>(())
//! ```
//!
//! # A reply
//!
//! ```
//! # use lark_plugin_sdk::prelude::*;
//! # use serde_json::json;
//! # struct Counter;
//! # impl Counter {
//! fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
//!     let click: CardAction = event.payload()?;
//!     let Some(key) = click.action.value_as::<String>() else {
//!         return Ok(Outcome::pass()); // not our button: the next plugin is asked
//!     };
//!     let count = host.kv().update_json(&key, None, |count: Option<u64>| Some(count.unwrap_or(0) + 1))?;
//!     let count = count.unwrap_or_default();
//!     Outcome::reply(&CardReply::toast(
//!         Toast::success(format!("第 {count} 次")).translated("en_us", format!("{count} times")),
//!     ))
//! }
//! # }
//! # let host = lark_plugin_sdk::testing::FakeHost::new();
//! # let outcome = Counter.handle(&host, &Event::card_action("ou_anna", "likes"))?;
//! # assert_eq!(outcome.reply_json().unwrap()["toast"]["content"], json!("第 1 次"));
//! # Ok::<(), Failure>(())
//! ```
//!
//! # A call of Lark's
//!
//! ```
//! # use lark_plugin_sdk::prelude::*;
//! # use lark_plugin_sdk::testing::FakeHost;
//! # fn run(host: &dyn Host) -> Result<Outcome, Failure> {
//! host.openapi().send_text(To::OpenId("ou_anna"), "你好")?;
//! # Ok(Outcome::done())
//! # }
//! let host = FakeHost::new();
//! run(&host)?;
//! assert_eq!(host.calls()[0].path, "/open-apis/im/v1/messages");
//! # Ok::<(), Failure>(())
//! ```
//!
//! The host adds the token, which no plugin ever sees, and the operator allows methods and paths. [`Openapi::as_user`] makes
//! the call as a user who authorized the application; [`Oauth`] is how a user does that. A click must be answered in three
//! seconds, so what is slow belongs into a task ([`Outcome::with_task`]), which is done after the reply and again when it
//! fails.
//!
//! # When it goes wrong
//!
//! `?` on any error means "try again later": an event is delivered again, the user of a card sees a neutral toast.
//! [`Failure::permanent`] means "never". A payload of another shape is permanent by itself. A panic ends the call, counts
//! as "try again", and is in the log with message and place.
//!
//! # A build
//!
//! ```text
//! rustup target add wasm32-wasip2
//! cargo build --target wasm32-wasip2 --release
//! ```
//!
//! Copy `target/wasm32-wasip2/release/<name>.wasm` into the plugin folder; a running server takes it at once.
//! Every call gets a fresh instance, so what an instance needs at its start is paid on every call. These settings nearly halve it.
//! In `Cargo.toml`:
//!
//! ```toml
//! [profile.release]
//! lto = "fat"
//! codegen-units = 1
//! strip = "debuginfo" # names stay, so that the place of a trap can be read
//! ```
//!
//! In `.cargo/config.toml`, a stack of 64 KiB instead of 1 MiB, which keeps all memory of a usual call in the part that the
//! host resets fastest:
//!
//! ```toml
//! [target.wasm32-wasip2]
//! rustflags = ["-C", "link-arg=-zstack-size=65536"]
//! ```

mod border;
mod event;
mod failure;
mod host;
mod json_text;
mod kv;
mod metrics;
mod oauth;
mod openapi;
mod outcome;
mod plugin;
mod register;
mod reply;
#[cfg(target_family = "wasm")]
mod streams;
mod views;

// Not for authors: `register!` writes names of these.
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub mod bindings;
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub mod component;

// A component has the real host.
#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use event::{Event, Kind, Task};
pub use failure::Failure;
pub use host::{Config, Host, Level, Log};
pub use kv::{Entry, Kv, KvError};
pub use metrics::Metrics;
pub use oauth::{Authorization, AuthorizedUser, Link, Oauth, OauthError};
pub use openapi::{Answer, Call, Identity, Openapi, OpenapiError, OpenapiRequest, OpenapiResponse, To};
pub use outcome::{NewTask, Outcome, Reply};
pub use plugin::{Plugin, Want};
pub use reply::{Card, CardReply, PageReply, PreviewLinks, PreviewReply, Template, Toast, ToastKind};
pub use views::{
    Action, BotInfo, CardAction, CardToken, ChatUser, Context, Mention, Message, MessageReceive, OauthRedirect,
    Operator, P2pChatCreate, Sender, UrlPreview, UserId,
};

/// All that a usual plugin names: `use lark_plugin_sdk::prelude::*;`.
pub mod prelude {
    pub use crate::{
        Card, CardAction, CardReply, Event, Failure, Host, MessageReceive, NewTask, OauthRedirect, Outcome, PageReply,
        Plugin, PreviewReply, Task, To, Toast, UrlPreview, Want, register,
    };
}
