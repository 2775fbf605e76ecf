//! Connections: where they come in, and senders that take their time or stop in the middle.

mod slow;
mod sockets;
