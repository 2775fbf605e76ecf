//! Moving a SQLite database into an empty PostgreSQL, with every table counted on both sides.

mod tables;

use serde::Serialize;
use sqlx::{AssertSqlSafe, PgConnection, Row, SqlitePool, sqlite::SqliteRow};

use crate::{
    backend::{Backend, Session, on_backend},
    error::{StoreError, chain},
    rows::{numbers::millis, text::storable},
    store::Store,
};

use tables::{Holds, TABLES, Table};

/// Error of copying a database.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Only this way round.
    #[error("only a SQLite database can be copied, and only into a PostgreSQL")]
    Direction,
    /// There is something already.
    #[error("the PostgreSQL database has {rows} rows in {table} already; copy into an empty one")]
    NotEmpty {
        /// The table.
        table: &'static str,
        /// Its rows.
        rows: u64,
    },
    /// Not everything arrived.
    #[error(
        "{table} has {from} rows in SQLite and {to} in PostgreSQL; the SQLite file is unchanged, so empty the other and \
         copy again, with no server running on either"
    )]
    Counts {
        /// The table.
        table: &'static str,
        /// In SQLite.
        from: u64,
        /// In PostgreSQL.
        to: u64,
    },
    /// A row that PostgreSQL does not take; nothing was copied.
    #[error(
        "the row {place} of {table} (its rowid, or the number of the row it belongs to) cannot be stored in PostgreSQL"
    )]
    Row {
        /// The table.
        table: &'static str,
        /// Where it is.
        place: i64,
        /// The error of the database.
        source: StoreError,
    },
    /// One of the two did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A table that was copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CopiedTable {
    /// Its name.
    pub table: &'static str,
    /// Its rows, the same on both sides.
    pub rows: u64,
}

/// Rows that are in memory at once; a payload may have a MiB, most have one or two KiB.
const CHUNK_ROWS: i64 = 200;

impl Store {
    /// Copies everything but leases into an empty PostgreSQL. No server may run on either. The source stays as it is.
    ///
    /// # Errors
    /// When the target is not empty, one of the two did not answer, or the counts differ afterwards.
    pub async fn copy_to(&self, target: &Self) -> Result<Vec<CopiedTable>, CopyError> {
        let (Backend::Sqlite(from), Backend::Postgres(_)) = (&*self.readers, &*target.readers) else {
            return Err(CopyError::Direction);
        };
        for table in &TABLES {
            let rows = target.rows_of(table.name).await?;
            if rows > 0 {
                return Err(CopyError::NotEmpty {
                    table: table.name,
                    rows,
                });
            }
        }
        let copied = self.copy_tables(from, target).await;
        if copied.is_err() {
            // It was empty, and is to be empty again for the next try.
            let emptied = target.queues.step(|session| Box::pin(empty(session))).await;
            if let Err(error) = emptied {
                tracing::warn!(
                    error = chain(&error),
                    "A partial copy is left in the PostgreSQL database; empty it before the next try"
                );
            }
        }
        copied
    }

    async fn copy_tables(&self, from: &SqlitePool, target: &Self) -> Result<Vec<CopiedTable>, CopyError> {
        let mut copied = Vec::new();
        for table in &TABLES {
            copy(from, target, table).await?;
            let (rows, arrived) = (self.rows_of(table.name).await?, target.rows_of(table.name).await?);
            if rows != arrived {
                return Err(CopyError::Counts {
                    table: table.name,
                    from: rows,
                    to: arrived,
                });
            }
            copied.push(CopiedTable {
                table: table.name,
                rows,
            });
        }
        let version: i64 = sqlx::query_scalar("select last from kv_version")
            .fetch_one(from)
            .await
            .map_err(StoreError::database("reading the version counter"))?;
        target
            .queues
            .step(move |session| Box::pin(finish(session, version)))
            .await?;
        Ok(copied)
    }

    async fn rows_of(&self, table: &'static str) -> Result<u64, StoreError> {
        let statement = || AssertSqlSafe(format!("select count(*) from {table}"));
        let count: Result<i64, _> = on_backend!(&*self.readers, readers => {
            sqlx::query_scalar(statement()).fetch_one(readers).await
        });
        count.map(millis).map_err(StoreError::database("counting rows"))
    }
}

/// One column of a chunk.
#[derive(Clone)]
enum Column {
    Numbers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

async fn copy(from: &SqlitePool, target: &Store, table: &'static Table) -> Result<(), CopyError> {
    let names: Vec<_> = table.columns.iter().map(|(name, _)| *name).collect();
    let statement = format!("select {}, {}", names.join(", "), table.walk);
    let mut after = i64::MIN;
    loop {
        let failed = || StoreError::database("reading rows to copy");
        let rows = sqlx::query(AssertSqlSafe(statement.clone()))
            .bind(after)
            .bind(CHUNK_ROWS)
            .fetch_all(from)
            .await
            .map_err(failed())?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.try_get("place").map_err(failed())?;
        let all = columns(&rows, table).map_err(failed())?;
        let inserted = target
            .queues
            .step(move |session| Box::pin(insert(session, table, all)))
            .await;
        if inserted.is_err() {
            // One of them is at fault; which one is found by trying each alone.
            for row in rows {
                let place: i64 = row.try_get("place").map_err(failed())?;
                let alone = columns(std::slice::from_ref(&row), table).map_err(failed())?;
                target
                    .queues
                    .step(move |session| Box::pin(insert(session, table, alone)))
                    .await
                    .map_err(|source| CopyError::Row {
                        table: table.name,
                        place,
                        source,
                    })?;
            }
        }
    }
}

fn columns(rows: &[SqliteRow], table: &Table) -> Result<Vec<Column>, sqlx::Error> {
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

/// Nothing of ours was there before. Numbers begin again as in a new database.
async fn empty(session: &mut Session) -> Result<(), sqlx::Error> {
    let names: Vec<_> = TABLES.iter().map(|table| table.name).collect();
    let connection = postgres(session)?;
    let statement = format!("truncate {} restart identity", names.join(", "));
    sqlx::query(AssertSqlSafe(statement)).execute(&mut *connection).await?;
    // Of a trigger's own.
    sqlx::query("delete from kv_usage")
        .execute(connection)
        .await
        .map(|_| ())
}

fn cells<'r, T>(rows: &'r [SqliteRow], index: usize) -> Result<Vec<T>, sqlx::Error>
where
    T: sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    rows.iter().map(|row| row.try_get(index)).collect()
}

async fn insert(session: &mut Session, table: &'static Table, columns: Vec<Column>) -> Result<(), sqlx::Error> {
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
    query.execute(postgres(session)?).await.map(|_| ())
}

/// Sets where numbers begin, and makes deliveries ready whose server is gone.
async fn finish(session: &mut Session, version: i64) -> Result<(), sqlx::Error> {
    let connection = postgres(session)?;
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

fn postgres(session: &mut Session) -> Result<&mut PgConnection, sqlx::Error> {
    match session {
        Backend::Postgres(session) => Ok(&mut session.connection),
        Backend::Sqlite(_) => Err(sqlx::Error::Configuration("only PostgreSQL is copied into".into())),
    }
}
