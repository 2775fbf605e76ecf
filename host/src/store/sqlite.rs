//! SQLite: one statement for all rows of a kind in a batch, given as one JSON array.

mod checkpoint;
mod deliveries;
mod open;
mod receive;

use serde::Serialize;

pub(super) use deliveries::{claim, extend, finish};
pub use open::announced;
pub(super) use open::{File, open};
pub(super) use receive::{insert_tasks, receive, record};

/// The rows of a statement, for `json_each(?1)`.
fn json(rows: &impl Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(error.into()))
}
