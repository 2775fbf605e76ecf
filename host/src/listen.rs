//! Listening: connections up to a limit, patience with a limit, an end that cuts nobody off. For every listener of the
//! process.

mod address;
mod body;
mod connection;
mod room;
mod server;

pub use address::{authority, bare, is_loopback};
pub use connection::{Patience, Written};
pub use server::{ServerSettings, serve};
