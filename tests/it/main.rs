//! The whole server from outside: bytes in over HTTP, answers out, files dropped into a folder.
//!
//! Each module is a room of `host/src` (or the crate `host/store`), and its files are what is promised there:
//!
//! | module | tests |
//! |---|---|
//! | `http`, `listen` | challenges, refusals, paths, returns from the authorize page, strangers; slow senders |
//! | `long_connection` | pushes over the WebSocket that the server opens, and what Lark refuses |
//! | `dispatch` | every kind of event and callback, duplicates, the budget, late answers |
//! | `deliver` | events after their answer, retries, dead letters; a clock that is wrong (with `sweep`) |
//! | `plugin`, `reload`, `replicas` | the sandbox, its limits and its grants; files that come and go; several servers |
//! | `openapi`, `tokens` | calls of Lark; users' tokens and the tickets of store applications (with `vault`) |
//! | `store` | a database that fails, is slow, or is reached through a pooler or TLS; what each statement does is tested in `host/store` |
//! | `admin`, `operate` | the operator's listener and commands (with `apps`) |
//! | `console` | the operator's pages: who gets in, what a foreign page cannot do, and each page in a browser |
//! | `config`, `cli`, `telemetry`, `app` | settings, the program itself, logs and metrics, starting and stopping |
//! | `versions` | plugins that are rolled back, pinned, held, and sent back by themselves |
//! | `trace`, `alerts` | spans as a collector sees them; cards in the operators' chat |
//! | `whole` | what no room promises alone: nothing answered is lost, no secret is shown, an authorization goes through |
//! | `packaging` | the package, the image, the chart and the release: `host/deploy` |
//! | `documents` | the documents: their commands, their links, the Chinese twins, the proxies they describe |
//! | `house` | the rules of the code that a machine can see |
//!
//! `support` is what they stand on.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "supporting functions of tests are tests"
)]

mod admin;
mod alerts;
mod app;
mod cli;
mod config;
mod console;
mod deliver;
mod dispatch;
mod documents;
mod house;
mod http;
mod listen;
mod long_connection;
mod openapi;
mod operate;
mod packaging;
mod plugin;
mod reload;
mod replicas;
mod store;
mod support;
mod telemetry;
mod tokens;
mod trace;
mod versions;
mod whole;
