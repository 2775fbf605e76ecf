//! Listeners of the process: sockets, connection limit, read and write timeouts, and a drain that cuts off no request.

mod address;
mod body;
mod closing;
mod connection;
mod file;
mod inherited;
mod proxies;
mod room;
mod routes;
mod server;
mod socket;
mod stream;

pub use address::{Address, authority, bare, is_loopback, unix_path};
pub use connection::{Patience, Written};
pub use file::SOCKET_PATH_BYTES_MAX;
pub use inherited::{Inherited, InheritedError, InheritedSocket};
pub use proxies::{NotANetwork, Sender, TrustedProxies};
pub use routes::Routes;
pub use server::{ServerSettings, serve};
pub use socket::Socket;
pub use stream::Peer;
