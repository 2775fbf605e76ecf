//! The schema, embedded: forward only, all pending steps in one transaction, safe to run again.

use std::borrow::Cow;

use sqlx::{
    Connection, PgConnection, SqlSafeStr, SqliteConnection,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

/// Its number, its name, its statements.
type Step = (i64, &'static str, &'static str);

/// In order; a released step is never edited, because its checksum is in every database that has run it.
const SQLITE: &[Step] = &[
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
    (4, "tokens", include_str!("../../../migrations/sqlite/0004_tokens.sql")),
    (5, "queue", include_str!("../../../migrations/sqlite/0005_queue.sql")),
    (
        6,
        "receipt_keys",
        include_str!("../../../migrations/sqlite/0006_receipt_keys.sql"),
    ),
    (
        7,
        "arrival_order",
        include_str!("../../../migrations/sqlite/0007_arrival_order.sql"),
    ),
    (9, "chains", include_str!("../../../migrations/sqlite/0009_chains.sql")),
    (
        11,
        "kv_rows",
        include_str!("../../../migrations/sqlite/0011_kv_rows.sql"),
    ),
    (12, "takers", include_str!("../../../migrations/sqlite/0012_takers.sql")),
    (
        13,
        "outcomes",
        include_str!("../../../migrations/sqlite/0013_outcomes.sql"),
    ),
    (
        14,
        "returns",
        include_str!("../../../migrations/sqlite/0014_returns.sql"),
    ),
    (
        15,
        "retention",
        include_str!("../../../migrations/sqlite/0015_retention.sql"),
    ),
    (17, "lost", include_str!("../../../migrations/sqlite/0017_lost.sql")),
    (
        18,
        "one_app",
        include_str!("../../../migrations/sqlite/0018_one_app.sql"),
    ),
    (
        19,
        "request_ids",
        include_str!("../../../migrations/sqlite/0019_request_ids.sql"),
    ),
    (
        20,
        "schedules",
        include_str!("../../../migrations/sqlite/0020_schedules.sql"),
    ),
    (
        21,
        "plugin_history",
        include_str!("../../../migrations/sqlite/0021_plugin_history.sql"),
    ),
    (
        23,
        "connected",
        include_str!("../../../migrations/sqlite/0023_connected.sql"),
    ),
    (24, "audit", include_str!("../../../migrations/sqlite/0024_audit.sql")),
    (
        25,
        "event_blocks",
        include_str!("../../../migrations/sqlite/0025_event_blocks.sql"),
    ),
    (27, "counts", include_str!("../../../migrations/sqlite/0027_counts.sql")),
];

/// The same for PostgreSQL.
const POSTGRES: &[Step] = &[
    (
        1,
        "schema",
        include_str!("../../../migrations/postgres/0001_schema.sql"),
    ),
    (
        2,
        "plugins",
        include_str!("../../../migrations/postgres/0002_plugins.sql"),
    ),
    (
        3,
        "tokens",
        include_str!("../../../migrations/postgres/0003_tokens.sql"),
    ),
    (
        5,
        "chains",
        include_str!("../../../migrations/postgres/0005_chains.sql"),
    ),
    (
        7,
        "kv_rows",
        include_str!("../../../migrations/postgres/0007_kv_rows.sql"),
    ),
    (
        8,
        "takers",
        include_str!("../../../migrations/postgres/0008_takers.sql"),
    ),
    (
        9,
        "outcomes",
        include_str!("../../../migrations/postgres/0009_outcomes.sql"),
    ),
    (
        10,
        "returns",
        include_str!("../../../migrations/postgres/0010_returns.sql"),
    ),
    (
        11,
        "retention",
        include_str!("../../../migrations/postgres/0011_retention.sql"),
    ),
    (13, "lost", include_str!("../../../migrations/postgres/0013_lost.sql")),
    (
        14,
        "one_app",
        include_str!("../../../migrations/postgres/0014_one_app.sql"),
    ),
    (
        15,
        "request_ids",
        include_str!("../../../migrations/postgres/0015_request_ids.sql"),
    ),
    (
        16,
        "schedules",
        include_str!("../../../migrations/postgres/0016_schedules.sql"),
    ),
    (
        17,
        "plugin_history",
        include_str!("../../../migrations/postgres/0017_plugin_history.sql"),
    ),
    (
        18,
        "published_origin",
        include_str!("../../../migrations/postgres/0018_published_origin.sql"),
    ),
    (
        20,
        "connected",
        include_str!("../../../migrations/postgres/0020_connected.sql"),
    ),
    (21, "audit", include_str!("../../../migrations/postgres/0021_audit.sql")),
    (
        22,
        "event_blocks",
        include_str!("../../../migrations/postgres/0022_event_blocks.sql"),
    ),
    (
        24,
        "counts",
        include_str!("../../../migrations/postgres/0024_counts.sql"),
    ),
];

/// Brings the database up to date, all of it in one transaction: a start that is killed must not leave a database that
/// neither version knows, of which the next start would make the copy to go back to.
///
/// # Errors
/// When a step fails, or when the database has steps that this binary does not know (a newer one wrote it).
pub(super) async fn sqlite(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
    let mut transaction = connection.begin().await?;
    migrator(SQLITE).run_direct(None, &mut *transaction, false).await?;
    transaction.commit().await?;
    Ok(())
}

/// Brings the database up to date, all of it in one transaction. Servers that start together do so one after the other, and
/// all but the first find nothing to do.
///
/// # Errors
/// When a step fails, or when the database has steps that this binary does not know (a newer one wrote it).
pub(super) async fn postgres(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let mut transaction = connection.begin().await?;
    // A step may take longer than any statement of everyday; a pooler may hand out a session that has been told otherwise.
    sqlx::query("set local statement_timeout = 0")
        .execute(&mut *transaction)
        .await?;
    // Held until the end of the transaction, which also a pooler keeps on one connection.
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('lark_callback/migrate', 0))")
        .execute(&mut *transaction)
        .await?;
    let mut migrator = migrator(POSTGRES);
    migrator
        .set_locking(false)
        .run_direct(None, &mut *transaction, false)
        .await?;
    transaction.commit().await?;
    Ok(())
}

/// The number of the last step that this version knows.
pub(super) fn newest_sqlite() -> i64 {
    newest(SQLITE)
}

/// The same for PostgreSQL.
pub(super) fn newest_postgres() -> i64 {
    newest(POSTGRES)
}

fn newest(steps: &[Step]) -> i64 {
    steps.last().map_or(0, |(number, ..)| *number)
}

/// How many steps follow one.
pub(super) fn sqlite_after(number: i64) -> usize {
    SQLITE.iter().filter(|(step, ..)| *step > number).count()
}

/// The last step that a database has run, if it is an older one of ours with steps to come.
pub(super) async fn pending_sqlite(connection: &mut SqliteConnection) -> Option<i64> {
    let last: Result<Option<i64>, _> = sqlx::query_scalar("select max(version) from _sqlx_migrations")
        .fetch_one(connection)
        .await;
    // A new file has no such table.
    last.ok().flatten().filter(|last| *last < newest_sqlite())
}

/// The numbers of all steps that this version knows.
pub(super) fn known_sqlite() -> Vec<i64> {
    SQLITE.iter().map(|(number, ..)| *number).collect()
}

/// The same for PostgreSQL.
pub(super) fn known_postgres() -> Vec<i64> {
    POSTGRES.iter().map(|(number, ..)| *number).collect()
}

/// Whether steps that a database has run are ours, as far as this version knows them. Another program may keep its own in a
/// table of the same name.
pub(super) fn are_ours_sqlite(run: &[(i64, Vec<u8>)]) -> bool {
    let migrator = migrator(SQLITE);
    let is_ours = |(number, checksum): &(i64, Vec<u8>)| {
        let known = migrator.iter().find(|step| step.version == *number);
        known.map_or(*number > newest_sqlite(), |step| *step.checksum == **checksum)
    };
    !run.is_empty() && run.iter().all(is_ours)
}

fn migrator(steps: &[Step]) -> Migrator {
    let migration = |&(version, name, sql): &Step| {
        Migration::new(
            version,
            Cow::Borrowed(name),
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    };
    Migrator::with_migrations(steps.iter().map(migration).collect())
}
