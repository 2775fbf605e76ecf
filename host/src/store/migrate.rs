//! The schema, embedded: forward only, each step in one transaction, safe to run again.

use std::borrow::Cow;

use sqlx::{
    SqlSafeStr, SqliteConnection,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

/// In order; a released step is never edited, because its checksum is in every database that has run it.
const SQLITE: [(i64, &str, &str); 3] = [
    (
        1,
        "receipts",
        include_str!("../../../migrations/sqlite/0001_receipts.sql"),
    ),
    (2, "kv", include_str!("../../../migrations/sqlite/0002_kv.sql")),
    (
        3,
        "deliveries",
        include_str!("../../../migrations/sqlite/0003_deliveries.sql"),
    ),
];

/// Brings the database up to date.
///
/// # Errors
/// When a step fails, or when the database has steps that this binary does not know (a newer one wrote it).
pub(super) async fn sqlite(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
    let steps = SQLITE.map(|(version, name, sql)| {
        Migration::new(
            version,
            Cow::Borrowed(name),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(steps.into())
        .run_direct(None, connection, false)
        .await
}
