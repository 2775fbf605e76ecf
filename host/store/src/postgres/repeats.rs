//! What came before, in PostgreSQL: counted, and answered as the first was.

use std::collections::{BTreeMap, HashMap};

use lark_protocol::Kind;
use sqlx::{PgConnection, Row, postgres::PgRow};

use crate::{
    batch::Job,
    events::{NewEvent, Received, kind_name},
};

/// An event of a batch that was seen before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repeat {
    /// Its own number.
    pub(super) number: i64,
    /// Its place in the batch.
    pub(super) index: usize,
    /// The number of the first.
    pub(super) first: i64,
}

/// Counts repeats and tells each the state of its first.
pub(super) async fn repeats(
    connection: &mut PgConnection,
    batch: &mut [Job<NewEvent, Received>],
    repeated: &[Repeat],
) -> Result<(), sqlx::Error> {
    if repeated.is_empty() {
        return Ok(());
    }
    let mut counts: BTreeMap<i64, i64> = BTreeMap::new();
    for repeat in repeated {
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
    for Repeat { index, first, .. } in repeated {
        let Some(job) = batch.get_mut(*index) else { continue };
        job.result = Some(match found.get_mut(first) {
            Some((row, before)) => {
                *before += 1;
                received(row, *first, *before)?
            }
            // The receipt outlived what it stands for: somebody has deleted the event.
            None => Received::Answered {
                event: *first,
                reply: String::new(),
                seen: 2,
            },
        });
    }
    Ok(())
}

fn received(row: &PgRow, first: i64, duplicates: i64) -> Result<Received, sqlx::Error> {
    let seen = u32::try_from(duplicates).unwrap_or(u32::MAX).saturating_add(1);
    let is_event = row.try_get::<&str, _>("kind")? == kind_name(Kind::Event);
    let reply: Option<String> = row.try_get("reply")?;
    Ok(match reply.or_else(|| is_event.then(String::new)) {
        Some(reply) => Received::Answered {
            event: first,
            reply,
            seen,
        },
        None => Received::Unanswered {
            event: first,
            event_id: row.try_get("event_id")?,
            node: row.try_get("node")?,
            seen,
        },
    })
}
