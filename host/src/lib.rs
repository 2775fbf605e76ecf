//! `lark-callback`: receives, verifies, stores and answers Feishu/Lark callbacks with WebAssembly plugins.
//!
//! Bytes come in at the top, become values once, go down through the layers, and one value comes back. In reading order:
//!
//! - [`lark_protocol`]: what Lark sends and wants back, as pure functions in a crate of its own. No IO, no clock.
//! - [`moment`]: a moment on both clocks.
//! - [`http_client`]: how an HTTP client is built, whoever it calls.
//! - [`toml_text`]: TOML that people wrote, with errors that quote none of it.
//! - [`vault`]: sealing of secrets that are kept. Pure as well.
//! - [`trace`]: spans, exported to a collector.
//! - [`openapi`]: calls to Lark. Only it knows Lark's addresses.
//! - [`lark_callback_store`]: the database, in a crate of its own. Only it knows SQL.
//! - [`outward`]: HTTP requests to services outside, with checked addresses.
//! - [`tokens`]: users' tokens, sealed in the store and refreshed by one for all.
//! - [`plugin`]: WebAssembly components. Only it knows wasmtime.
//! - [`dispatch`]: one event in, one answer out.
//! - [`apps`]: the applications that are served, with their keys.
//! - [`listen`]: connections and their limits, for every listener.
//! - [`operate`]: what an operator can have done to the database.
//! - [`console`]: the same in a browser, on the operator's listener.
//! - [`http`], [`long_connection`], [`admin`], [`deliver`], [`reload`], [`replicas`], [`versions`], [`sweep`], [`alerts`]: the edges.
//!   Requests, pushes over a WebSocket, the operator, the queue, files, other servers, versions of plugins, the clock, a chat.
//! - [`app`]: builds all of it, starts and stops it.
//! - [`systemd`]: what the service manager is told.
//! - [`codes`]: every code, ours and Lark's, with its cause and its cure.
//! - [`config`], [`telemetry`], [`cli`]: settings, logs, the command line.
//!
//! No layer names one above it; what must happen later is returned, not called. A test holds that.
//! The words, the rules and the decisions behind them are in `host/docs/architecture.md`.

pub mod admin;
pub mod alerts;
pub mod app;
pub mod apps;
pub mod cli;
pub mod codes;
pub mod config;
pub mod console;
pub mod deliver;
pub mod dispatch;
pub mod http;
pub mod http_client;
pub mod listen;
pub mod long_connection;
pub mod moment;
pub mod openapi;
pub mod operate;
pub mod outward;
pub mod plugin;
pub mod reload;
pub mod replicas;
pub mod sweep;
pub mod systemd;
pub mod telemetry;
pub mod tokens;
pub mod toml_text;
pub mod trace;
pub mod vault;
pub mod versions;
