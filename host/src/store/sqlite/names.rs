//! The names of events: which of them were seen before?
//!
//! A name that is new is appended to `receipts` and known in memory. When thousands have gathered, they are brought into the
//! index `receipt_keys`, in its order and a few with each commit: many of them fall on one page then, and each name by itself
//! would have a page of its own written. What memory knows can always be read again, from the receipts that are not in the
//! index yet. This server is alone with its file, so nobody else adds names.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

use sqlx::{Row, SqliteConnection};

use super::rows::{ROWS_MAX, Rows, Texts};
use crate::store::{
    batch::{Job, WriterState},
    events::{NewEvent, Received},
    signed, stored,
};

/// So many names are brought into the index at a time. They take about 3 MiB of memory, and to read them again takes some
/// ten milliseconds.
const MERGE_NAMES: usize = 16_384;

/// With each commit so many of them, which takes about a millisecond.
const SLICE: usize = 2 * ROWS_MAX;

static RECEIPTS: Rows = Rows::new(
    "insert or fail into receipts (app, kind, key, event, expires_at_ms) select * from",
    5,
    "where column1 is not null and not exists (
         select 1 from receipt_keys k where k.app = column1 and k.kind = column2 and k.key = column3)",
);

/// `cross join` fixes the order of the loops: without it the planner may walk through the whole table for each batch.
static INDEXED: Rows = Rows::new(
    "select column1, k.event from",
    4,
    "cross join receipt_keys k on k.app = column2 and k.kind = column3 and k.key = column4",
);

static KEYS: Rows = Rows::new(
    "insert or replace into receipt_keys (app, kind, key, event) select * from",
    4,
    "where column1 is not null",
);

/// Ordered as the index is.
#[derive(Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Name {
    app: Arc<str>,
    kind: &'static str,
    key: Arc<str>,
}

/// What a name leads to.
#[derive(Debug, Clone, Copy)]
struct Known {
    event: i64,
    expires_at_ms: u64,
}

/// A receipt that is to be written.
#[derive(Debug)]
struct New {
    name: Arc<Name>,
    known: Known,
}

/// The names that are not in the index yet.
#[derive(Debug)]
pub(in crate::store) struct Names {
    young: HashMap<Arc<Name>, Known>,
    /// The number of the last receipt.
    last: i64,
    merge: Option<Merge>,
}

/// Names on their way into the index.
#[derive(Debug)]
struct Merge {
    /// In the order of the index.
    names: Vec<(Arc<Name>, Known)>,
    /// How many of them are in it.
    done: usize,
    /// The last of their receipts.
    up_to: i64,
}

/// Registers the names of a batch, whose events are numbered from `first_number` on. Tells which of them are repeats, with
/// the numbers of their first.
pub(super) async fn register(
    connection: &mut SqliteConnection,
    state: &mut WriterState,
    batch: &[Job<NewEvent, Received>],
    first_number: i64,
) -> Result<HashMap<i64, i64>, sqlx::Error> {
    // Left out after a failure: memory must not know what is not in the database.
    let mut names = match state.names.take() {
        Some(names) => names,
        None => Names::load(connection).await?,
    };
    let gone_ms = state.receipts_gone_ms.load(Ordering::Relaxed);
    let events = (first_number..).zip(batch.iter().map(|job| &job.write));
    let (mut seen, mut new) = names.learn(events, gone_ms);
    let last = names.last;
    if names.insert(connection, &new).await? < new.len() as u64 {
        // Some lead to elsewhere, so all of them are inserted again.
        sqlx::query("delete from receipts where id > ?")
            .bind(last)
            .execute(&mut *connection)
            .await?;
        let indexed = indexed(connection, &new).await?;
        names.correct(&indexed, first_number, &mut seen, &mut new);
        names.insert(connection, &new).await?;
    }
    names.merge(connection, gone_ms).await?;
    state.names = Some(names);
    Ok(seen)
}

/// The event id, and the message id of a message.
fn names_of(new: &NewEvent) -> [Option<Name>; 2] {
    let name = |kind, key: &Arc<str>| Name {
        app: Arc::clone(&new.app),
        kind,
        key: Arc::clone(key),
    };
    let message = new.event.message_id.as_ref();
    [
        Some(name("event", &new.event.id)),
        message.map(|id| name("message", id)),
    ]
}

/// The places of those that are in the index, with the events that they lead to there.
async fn indexed(connection: &mut SqliteConnection, new: &[New]) -> Result<HashMap<usize, i64>, sqlx::Error> {
    let (mut indexed, mut texts) = (HashMap::new(), Texts::default());
    for (chunk, new) in new.chunks(ROWS_MAX).enumerate() {
        let mut query = INDEXED.query(new.len());
        for (place, New { name, .. }) in new.iter().enumerate() {
            let place = signed((chunk * ROWS_MAX + place) as u64);
            query = query.bind(place).bind(Arc::clone(&name.app)).bind(texts.of(name.kind));
            query = query.bind(Arc::clone(&name.key));
        }
        for row in query.fetch_all(&mut *connection).await? {
            let place = usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default();
            indexed.insert(place, row.try_get(1)?);
        }
    }
    Ok(indexed)
}

impl Names {
    async fn load(connection: &mut SqliteConnection) -> Result<Self, sqlx::Error> {
        let up_to: i64 = sqlx::query_scalar("select up_to from receipts_indexed")
            .fetch_one(&mut *connection)
            .await?;
        let rows =
            sqlx::query("select id, app, kind, key, event, expires_at_ms from receipts where id > ? order by id")
                .bind(up_to)
                .fetch_all(connection)
                .await?;
        let mut names = Self {
            young: HashMap::with_capacity(rows.len()),
            last: up_to,
            merge: None,
        };
        for row in rows {
            names.last = row.try_get(0)?;
            let name = Name {
                app: row.try_get::<String, _>(1)?.into(),
                kind: if row.try_get::<&str, _>(2)? == "event" {
                    "event"
                } else {
                    "message"
                },
                key: row.try_get::<String, _>(3)?.into(),
            };
            let known = Known {
                event: row.try_get(4)?,
                expires_at_ms: stored::millis(row.try_get(5)?),
            };
            names.young.insert(Arc::new(name), known);
        }
        Ok(names)
    }

    /// Learns the names of numbered events. Tells the repeats of what it knew, and what nobody knew.
    fn learn<'a>(
        &mut self,
        events: impl Iterator<Item = (i64, &'a NewEvent)>,
        gone_ms: u64,
    ) -> (HashMap<i64, i64>, Vec<New>) {
        let (mut seen, mut new) = (HashMap::new(), Vec::new());
        for (number, write) in events {
            let names = names_of(write);
            let first = names.iter().flatten().find_map(|name| self.find(name, gone_ms));
            if let Some(first) = first {
                seen.insert(number, first);
            }
            let known = Known {
                event: first.unwrap_or(number),
                expires_at_ms: write.expires_at_ms,
            };
            // Whatever name a repeat brings with it leads to the first from now on.
            for name in names.into_iter().flatten() {
                if first.is_none() || self.find(&name, gone_ms).is_none() {
                    let name = Arc::new(name);
                    self.young.insert(Arc::clone(&name), known);
                    new.push(New { name, known });
                }
            }
        }
        (seen, new)
    }

    fn find(&self, name: &Name, gone_ms: u64) -> Option<i64> {
        let known = self.young.get(name)?;
        (known.expires_at_ms > gone_ms).then_some(known.event)
    }

    /// Writes receipts for what is not in the index, and tells how many.
    async fn insert(&mut self, connection: &mut SqliteConnection, new: &[New]) -> Result<u64, sqlx::Error> {
        let (mut inserted, mut texts) = (0, Texts::default());
        for new in new.chunks(ROWS_MAX) {
            let mut query = RECEIPTS.query(new.len());
            for New { name, known } in new {
                query = query.bind(Arc::clone(&name.app)).bind(texts.of(name.kind));
                query = query.bind(Arc::clone(&name.key));
                query = query.bind(known.event).bind(signed(known.expires_at_ms));
            }
            let done = query.execute(&mut *connection).await?;
            if done.rows_affected() > 0 {
                inserted += done.rows_affected();
                self.last = done.last_insert_rowid();
            }
        }
        Ok(inserted)
    }

    /// Some of what nobody knew is in the index. Whatever else the events of these brought leads to their first.
    fn correct(
        &mut self,
        indexed: &HashMap<usize, i64>,
        first_number: i64,
        seen: &mut HashMap<i64, i64>,
        new: &mut Vec<New>,
    ) {
        let led = new.iter().enumerate().filter_map(|(place, New { known, .. })| {
            let first = indexed.get(&place)?;
            // What a repeat brought has its first already.
            (known.event >= first_number).then_some((known.event, *first))
        });
        let firsts: HashMap<i64, i64> = led.collect();
        for first in seen.values_mut() {
            *first = firsts.get(first).copied().unwrap_or(*first);
        }
        seen.extend(&firsts);
        let mut place = 0..;
        new.retain_mut(|New { name, known }| {
            let is_indexed = place.next().is_some_and(|place| indexed.contains_key(&place));
            known.event = firsts.get(&known.event).copied().unwrap_or(known.event);
            if is_indexed {
                self.young.remove(name);
            } else {
                self.young.insert(Arc::clone(name), *known);
            }
            !is_indexed
        });
    }

    /// Brings some of what has gathered into the index.
    async fn merge(&mut self, connection: &mut SqliteConnection, gone_ms: u64) -> Result<(), sqlx::Error> {
        let Some(merge) = &mut self.merge else {
            if self.young.len() >= MERGE_NAMES {
                self.merge = Some(Merge::of(&self.young, self.last));
            }
            return Ok(());
        };
        let mut texts = Texts::default();
        let end = merge.names.len().min(merge.done + SLICE);
        for names in merge.names.get(merge.done..end).unwrap_or_default().chunks(ROWS_MAX) {
            let mut query = KEYS.query(names.len());
            for (name, known) in names.iter().filter(|(_, known)| known.expires_at_ms > gone_ms) {
                query = query
                    .bind(Arc::clone(&name.app))
                    .bind(texts.of(name.kind))
                    .bind(Arc::clone(&name.key))
                    .bind(known.event);
            }
            query.execute(&mut *connection).await?;
        }
        merge.done = end;
        if end == merge.names.len() {
            sqlx::query("update receipts_indexed set up_to = ?")
                .bind(merge.up_to)
                .execute(connection)
                .await?;
            for (name, _) in merge.names.drain(..) {
                self.young.remove(&name);
            }
            self.merge = None;
        }
        Ok(())
    }
}

impl Merge {
    fn of(young: &HashMap<Arc<Name>, Known>, up_to: i64) -> Self {
        let mut names: Vec<_> = young.iter().map(|(name, known)| (Arc::clone(name), *known)).collect();
        names.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Self { names, done: 0, up_to }
    }
}
