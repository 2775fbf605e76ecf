//! Moving a SQLite database into an empty PostgreSQL, with every table counted on both sides.

use serde::Serialize;
use sqlx::{AssertSqlSafe, SqlitePool};

use crate::{
    backend::{Backend, Session, on_backend},
    error::{StoreError, chain},
    postgres,
    rows::{
        copied::{TABLES, Table},
        numbers::millis,
    },
    sqlite,
    store::Store,
};

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
            let emptied = target
                .queues
                .step(|session| Box::pin(async move { postgres::copied::empty(postgres(session)?).await }))
                .await;
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
            .step(move |session| Box::pin(async move { postgres::copied::finish(postgres(session)?, version).await }))
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

async fn copy(from: &SqlitePool, target: &Store, table: &'static Table) -> Result<(), CopyError> {
    let mut after = i64::MIN;
    loop {
        let failed = || StoreError::database("reading rows to copy");
        let rows = sqlite::copied::read(from, table, after, CHUNK_ROWS)
            .await
            .map_err(failed())?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = sqlite::copied::place(last).map_err(failed())?;
        let all = sqlite::copied::columns(&rows, table).map_err(failed())?;
        let inserted = target
            .queues
            .step(move |session| {
                Box::pin(async move { postgres::copied::insert(postgres(session)?, table, all).await })
            })
            .await;
        if inserted.is_err() {
            // One of them is at fault; which one is found by trying each alone.
            for row in rows {
                let place = sqlite::copied::place(&row).map_err(failed())?;
                let alone = sqlite::copied::columns(std::slice::from_ref(&row), table).map_err(failed())?;
                target
                    .queues
                    .step(move |session| {
                        Box::pin(async move { postgres::copied::insert(postgres(session)?, table, alone).await })
                    })
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

fn postgres(session: &mut Session) -> Result<&mut postgres::session::Session, sqlx::Error> {
    match session {
        Backend::Postgres(session) => Ok(session),
        Backend::Sqlite(_) => Err(sqlx::Error::Configuration("only PostgreSQL is copied into".into())),
    }
}
