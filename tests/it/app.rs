//! Starting and stopping.

mod stop;
mod systemd;
