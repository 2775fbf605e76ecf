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
//! [`events`] has typed views of Lark's payloads ([`CardAction`], [`MessageReceive`], [`UrlPreview`] among them); read any
//! other payload as a type of your own, or as `serde_json::Value`.
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
//! # A call to Lark
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
//! The host adds the token, which no plugin ever sees, and the operator grants methods and paths. [`Openapi::as_user`] makes
//! the call as a user who authorized the application through [`Oauth`]. A click must be answered within three seconds, so
//! slow work belongs in a task ([`Outcome::with_task`]), which runs after the reply and is retried when it fails.
//!
//! # A request to another service
//!
//! [`Http`] sends requests to the services that the operator granted, and reads their answers whole, in parts, or as
//! server-sent events. The operator's credentials are added by the host.
//!
//! # Errors
//!
//! `?` on any error means "retry later": an event is retried, and the user of a card sees a neutral toast.
//! [`Failure::permanent`] means "do not retry"; a payload that does not fit its type is permanent. A panic ends the call,
//! counts as "retry later", and is logged with its message and location.
//!
//! # A build
//!
//! ```text
//! rustup target add wasm32-wasip2
//! cargo build --target wasm32-wasip2 --release
//! ```
//!
//! Copy `target/wasm32-wasip2/release/<name>.wasm` into the plugin folder; a running server loads it at once.
//! Every call gets a fresh instance, so the start of an instance is paid on every call. These settings nearly halve its cost.
//! In `Cargo.toml`:
//!
//! ```toml
//! [profile.release]
//! lto = "fat"
//! codegen-units = 1
//! strip = "debuginfo" # names stay, so that the place of a trap can be read
//! ```
//!
//! In `.cargo/config.toml`, set a stack of 64 KiB instead of 1 MiB, which keeps all memory of a typical call in the part that
//! the host resets fastest:
//!
//! ```toml
//! [target.wasm32-wasip2]
//! rustflags = ["-C", "link-arg=-zstack-size=65536"]
//! ```

// Before the others, which use its macro.
#[macro_use]
mod failure;

mod border;
pub mod card;
mod content;
mod deadline;
mod event;
pub mod grants;
mod host;
mod http;
mod json_text;
mod kv;
mod log_macros;
mod media;
mod metrics;
mod oauth;
mod openapi;
mod outcome;
mod plugin;
mod register;
mod reply;
#[cfg(target_family = "wasm")]
mod streams;
mod task;
mod views;

// Not for authors: the expansion of `register!` uses these.
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub mod bindings;
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub mod component;

// A component has the real host.
#[cfg(not(target_family = "wasm"))]
pub mod testing;

pub use border::Host;
pub use content::{MessageContent, Resource, ResourceKind};
pub use deadline::Deadline;
pub use event::{Event, Kind, Task};
pub use failure::Failure;
pub use host::{Config, Level, Log};
pub use http::{EventStream, Http, HttpCall, HttpError, HttpRequest, HttpResponse, ServerSentEvent};
pub use kv::{Entry, Kv, KvError};
pub use media::{
    FileType, ImageType, Media, MediaContent, MediaDownload, MediaError, MediaSource, MediaUpload, ResourceType,
};
pub use metrics::Metrics;
pub use oauth::{Authorization, AuthorizedUser, Link, Oauth, OauthError};
pub use openapi::{
    Answer, Call, Identity, LiveCard, Openapi, OpenapiError, OpenapiRequest, OpenapiResponse, Pages, Post, To,
};
pub use outcome::{NewTask, Outcome, Reply};
pub use plugin::{ConfigType, Plugin, Schedule, Want};
pub use reply::{Card, CardReply, PageReply, PreviewLinks, PreviewReply, Template, Toast, ToastKind};
pub use task::TaskKind;
pub use views::events;
pub use views::{
    Action, Bot, BotInfo, CardAction, CardToken, ChatBody, ChatInfo, ChatMention, ChatMessage, ChatSender, ChatUser,
    Context, MemberInfo, Mention, Message, MessageReceive, OauthRedirect, Operator, P2pChatCreate, Sender, UrlPreview,
    UserId,
};

/// The examples of the documents, run as tests.
#[cfg(doctest)]
mod documents {
    #[doc = include_str!("../../host/docs/plugins/calling-lark.md")]
    struct CallingLark;
    #[doc = include_str!("../../host/docs/plugins/calling-services.md")]
    struct CallingServices;
    #[doc = include_str!("../../host/docs/plugins/cards.md")]
    struct Cards;
    #[doc = include_str!("../../host/docs/plugins/messages.md")]
    struct Messages;
    #[doc = include_str!("../../host/docs/plugins/state.md")]
    struct State;
    #[doc = include_str!("../../host/docs/plugins/testing.md")]
    struct Testing;
}

/// Everything that a typical plugin uses.
///
/// ```
/// use lark_plugin_sdk::prelude::*;
///
/// fn handle(host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
///     let message: MessageReceive = event.payload()?;
///     host.openapi().reply_text(&message.message.message_id, "收到")?;
///     Ok(Outcome::done())
/// }
/// # handle(&lark_plugin_sdk::testing::FakeHost::new(), &Event::text_message("ou_anna", "hi"))?.assert_done();
/// # Ok::<(), Failure>(())
/// ```
pub mod prelude {
    pub use crate::{
        Card, CardAction, CardReply, Event, Failure, Host, MessageReceive, NewTask, OauthRedirect, Outcome, PageReply,
        Plugin, PreviewReply, Schedule, Task, To, Toast, UrlPreview, Want, register,
    };
}
