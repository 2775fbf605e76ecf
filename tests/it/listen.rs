//! Connections: senders that take their time or stop in the middle.

mod slow;
