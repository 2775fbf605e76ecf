//! The program as a person meets it: exit codes, messages, signals, `dev` and `send`.

mod dev;
mod hangup;
mod process;
mod sending;
