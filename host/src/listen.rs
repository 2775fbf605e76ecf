//! Listeners of the process: connection limit, read and write timeouts, and a drain that cuts off no request.

mod address;
mod body;
mod connection;
mod room;
mod server;

pub use address::{authority, bare, is_loopback};
pub use connection::{Patience, Written};
pub use server::{ServerSettings, serve};
