//! SQLite: one statement for all rows of a kind in a batch.

pub(crate) mod backup;
mod checkpoint;
mod deliveries;
pub(crate) mod inspect;
mod json;
mod log_watch;
mod name;
mod names;
pub(crate) mod open;
mod private;
mod receive;
mod rows;
pub(crate) mod session;
mod tasks;

pub(crate) use deliveries::{claim, extend, finish, give_back, release};
pub(crate) use names::forget;
#[cfg(test)]
pub(crate) use receive::TOLD;
pub(crate) use receive::receive;
pub(crate) use tasks::{add_tasks, record};
