//! Rows in bulk: what a server stored of a few events is copied again and again by the database itself, under new numbers and
//! names.
//!
//! Columns are asked of the database, so that a new one is copied like the others.

use std::path::PathBuf;

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::postgres::Postgres;

/// Tables with a row for each event, and which column has the number by which copies are told apart.
const TABLES: [(&str, &str); 7] = [
    ("events", "id"),
    ("payloads", "event"),
    ("replies", "event"),
    ("receipts", "event"),
    ("receipt_keys", "event"),
    ("deliveries", "event"),
    ("attempts", "delivery"),
];

/// Columns with the number of a row, of any table: moved by the same amount everywhere.
const NUMBERS: [&str; 5] = ["id", "event", "delivery", "origin", "first"];

/// Columns with names that no two events have in common.
const NAMES: [&str; 3] = ["event_id", "message_id", "key"];

/// The two halves of a digest.
const DIGESTS: [&str; 2] = ["high", "low"];

/// The database of a server that does not run meanwhile.
pub(super) enum Database<'a> {
    Sqlite(Box<SqliteConnection>),
    Postgres(&'a Postgres),
}

impl<'a> Database<'a> {
    pub(super) async fn file(path: PathBuf) -> Self {
        let options = SqliteConnectOptions::new().filename(path);
        let mut connection = options.connect().await.expect("it can be opened");
        // Fast, and of no worth if this machine falls: then the benchmark is over.
        let fast = "pragma journal_mode = off; pragma synchronous = off; pragma locking_mode = exclusive;
                    pragma cache_size = -1000000";
        sqlx::raw_sql(fast)
            .execute(&mut connection)
            .await
            .expect("nobody else has it");
        Self::Sqlite(Box::new(connection))
    }

    pub(super) fn server(postgres: &'a Postgres) -> Self {
        Self::Postgres(postgres)
    }

    /// Until there are so many events.
    pub(super) async fn fill(&mut self, events: u64) {
        let mut count = self.number("select count(*) from events").await;
        while count < events {
            self.copy(count.min(events - count), count).await;
            count = self.number("select count(*) from events").await;
        }
        self.end().await;
    }

    /// Copies the first so many events of so many.
    async fn copy(&mut self, events: u64, of: u64) {
        // One distance for all tables, beyond the largest number of any.
        let mut last = 0;
        for table in ["events", "deliveries", "receipts"] {
            last = last.max(self.number(&format!("select max(id) from {table}")).await);
        }
        let up_to = if events == of {
            last
        } else {
            let nth = format!("select id from events order by id limit 1 offset {}", events - 1);
            self.number(&nth).await
        };
        for (table, by) in TABLES {
            let columns = self.columns(table).await;
            if columns.is_empty() {
                continue;
            }
            let values: Vec<_> = columns.iter().map(|column| self.value(column, last)).collect();
            let which = if table == "attempts" {
                format!("delivery in (select id from deliveries where event <= {up_to})")
            } else {
                format!("{by} <= {up_to}")
            };
            let overriding = if matches!(self, Self::Postgres(_)) {
                "overriding system value"
            } else {
                ""
            };
            let copy = format!(
                "insert into {table} ({}) {overriding} select {} from {table} where {which}",
                columns.join(", "),
                values.join(", ")
            );
            self.run(&copy).await;
        }
    }

    fn value(&self, column: &str, distance: u64) -> String {
        if NUMBERS.contains(&column) {
            format!("{column} + {distance}")
        } else if column == "payload" {
            // Its length is not what is measured here.
            "'{}'".to_owned()
        } else if NAMES.contains(&column) {
            let name = match self {
                Self::Sqlite(_) => "lower(hex(randomblob(16)))",
                Self::Postgres(_) => "md5(random()::text || clock_timestamp()::text)",
            };
            format!("case when {column} is null then null else {name} end")
        } else if DIGESTS.contains(&column) {
            "random()".to_owned()
        } else {
            column.to_owned()
        }
    }

    /// What a server would have brought up to date by and by.
    async fn end(&mut self) {
        match self {
            Self::Sqlite(_) => {
                self.run("update receipts_indexed set up_to = (select max(id) from receipts)")
                    .await;
                self.run(
                    "insert or ignore into event_blocks select distinct id / 1024, x'' from events
                     where id / 1024 < (select max(id) / 1024 from events)",
                )
                .await;
                self.run("pragma journal_mode = wal").await;
            }
            Self::Postgres(_) => {
                for table in ["events", "deliveries", "receipts"] {
                    self.run(&format!(
                        "select setval(pg_get_serial_sequence('{table}', 'id'), (select max(id) from {table}))"
                    ))
                    .await;
                }
                self.run(
                    "insert into event_blocks select distinct id / 1024, ''::bytea from events
                     where id / 1024 < (select max(id) / 1024 from events) on conflict do nothing",
                )
                .await;
                self.run("vacuum analyze").await;
                self.run("checkpoint").await;
            }
        }
    }

    async fn columns(&mut self, table: &str) -> Vec<String> {
        let text = match self {
            Self::Sqlite(_) => format!("select coalesce(group_concat(name), '') from pragma_table_info('{table}')"),
            Self::Postgres(_) => format!(
                "select coalesce(string_agg(column_name, ','), '') from information_schema.columns
                 where table_name = '{table}' and is_generated = 'NEVER'"
            ),
        };
        let text = self.text(&text).await;
        text.split(',')
            .filter(|column| !column.is_empty())
            .map(str::to_owned)
            .collect()
    }

    async fn number(&mut self, query: &str) -> u64 {
        let text = self.text(&format!("select cast(coalesce(({query}), 0) as text)")).await;
        text.parse().expect("a number")
    }

    async fn text(&mut self, query: &str) -> String {
        match self {
            Self::Sqlite(connection) => {
                let asked = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
                    .fetch_one(&mut **connection)
                    .await;
                asked.expect("an answer")
            }
            Self::Postgres(postgres) => postgres.ask(query),
        }
    }

    async fn run(&mut self, statement: &str) {
        match self {
            Self::Sqlite(connection) => {
                let run = sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
                    .execute(&mut **connection)
                    .await;
                run.expect("it is run");
            }
            Self::Postgres(postgres) => {
                postgres.ask(statement);
            }
        }
    }

    pub(super) async fn close(self) {
        if let Self::Sqlite(connection) = self {
            connection.close().await.expect("it can be closed");
        }
    }
}
