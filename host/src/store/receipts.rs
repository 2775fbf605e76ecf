//! Receipts: which events were seen, and what the first of each was answered.

use std::{collections::HashMap, iter};

use sqlx::{Row, SqliteConnection};

use super::{
    Store, StoreError,
    writer::{Job, Write},
};

/// One event to be received.
#[derive(Debug, Clone)]
pub struct NewReceipt {
    /// The application; two applications in one group get the same `message_id`.
    pub app: String,
    /// Lark's id of the event.
    pub event_id: String,
    /// Of a message: Lark may push the same message under two event ids.
    pub message_id: Option<String>,
    /// When it arrived, in milliseconds since 1970.
    pub received_at_ms: u64,
    /// Until when a repeat is recognised.
    pub expires_at_ms: u64,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// Nobody saw it before; its row is on disk.
    First {
        /// For [`Store::record_reply`].
        receipt: i64,
    },
    /// Seen before and not answered: it is still running, or the server that ran it is gone.
    Unanswered {
        /// The row of the first.
        receipt: i64,
        /// Under which id it was seen first.
        event_id: String,
        /// How often it has come, this time included.
        seen: u32,
    },
    /// Seen before and answered.
    Answered {
        /// The reply to the first; empty for an event, whose answer has no content.
        reply: String,
        /// How often it has come, this time included.
        seen: u32,
    },
}

impl Store {
    /// Writes the receipt, or tells what was seen before. The row is on disk when this returns.
    ///
    /// # Errors
    /// When it could not be committed; then the event must not be answered with 200.
    pub async fn receive(&self, receipt: NewReceipt) -> Result<Received, StoreError> {
        self.write(|answer| Write::Receive(Job::new(receipt, answer))).await
    }

    /// Keeps the reply, so that a repeat gets the same.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn record_reply(&self, receipt: i64, reply: String) -> Result<(), StoreError> {
        self.write(|answer| Write::Record(Job::new(Recorded { receipt, reply }, answer)))
            .await
    }

    /// Deletes up to 500 expired receipts and tells how many there were; a longer transaction would hold up the
    /// acknowledgements behind it.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn sweep_receipts(&self, now_ms: u64) -> Result<u64, StoreError> {
        self.write(|answer| Write::SweepReceipts(Job::new(now_ms, answer)))
            .await
    }
}

/// A reply on its way to its row.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) receipt: i64,
    pub(super) reply: String,
}

const SELECT: &str = "select id, event_id, duplicates, receipt is not null as answered, reply
     from receipts left join replies on receipt = id
     where app = ?1 and kind = ?2 and key = ?3";

/// Receives a batch. One statement inserts every row that is new; usually all are, and nothing has to be read back. Else
/// each conflict is looked at by itself.
///
/// `or fail` leaves the rows of a failed statement to the rollback of the transaction. The default would keep a journal for
/// the statement, with a copy of every page that it touches.
pub(super) async fn receive(
    connection: &mut SqliteConnection,
    batch: &mut [Job<NewReceipt, Received>],
) -> Result<(), sqlx::Error> {
    let rows: Vec<_> = batch.iter().flat_map(|job| rows_of(&job.write)).collect();
    let json = serde_json::to_string(&rows).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let inserted = sqlx::query(
        "insert or fail into receipts (app, kind, key, event_id, received_at_ms, expires_at_ms)
         select value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 from json_each(?1) where true
         on conflict do nothing",
    )
    .bind(json)
    .execute(&mut *connection)
    .await?;
    // An insert numbers its rows without gaps, so the new ones are the last of the table.
    let count = i64::try_from(inserted.rows_affected()).unwrap_or(i64::MAX);
    let before = inserted.last_insert_rowid() - count;
    if inserted.rows_affected() < rows.len() as u64 {
        let new_rows = if count == 0 {
            HashMap::new()
        } else {
            rows_after(connection, before).await?
        };
        return sort_out(connection, batch, new_rows).await;
    }
    let mut receipt = before + 1;
    for job in batch {
        job.result = Some(Received::First { receipt });
        receipt += rows_of(&job.write).count() as i64;
    }
    Ok(())
}

/// One row for each name of the event: application, kind, key, event id, arrival, expiry.
fn rows_of(new: &NewReceipt) -> impl Iterator<Item = (&str, &str, &str, &str, u64, u64)> {
    let message = new.message_id.as_deref().map(|id| ("message", id));
    let names = iter::once(("event", new.event_id.as_str())).chain(message);
    names.map(|(kind, key)| {
        (
            new.app.as_str(),
            kind,
            key,
            new.event_id.as_str(),
            new.received_at_ms,
            new.expires_at_ms,
        )
    })
}

/// Application, kind and key, with the id of the row.
type NewRows = HashMap<(String, String, String), i64>;

/// The rows with a higher id than `before`.
async fn rows_after(connection: &mut SqliteConnection, before: i64) -> Result<NewRows, sqlx::Error> {
    let rows = sqlx::query("select id, app, kind, key from receipts where id > ?1")
        .bind(before)
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| Ok(((row.try_get(1)?, row.try_get(2)?, row.try_get(3)?), row.try_get(0)?)))
        .collect()
}

/// Tells those that are new from those that were seen before.
async fn sort_out(
    connection: &mut SqliteConnection,
    batch: &mut [Job<NewReceipt, Received>],
    mut new_rows: NewRows,
) -> Result<(), sqlx::Error> {
    for job in batch {
        let new = &job.write;
        // Taken out, not looked up: of two equal events in one batch only one is the first.
        let mut take = |kind: &str, key: &str| new_rows.remove(&(new.app.clone(), kind.to_owned(), key.to_owned()));
        let event_row = take("event", &new.event_id);
        let message_is_new = new.message_id.as_deref().is_none_or(|id| take("message", id).is_some());
        job.result = Some(match event_row {
            Some(receipt) if message_is_new => Received::First { receipt },
            Some(receipt) => seen_as_message(connection, new, receipt).await?,
            None => seen(connection, &new.app, "event", &new.event_id).await?,
        });
    }
    Ok(())
}

/// The same message under another event id: the new row goes again, and the message leads to its first event.
async fn seen_as_message(
    connection: &mut SqliteConnection,
    new: &NewReceipt,
    receipt: i64,
) -> Result<Received, sqlx::Error> {
    sqlx::query("delete from receipts where id = ?1")
        .bind(receipt)
        .execute(&mut *connection)
        .await?;
    seen(
        connection,
        &new.app,
        "message",
        new.message_id.as_deref().unwrap_or_default(),
    )
    .await
}

/// Counts a repeat and tells the state of the first. A message's row leads to the row of the event that brought it.
async fn seen(connection: &mut SqliteConnection, app: &str, kind: &str, key: &str) -> Result<Received, sqlx::Error> {
    let mut row = sqlx::query(SELECT)
        .bind(app)
        .bind(kind)
        .bind(key)
        .fetch_one(&mut *connection)
        .await?;
    if kind == "message" {
        let event_id: String = row.try_get("event_id")?;
        row = sqlx::query(SELECT)
            .bind(app)
            .bind("event")
            .bind(event_id)
            .fetch_one(&mut *connection)
            .await?;
    }
    let receipt: i64 = row.try_get("id")?;
    let duplicates: u32 = row.try_get("duplicates")?;
    sqlx::query("update receipts set duplicates = duplicates + 1 where id = ?1")
        .bind(receipt)
        .execute(&mut *connection)
        .await?;
    let seen = duplicates.saturating_add(2);
    Ok(if row.try_get("answered")? {
        Received::Answered {
            reply: row.try_get("reply")?,
            seen,
        }
    } else {
        Received::Unanswered {
            receipt,
            event_id: row.try_get("event_id")?,
            seen,
        }
    })
}

/// Records a batch of replies, of receipts that are still there.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    batch: &mut [Job<Recorded, ()>],
) -> Result<(), sqlx::Error> {
    let rows: Vec<_> = batch.iter().map(|job| (job.write.receipt, &job.write.reply)).collect();
    let json = serde_json::to_string(&rows).map_err(|error| sqlx::Error::Encode(error.into()))?;
    // `cross join` fixes the order of the loops: without it the planner may walk through the whole table for each batch.
    sqlx::query(
        "insert or replace into replies (receipt, reply)
         select r.id, j.value ->> 1 from json_each(?1) j cross join receipts r on r.id = j.value ->> 0",
    )
    .bind(json)
    .execute(connection)
    .await?;
    batch.iter_mut().for_each(|job| job.result = Some(()));
    Ok(())
}

/// Deletes the oldest rows that have expired.
pub(super) async fn sweep(connection: &mut SqliteConnection, now_ms: u64) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query(
        "delete from receipts
         where id in (select id from receipts order by id limit 500) and expires_at_ms <= ?1",
    )
    .bind(i64::try_from(now_ms).unwrap_or(i64::MAX))
    .execute(connection)
    .await?;
    Ok(deleted.rows_affected())
}
