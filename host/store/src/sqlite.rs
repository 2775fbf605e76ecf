//! SQLite: one statement for all rows of a kind in a batch.

mod backup;
mod checkpoint;
mod deliveries;
mod log_watch;
mod name;
mod names;
mod open;
mod private;
mod receive;
mod rows;

use serde::Serialize;

pub(super) use backup::back_up;
pub use backup::{check as check_backup, restore as restore_backup};
pub(super) use deliveries::{claim, extend, finish, give_back, release};
pub(super) use log_watch::log_bytes;
pub(super) use names::{Names, forget};
pub use open::announced;
pub(super) use open::{File, open};
#[cfg(test)]
pub(super) use receive::TOLD;
pub(super) use receive::{insert_tasks, receive, record};

/// Numbers for a statement, for `json_each(?1)`.
fn json(rows: &impl Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(error.into()))
}
