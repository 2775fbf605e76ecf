//! A look at a database without a server: whether it is there, and in which state.

use crate::{
    error::StoreError,
    postgres,
    rows::inspection::Inspection,
    sqlite,
    store::settings::{Database, StoreSettings},
};

/// Looks at the database of these settings without changing it; `None` when the SQLite file does not exist yet.
///
/// # Errors
/// When it cannot be used, as at a start.
pub async fn inspect(settings: &StoreSettings) -> Result<Option<Inspection>, StoreError> {
    match &settings.database {
        Database::Sqlite(path) => sqlite::inspect::inspect(path).await,
        Database::Postgres(settings) => postgres::inspect::inspect(settings).await.map(Some),
    }
}
