//! Repeats in PostgreSQL: counted, and answered as the first event was.

use std::collections::{BTreeMap, HashMap};

use sqlx::{PgConnection, Row};

use crate::rows::{
    decode,
    events::{NumberedEvent, Received},
};

/// An event of a batch that was seen before.
#[derive(Debug)]
pub(super) struct Repeat<'b> {
    pub(super) event: NumberedEvent<'b>,
    /// The number of the first.
    pub(super) first: i64,
}

/// Counts repeats and tells each the state of its first.
pub(super) async fn repeats(connection: &mut PgConnection, repeated: Vec<Repeat<'_>>) -> Result<(), sqlx::Error> {
    if repeated.is_empty() {
        return Ok(());
    }
    let mut counts: BTreeMap<i64, i64> = BTreeMap::new();
    for repeat in &repeated {
        *counts.entry(repeat.first).or_default() += 1;
    }
    let (firsts, counts): (Vec<i64>, Vec<i64>) = counts.into_iter().unzip();
    // Locked in the order of their numbers, so that two servers that count the same do not wait for each other.
    let rows = sqlx::query(
        "with counted as materialized (
             select e.id, c.count from events e join unnest($1::bigint[], $2::bigint[]) c (id, count) on c.id = e.id
             order by e.id for update of e)
         update events e set duplicates = e.duplicates + c.count from counted c where e.id = c.id
         returning e.id, e.event_id, e.kind, e.node, e.duplicates - c.count as before,
                   (select r.reply from replies r where r.event = e.id) as reply",
    )
    .bind(&firsts)
    .bind(&counts)
    .fetch_all(connection)
    .await?;
    let mut found = HashMap::new();
    for row in &rows {
        found.insert(row.try_get::<i64, _>("id")?, (row, row.try_get::<i64, _>("before")?));
    }
    for Repeat { event, first } in repeated {
        *event.received = Some(match found.get_mut(&first) {
            Some((row, before)) => {
                *before += 1;
                decode::repeat(*row, first, *before)?
            }
            None => Received::forgotten(first),
        });
    }
    Ok(())
}
