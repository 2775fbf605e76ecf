//! Writing the rows that are copied from a SQLite database.

use sqlx::AssertSqlSafe;

use super::session::Session;
use crate::rows::copied::{Column, Holds, TABLES, Table};

/// Nothing of ours was there before. Numbers begin again as in a new database.
pub(crate) async fn empty(session: &mut Session) -> Result<(), sqlx::Error> {
    let names: Vec<_> = TABLES.iter().map(|table| table.name).collect();
    let connection = &mut session.connection;
    let statement = format!("truncate {} restart identity", names.join(", "));
    sqlx::query(AssertSqlSafe(statement)).execute(&mut *connection).await?;
    // Of a trigger's own.
    sqlx::query("delete from kv_usage")
        .execute(connection)
        .await
        .map(|_| ())
}

/// One chunk of a table.
pub(crate) async fn insert(
    session: &mut Session,
    table: &'static Table,
    columns: Vec<Column>,
) -> Result<(), sqlx::Error> {
    let names: Vec<_> = table.columns.iter().map(|(name, _)| *name).collect();
    let arrays: Vec<_> = (1..)
        .zip(table.columns)
        .map(|(number, (_, holds))| match holds {
            Holds::Number => format!("${number}::bigint[]"),
            Holds::Text => format!("${number}::text[]"),
            Holds::Bytes => format!("${number}::bytea[]"),
        })
        .collect();
    let statement = format!(
        "insert into {} ({}) select * from unnest({})",
        table.name,
        names.join(", "),
        arrays.join(", ")
    );
    let mut query = sqlx::query(AssertSqlSafe(statement));
    for column in columns {
        query = match column {
            Column::Numbers(values) => query.bind(values),
            Column::Texts(values) => query.bind(values),
            Column::Bytes(values) => query.bind(values),
        };
    }
    query.execute(&mut session.connection).await.map(|_| ())
}

/// Sets where numbers begin, and makes deliveries ready whose server is gone.
pub(crate) async fn finish(session: &mut Session, version: i64) -> Result<(), sqlx::Error> {
    let connection = &mut session.connection;
    for table in TABLES.iter().filter(|table| table.is_numbered) {
        let name = table.name;
        sqlx::query(AssertSqlSafe(format!(
            "select setval(pg_get_serial_sequence('{name}', 'id'), (select coalesce(max(id), 1) from {name}),
                           exists (select 1 from {name}))"
        )))
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query("update kv_version set last = greatest(last, $1)")
        .bind(version)
        .execute(&mut *connection)
        .await?;
    sqlx::query("update deliveries set state = 'ready' where state = 'running'")
        .execute(connection)
        .await
        .map(|_| ())
}
