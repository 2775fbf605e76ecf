//! Reading the rows of a SQLite database that are copied into PostgreSQL.

use sqlx::{AssertSqlSafe, Row, SqlitePool, sqlite::SqliteRow};

use crate::rows::{
    copied::{Column, Holds, Table},
    text::storable,
};

/// The next rows of a table after a place.
pub(crate) async fn read(
    from: &SqlitePool,
    table: &Table,
    after: i64,
    rows_max: i64,
) -> Result<Vec<SqliteRow>, sqlx::Error> {
    let names: Vec<_> = table.columns.iter().map(|(name, _)| *name).collect();
    sqlx::query(AssertSqlSafe(format!("select {}, {}", names.join(", "), table.walk)))
        .bind(after)
        .bind(rows_max)
        .fetch_all(from)
        .await
}

/// Where a row is in its table.
pub(crate) fn place(row: &SqliteRow) -> Result<i64, sqlx::Error> {
    row.try_get("place")
}

pub(crate) fn columns(rows: &[SqliteRow], table: &Table) -> Result<Vec<Column>, sqlx::Error> {
    let column = |(index, (_, holds)): (usize, &(&str, Holds))| {
        Ok(match holds {
            Holds::Number => Column::Numbers(cells(rows, index)?),
            Holds::Text => Column::Texts(texts(rows, index)?),
            Holds::Bytes => Column::Bytes(cells(rows, index)?),
        })
    };
    table.columns.iter().enumerate().map(column).collect()
}

/// As PostgreSQL can keep them, and as the server itself stores them there. SQLite also keeps bytes that are no text.
fn texts(rows: &[SqliteRow], index: usize) -> Result<Vec<Option<String>>, sqlx::Error> {
    let text = |row: &SqliteRow| {
        let bytes: Option<&[u8]> = row.try_get_unchecked(index)?;
        Ok(bytes.map(|bytes| storable(&String::from_utf8_lossy(bytes)).into_owned()))
    };
    rows.iter().map(text).collect()
}

fn cells<'r, T>(rows: &'r [SqliteRow], index: usize) -> Result<Vec<T>, sqlx::Error>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    rows.iter().map(|row| row.try_get(index)).collect()
}
