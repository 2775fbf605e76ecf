//! SQLite: one statement for all rows of a kind in a batch.

pub(crate) mod backup;
mod checkpoint;
pub(crate) mod copied;
mod deliveries;
mod direct;
pub(crate) mod inspect;
mod json;
pub(crate) mod lock;
mod log_watch;
mod name;
mod names;
pub(crate) mod open;
mod overdue;
mod place;
mod private;
mod receive;
mod retention;
mod rows;
pub(crate) mod session;
mod tasks;

pub(crate) use deliveries::{claim, extend, finish, give_back, release};
pub(crate) use names::forget;
#[cfg(test)]
pub(crate) use overdue::EXPIRE;
pub(crate) use overdue::expire;
#[cfg(test)]
pub(crate) use receive::TOLD;
pub(crate) use receive::receive;
#[cfg(test)]
pub(crate) use retention::{NEWEST_BEFORE, delete_of};
pub(crate) use retention::{bytes, delete_walked, newest_before};
pub(crate) use tasks::{add_tasks, record};
