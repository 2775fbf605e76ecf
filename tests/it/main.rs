//! The whole server from outside: bytes in over HTTP, answers out, files dropped into a folder.

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
mod app_ticket;
mod backup;
mod budget;
mod challenge;
mod clock;
mod compiling;
mod crash;
mod databases;
mod deliveries;
mod dev;
mod duplicates;
mod failures;
mod faults;
mod floors;
mod greed;
mod hangup;
mod house;
mod imports;
mod kinds;
mod lark_calls;
mod late;
mod layers;
mod log_fields;
mod neighbours;
mod openapi;
mod operate;
mod paths;
mod process;
mod redirect;
mod refusals;
mod reload;
mod replicas;
mod returns;
mod secrets;
mod sending;
mod slow;
mod snapshots;
mod started;
mod stop;
mod story;
mod strangers;
mod support;
mod tokens;
mod waiting;
