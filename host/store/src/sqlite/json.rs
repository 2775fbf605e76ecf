//! Lists as one parameter of a statement, for `json_each(?1)`.

use serde::Serialize;

pub(super) fn json(rows: &impl Serialize) -> Result<String, sqlx::Error> {
    serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(error.into()))
}
