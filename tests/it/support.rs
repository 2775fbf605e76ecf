//! The foundation of the tests: a place with its own files, the server in this process or as a child, Lark's side of the wire.

mod base;
mod browser;
mod client;
pub(crate) mod clock;
mod collector;
pub(crate) mod document;
mod endpoint;
pub(crate) mod fake_lark;
mod lark;
mod log;
mod place;
mod program;
mod scene;
mod service;
mod sources;
mod stand_in;
mod wait;
mod wire;

pub(crate) use base::Base;
pub(crate) use browser::Browser;
pub(crate) use client::Client;
pub(crate) use collector::{Collector, SeenSpan};
pub(crate) use endpoint::{Endpoint, Pushing, Refuse};
pub(crate) use lark::{Lark, OPERATOR, event_id, now};
pub(crate) use log::Log;
pub(crate) use place::{Place, wasm};
pub(crate) use program::{Finished, Program};
pub(crate) use scene::Scene;
pub(crate) use service::Service;
pub(crate) use sources::{root, sources};
pub(crate) use wait::{until, within};
pub(crate) use wire::{Answer, Connection, Request};
