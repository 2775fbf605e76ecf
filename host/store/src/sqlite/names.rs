//! The names of events: which of them were seen before?
//!
//! A name that is new is appended to `receipts` and known in memory. When many thousands have gathered, their digests are
//! brought into the index `receipt_keys`, in its order and a few with each commit: many of them fall on one page then, and
//! each by itself would have a page of its own written. What memory knows can always be read again, from the receipts that
//! are not in the index yet. This server is alone with its file, so nobody else adds names.

use std::collections::HashMap;

use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{
    direct::{Connection, Direct},
    name::{Digest, Name, digest},
    rows::{ROWS_MAX, Rows},
};
use crate::rows::{
    events::NewEvent,
    numbers::{millis, signed},
};

/// So many names are brought into the index at a time. They take about 4 MiB of memory, and to read them again takes about a
/// tenth of a second.
const MERGE_NAMES: usize = 65_536;

/// For each new name so many are brought in: the work is spread over as long as it takes half as many to come. Done at once,
/// it would be many pages for the disk, and commits would wait for them.
const MERGED_FOR_EACH: usize = 2;

static RECEIPTS: Rows = Rows::new(
    "insert or fail into receipts (app, kind, key, event, expires_at_ms)
     select column1, column2, column3, column4, column5 from",
    7,
    "where column1 is not null
       and not exists (select 1 from receipt_keys k where k.high = column6 and k.low = column7)",
);

/// `cross join` fixes the order of the loops: without it the planner may walk through the whole table for each batch.
static INDEXED: Rows = Rows::new(
    "select column1, k.event from",
    3,
    "cross join receipt_keys k on k.high = column2 and k.low = column3",
);

/// Keys that are not in the index yet, as nearly all are: `or replace` costs a copy of every page, as it does for replies.
static NEW_KEYS: Rows = Rows::new(
    "insert or ignore into receipt_keys (high, low, event) select * from",
    3,
    "where column1 is not null",
);

/// The same, and those that are.
static KEYS: Rows = Rows::new(
    "insert or replace into receipt_keys (high, low, event) select * from",
    3,
    "where column1 is not null",
);

static FORGET: Rows = Rows::new(
    "delete from receipt_keys where (high, low) in (select * from",
    2,
    "where column1 is not null)",
);

/// The event that a name leads to.
#[derive(Debug, Clone, Copy)]
struct Known {
    event: i64,
    expires_at_ms: u64,
}

/// A receipt that is to be written.
#[derive(Debug)]
struct New<'e> {
    name: Name<'e>,
    known: Known,
}

/// The names that are not in the index yet.
#[derive(Debug)]
pub(super) struct Names {
    young: HashMap<Digest, Known>,
    /// The number of the last receipt.
    last: i64,
    merge: Option<Merge>,
}

/// Names on their way into the index.
#[derive(Debug)]
struct Merge {
    /// In the order of the index.
    names: Vec<(Digest, Known)>,
    /// How many of them are in it.
    done: usize,
    /// The last of their receipts.
    up_to: i64,
}

/// Deletes the oldest receipts, those among `rows_max` that are too old, and tells how many that were.
pub(crate) async fn forget(connection: &mut Connection, before_ms: u64, rows_max: i64) -> Result<u64, sqlx::Error> {
    let deleted = sqlx::query(
        "delete from receipts where id in (select id from receipts order by id limit ?2) and expires_at_ms <= ?1
         returning app, kind, key",
    )
    .bind(signed(before_ms))
    .bind(rows_max)
    .fetch_all(connection.sqlx())
    .await?;
    let direct = &mut connection.direct().await?;
    for rows in deleted.chunks(ROWS_MAX) {
        let mut query = FORGET.query(direct, rows.len())?;
        for row in rows {
            let (high, low) = digest(row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
            query.bind(high).bind(low);
        }
        query.execute()?;
    }
    Ok(deleted.len() as u64)
}

/// The places of those that are in the index, with the events that they lead to there.
fn indexed(direct: &mut Direct<'_>, new: &[New<'_>]) -> Result<HashMap<usize, i64>, sqlx::Error> {
    let mut indexed = HashMap::new();
    for (chunk, new) in new.chunks(ROWS_MAX).enumerate() {
        let mut query = INDEXED.query(direct, new.len())?;
        for (place, New { name, .. }) in new.iter().enumerate() {
            let place = signed((chunk * ROWS_MAX + place) as u64);
            query.bind(place).bind(name.digest.0).bind(name.digest.1);
        }
        for [place, event] in query.numbers()? {
            indexed.insert(usize::try_from(place).unwrap_or_default(), event);
        }
    }
    Ok(indexed)
}

/// Brings names into the index, of which some may be there already.
fn index(direct: &mut Direct<'_>, names: impl IntoIterator<Item = (Digest, Known)>) -> Result<(), sqlx::Error> {
    let names: Vec<_> = names.into_iter().collect();
    for names in names.chunks(ROWS_MAX) {
        if insert_keys(direct, &NEW_KEYS, names)? < names.len() as u64 {
            insert_keys(direct, &KEYS, names)?;
        }
    }
    Ok(())
}

/// Tells how many were inserted.
fn insert_keys(
    direct: &mut Direct<'_>,
    statement: &'static Rows,
    names: &[(Digest, Known)],
) -> Result<u64, sqlx::Error> {
    let mut query = statement.query(direct, names.len())?;
    for ((high, low), known) in names {
        query.bind(*high).bind(*low).bind(known.event);
    }
    Ok(query.execute()?.rows_affected)
}

fn set_indexed(direct: &mut Direct<'_>, up_to: i64) -> Result<(), sqlx::Error> {
    let mut query = direct.statement("update receipts_indexed set up_to = ?")?;
    query.bind(up_to);
    query.execute().map(|_| ())
}

impl Names {
    /// Reads what is not in the index. When that is more than there ever is, because an older version wrote the file, the rest
    /// is brought into it at once. To be called inside a transaction.
    pub(super) async fn load(connection: &mut Connection) -> Result<Self, sqlx::Error> {
        let (up_to, newest): (i64, i64) =
            sqlx::query_as("select up_to, (select coalesce(max(id), 0) from receipts) from receipts_indexed")
                .fetch_one(connection.sqlx())
                .await?;
        let mut names = Self {
            young: HashMap::new(),
            last: up_to,
            merge: None,
        };
        loop {
            let (last, mut chunk) = after(connection.sqlx(), names.last).await?;
            if chunk.is_empty() {
                return Ok(names);
            }
            if newest - names.last > signed(4 * MERGE_NAMES as u64) {
                chunk.sort_by_key(|(name, _)| *name);
                let direct = &mut connection.direct().await?;
                index(direct, chunk)?;
                set_indexed(direct, last)?;
            } else {
                names.young.extend(chunk);
            }
            names.last = last;
        }
    }

    /// Registers the names of events that are numbered from `first_number` on. Tells which of them are repeats, with the numbers
    /// of their first. Receipts that expired by `gone_ms` are deleted already.
    pub(super) fn register<'e>(
        &mut self,
        direct: &mut Direct<'_>,
        events: impl Iterator<Item = &'e NewEvent>,
        first_number: i64,
        gone_ms: u64,
    ) -> Result<HashMap<i64, i64>, sqlx::Error> {
        let (mut seen, mut new) = self.learn((first_number..).zip(events), gone_ms);
        let last = self.last;
        if self.insert(direct, &new)? < new.len() as u64 {
            // Some lead to elsewhere, so all of them are inserted again.
            let mut query = direct.statement("delete from receipts where id > ?")?;
            query.bind(last);
            query.execute()?;
            let indexed = indexed(direct, &new)?;
            self.correct(&indexed, first_number, &mut seen, &mut new);
            self.insert(direct, &new)?;
        }
        self.merge(direct, new.len() * MERGED_FOR_EACH, gone_ms)?;
        Ok(seen)
    }

    /// Learns the names of numbered events. Tells the repeats of what it knew, and what nobody knew.
    fn learn<'a>(
        &mut self,
        events: impl Iterator<Item = (i64, &'a NewEvent)>,
        gone_ms: u64,
    ) -> (HashMap<i64, i64>, Vec<New<'a>>) {
        let (mut seen, mut new) = (HashMap::new(), Vec::new());
        for (number, write) in events {
            let names = Name::of(write);
            let first = names.iter().flatten().find_map(|name| self.find(name.digest, gone_ms));
            if let Some(first) = first {
                seen.insert(number, first);
            }
            let known = Known {
                event: first.unwrap_or(number),
                expires_at_ms: write.expires_at_ms,
            };
            // Whatever name a repeat brings with it leads to the first from now on.
            for name in names.into_iter().flatten() {
                if first.is_none() || self.find(name.digest, gone_ms).is_none() {
                    self.young.insert(name.digest, known);
                    new.push(New { name, known });
                }
            }
        }
        (seen, new)
    }

    fn find(&self, name: Digest, gone_ms: u64) -> Option<i64> {
        let known = self.young.get(&name)?;
        (known.expires_at_ms > gone_ms).then_some(known.event)
    }

    /// Writes receipts for what is not in the index, and tells how many.
    fn insert(&mut self, direct: &mut Direct<'_>, new: &[New<'_>]) -> Result<u64, sqlx::Error> {
        let mut inserted = 0;
        for new in new.chunks(ROWS_MAX) {
            let mut query = RECEIPTS.query(direct, new.len())?;
            for New { name, known } in new {
                query.bind(name.app).bind(name.kind).bind(name.key).bind(known.event);
                query.bind(signed(known.expires_at_ms));
                query.bind(name.digest.0).bind(name.digest.1);
            }
            let done = query.execute()?;
            if done.rows_affected > 0 {
                inserted += done.rows_affected;
                self.last = done.last_insert_rowid;
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
        new: &mut Vec<New<'_>>,
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
                self.young.remove(&name.digest);
            } else {
                self.young.insert(name.digest, *known);
            }
            !is_indexed
        });
    }

    /// Brings some of what has gathered into the index.
    fn merge(&mut self, direct: &mut Direct<'_>, names_max: usize, gone_ms: u64) -> Result<(), sqlx::Error> {
        let Some(merge) = &mut self.merge else {
            if self.young.len() >= MERGE_NAMES {
                // What is deleted would never be deleted from the index.
                self.young.retain(|_, known| known.expires_at_ms > gone_ms);
                self.merge = Some(Merge::of(&self.young, self.last));
            }
            return Ok(());
        };
        let end = merge.names.len().min(merge.done + names_max);
        let slice = merge.names.get(merge.done..end).unwrap_or_default().iter().copied();
        index(direct, slice.filter(|(_, known)| known.expires_at_ms > gone_ms))?;
        merge.done = end;
        if end == merge.names.len() {
            set_indexed(direct, merge.up_to)?;
            for (name, _) in self.merge.take().into_iter().flat_map(|merge| merge.names) {
                self.young.remove(&name);
            }
        }
        Ok(())
    }
}

impl Merge {
    fn of(young: &HashMap<Digest, Known>, up_to: i64) -> Self {
        let mut names: Vec<_> = young.iter().map(|(name, known)| (*name, *known)).collect();
        names.sort_unstable_by_key(|(name, _)| *name);
        Self { names, done: 0, up_to }
    }
}

/// Some of the receipts after a number, and the number of the last of them.
async fn after(connection: &mut SqliteConnection, number: i64) -> Result<(i64, Vec<(Digest, Known)>), sqlx::Error> {
    let rows =
        sqlx::query("select id, app, kind, key, event, expires_at_ms from receipts where id > ? order by id limit ?")
            .bind(number)
            .bind(signed(MERGE_NAMES as u64))
            .fetch_all(connection)
            .await?;
    let last = rows.last().map_or(Ok(number), |row| row.try_get(0))?;
    let name = |row: &SqliteRow| {
        let known = Known {
            event: row.try_get(4)?,
            expires_at_ms: millis(row.try_get(5)?),
        };
        Ok((digest(row.try_get(1)?, row.try_get(2)?, row.try_get(3)?), known))
    };
    Ok((last, rows.iter().map(name).collect::<Result<_, sqlx::Error>>()?))
}
