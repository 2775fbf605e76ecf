//! The limit: one loop that inserts the same rows, so many in a transaction as fit, with nothing around it. No queue, no
//! sender that waits, no look for repeats beyond the unique index.

use std::time::{Duration, Instant};

use lark_callback_store::NewEvent;
use sqlx::{Connection as _, PgConnection, Postgres, QueryBuilder, Sqlite, SqliteConnection};

use crate::{database::TestDatabase, rows::PLUGIN};

/// Rows in one transaction: what the server puts into one at most.
const BATCH: usize = 256;

/// How long it took for all of these.
pub(crate) async fn insert(database: &TestDatabase, events: &[NewEvent]) -> Duration {
    // Makes the tables.
    database.open().await.close().await;
    match database {
        TestDatabase::File(folder) => {
            let url = format!("sqlite:{}", folder.path().join("config.db").display());
            let connection = SqliteConnection::connect(&url).await;
            let mut connection = connection.expect("the file can be opened");
            // As the server has it; who has only one thread moves the log in between.
            for pragma in [
                "pragma journal_mode = wal",
                "pragma synchronous = full",
                "pragma cache_size = -16384",
                "pragma wal_autocheckpoint = 4096",
            ] {
                sqlx::raw_sql(pragma).execute(&mut connection).await.expect("a pragma");
            }
            let began = Instant::now();
            for (batch, first) in batches(events) {
                sqlite(&mut connection, batch, first).await;
            }
            began.elapsed()
        }
        TestDatabase::Server(url) => {
            let mut connection = PgConnection::connect(url).await.expect("the server answers");
            let began = Instant::now();
            for (batch, first) in batches(events) {
                postgres(&mut connection, batch, first).await;
            }
            began.elapsed()
        }
    }
}

/// Each with the number of its first event.
fn batches(events: &[NewEvent]) -> impl Iterator<Item = (&[NewEvent], i64)> {
    events.chunks(BATCH).zip((1_i64..).step_by(BATCH))
}

macro_rules! plain {
    ($name:ident, $connection:ty, $database:ty) => {
        async fn $name(connection: &mut $connection, batch: &[NewEvent], first: i64) {
            let begun = sqlx::raw_sql("begin").execute(&mut *connection).await;
            begun.expect("a transaction");
            let numbered = || (first..).zip(batch);

            let mut receipts: QueryBuilder<$database> =
                QueryBuilder::new("insert into receipts (app, kind, key, event, expires_at_ms) ");
            let names = numbered().flat_map(|(number, new)| {
                let message = new
                    .event
                    .message_id
                    .as_deref()
                    .map(|id| (number, new, "message", id));
                std::iter::once((number, new, "event", &*new.event.id)).chain(message)
            });
            receipts.push_values(names, |mut row, (number, new, kind, key)| {
                row.push_bind(&new.event.app_id)
                    .push_bind(kind)
                    .push_bind(key)
                    .push_bind(number);
                row.push_bind(signed(new.expires_at_ms));
            });

            let mut rows: QueryBuilder<$database> = QueryBuilder::new(
                "insert into events (id, app, event_id, message_id, event_type, kind, schema, tenant_key, \
                 create_time_ms, received_at_ms, node) ",
            );
            rows.push_values(numbered(), |mut row, (number, new)| {
                let event = &new.event;
                row.push_bind(number)
                    .push_bind(&new.event.app_id)
                    .push_bind(&event.id);
                row.push_bind(&event.message_id)
                    .push_bind(&event.event_type)
                    .push_bind("event");
                row.push_bind(event.schema.name()).push_bind(&event.tenant_key);
                row.push_bind(signed(event.create_time_ms))
                    .push_bind(signed(new.received_at_ms));
                row.push_bind("bench");
            });

            let mut payloads: QueryBuilder<$database> = QueryBuilder::new("insert into payloads (event, payload) ");
            payloads.push_values(numbered(), |mut row, (number, new)| {
                row.push_bind(number).push_bind(&new.event.payload);
            });

            let mut deliveries: QueryBuilder<$database> = QueryBuilder::new(
                "insert into deliveries (event, kind, app, plugin, state, attempt, due_at_ms, next_at_ms, \
                 created_at_ms, expires_at_ms) ",
            );
            deliveries.push_values(numbered(), |mut row, (number, new)| {
                let at_ms = signed(new.received_at_ms);
                row.push_bind(number)
                    .push_bind("event")
                    .push_bind(&new.event.app_id)
                    .push_bind(PLUGIN);
                row.push_bind("ready")
                    .push_bind(0)
                    .push_bind(at_ms)
                    .push_bind(at_ms)
                    .push_bind(at_ms);
                row.push_bind(signed(new.expires_at_ms));
            });

            for statement in [&mut receipts, &mut rows, &mut payloads, &mut deliveries] {
                statement
                    .build()
                    .execute(&mut *connection)
                    .await
                    .expect("rows are inserted");
            }
            let committed = sqlx::raw_sql("commit").execute(&mut *connection).await;
            committed.expect("a commit");
        }
    };
}

plain!(sqlite, SqliteConnection, Sqlite);
plain!(postgres, PgConnection, Postgres);

fn signed(value: u64) -> i64 {
    i64::try_from(value).expect("a time")
}
