//! PostgreSQL: several servers may share one database. One statement for all rows of a kind in a batch, given as arrays.

mod connect;
pub(crate) mod copied;
mod deliveries;
pub(crate) mod hints;
mod insert;
pub(crate) mod inspect;
pub(crate) mod open;
mod overdue;
pub(crate) mod parts;
mod receive;
mod repeats;
mod retention;
pub(crate) mod server;
pub(crate) mod session;
pub(crate) mod settings;
mod takers;
mod tasks;
pub(crate) mod url;
mod way;

pub(crate) use deliveries::{claim, extend, finish, give_back, release};
pub(crate) use overdue::expire;
pub(crate) use receive::receive;
pub(crate) use retention::{bytes, delete_walked, forget, newest_before};
pub(crate) use tasks::{add_tasks, record};
