//! Events that came before, but not to everybody who is to have them, in PostgreSQL.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;

use super::{
    receive::{insert_delivery_rows, insert_events},
    repeats::Repeat,
};
use crate::{
    batch::{Job, WriterState},
    events::{NewDelivery, NewEvent, Received},
};

/// Who was told of each of these events, or of what repeated it for others. No row for an event that is not there any more,
/// and one without a name when nobody was told.
const TOLD: &str = "select e.id, d.plugin
     from unnest($1::bigint[]) first (id)
     join events e on e.id = first.id and e.kind = 'event'
     left join lateral (
         select d.plugin from deliveries d where d.event = e.id and d.kind = 'event'
         union all
         select d.plugin from events s join deliveries d on d.event = s.id and d.kind = 'event' where s.first = e.id
     ) d on true";

/// Stores those of the repeats that some of their takers were not told of, for these takers alone. Tells which are repeats to
/// everybody.
pub(super) async fn store_for_others(
    connection: &mut PgConnection,
    state: &mut WriterState,
    batch: &mut [Job<NewEvent, Received>],
    repeated: Vec<Repeat>,
) -> Result<Vec<Repeat>, sqlx::Error> {
    if repeated.iter().all(|repeat| wanted(batch, repeat).is_empty()) {
        return Ok(repeated);
    }
    let mut told = told(connection, &repeated).await?;
    let (mut repeats, mut stored) = (Vec::new(), Vec::new());
    for repeat in repeated {
        let Some(told) = told.get_mut(&repeat.first) else {
            repeats.push(repeat);
            continue;
        };
        // Whoever is told by this one is not told again by the next of the batch.
        let is_new: Vec<bool> = wanted(batch, &repeat)
            .iter()
            .map(|delivery| told.insert(delivery.plugin.clone()))
            .collect();
        if is_new.contains(&true) {
            stored.push((repeat, is_new));
        } else {
            repeats.push(repeat);
        }
    }
    store(connection, state, batch, &stored).await?;
    Ok(repeats)
}

fn wanted<'a>(batch: &'a [Job<NewEvent, Received>], repeat: &Repeat) -> &'a [NewDelivery] {
    batch.get(repeat.index).map_or(&[], |job| &job.write.deliveries)
}

/// By the numbers of the firsts. These are locked: another server that has a repeat of the same waits, and sees afterwards who
/// is told by this one. All of them, and in the order of their numbers, so that no two servers wait for each other.
async fn told(
    connection: &mut PgConnection,
    repeated: &[Repeat],
) -> Result<HashMap<i64, HashSet<String>>, sqlx::Error> {
    let firsts: Vec<i64> = repeated.iter().map(|repeat| repeat.first).collect();
    sqlx::query("select id from events where id = any($1) order by id for update")
        .bind(&firsts)
        .execute(&mut *connection)
        .await?;
    // A statement of its own, which sees what was committed while this one waited.
    let rows: Vec<(i64, Option<String>)> = sqlx::query_as(TOLD).bind(&firsts).fetch_all(connection).await?;
    let mut told: HashMap<i64, HashSet<String>> = HashMap::new();
    for (first, plugin) in rows {
        told.entry(first).or_default().extend(plugin);
    }
    Ok(told)
}

async fn store(
    connection: &mut PgConnection,
    state: &mut WriterState,
    batch: &mut [Job<NewEvent, Received>],
    stored: &[(Repeat, Vec<bool>)],
) -> Result<(), sqlx::Error> {
    if stored.is_empty() {
        return Ok(());
    }
    let new: Vec<_> = stored.iter().map(|(repeat, _)| (repeat.number, repeat.index)).collect();
    insert_events(connection, state, batch, &new).await?;
    sqlx::query(
        "update events e set first = s.first from unnest($1::bigint[], $2::bigint[]) s (number, first)
         where e.id = s.number",
    )
    .bind(stored.iter().map(|(repeat, _)| repeat.number).collect::<Vec<_>>())
    .bind(stored.iter().map(|(repeat, _)| repeat.first).collect::<Vec<_>>())
    .execute(&mut *connection)
    .await?;
    let mut rows: Vec<(i64, &NewEvent, &NewDelivery)> = Vec::new();
    for (repeat, is_new) in stored {
        let Some(Job { write, .. }) = batch.get(repeat.index) else {
            continue;
        };
        let wanted = write.deliveries.iter().zip(is_new).filter(|(_, is_new)| **is_new);
        rows.extend(wanted.map(|(delivery, _)| (repeat.number, write, delivery)));
    }
    let mut ids = insert_delivery_rows(connection, state, &rows).await?.into_iter();
    drop(rows);
    for (repeat, is_new) in stored {
        let deliveries = is_new.iter().map(|is_new| is_new.then(|| ids.next()).flatten());
        if let Some(job) = batch.get_mut(repeat.index) {
            job.result = Some(Received::Partly {
                event: repeat.number,
                deliveries: deliveries.collect(),
            });
        }
    }
    Ok(())
}
