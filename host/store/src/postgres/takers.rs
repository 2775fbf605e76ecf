//! Events that came before, but not to everybody who is to have them, in PostgreSQL.

use std::collections::{HashMap, HashSet};

use sqlx::PgConnection;

use super::{
    insert::{insert_delivery_rows, insert_events},
    repeats::Repeat,
    session::State,
};
use crate::rows::events::{NumberedEvent, Received};

/// Plugins that got each of these events, or a repeat of it for others. No row for an event that does not exist any more,
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
pub(super) async fn store_for_others<'b>(
    connection: &mut PgConnection,
    state: &mut State,
    repeated: Vec<Repeat<'b>>,
) -> Result<Vec<Repeat<'b>>, sqlx::Error> {
    if repeated.iter().all(|repeat| repeat.event.new.deliveries.is_empty()) {
        return Ok(repeated);
    }
    let mut told = told(connection, &repeated).await?;
    let (mut repeats, mut stored) = (Vec::new(), Stored::default());
    for repeat in repeated {
        let Some(told) = told.get_mut(&repeat.first) else {
            repeats.push(repeat);
            continue;
        };
        // Whoever is told by this one is not told again by the next of the batch.
        let wanted = repeat.event.new.deliveries.iter();
        let is_new: Vec<bool> = wanted.map(|delivery| told.insert(delivery.plugin.clone())).collect();
        if is_new.contains(&true) {
            stored.firsts.push(repeat.first);
            stored.events.push(repeat.event);
            stored.is_new.push(is_new);
        } else {
            repeats.push(repeat);
        }
    }
    store(connection, state, stored).await?;
    Ok(repeats)
}

/// Repeats that are stored for some of their takers.
#[derive(Default)]
struct Stored<'b> {
    events: Vec<NumberedEvent<'b>>,
    /// The number of the first of each.
    firsts: Vec<i64>,
    /// Which of the deliveries of each are made.
    is_new: Vec<Vec<bool>>,
}

/// By the numbers of the firsts. These are locked: another server that has a repeat of the same waits, and sees afterwards who
/// is told by this one. All of them, and in the order of their numbers, so that no two servers wait for each other.
async fn told(
    connection: &mut PgConnection,
    repeated: &[Repeat<'_>],
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

async fn store(connection: &mut PgConnection, state: &mut State, stored: Stored<'_>) -> Result<(), sqlx::Error> {
    let Stored { events, firsts, is_new } = stored;
    if events.is_empty() {
        return Ok(());
    }
    insert_events(connection, state, &events).await?;
    sqlx::query(
        "update events e set first = s.first from unnest($1::bigint[], $2::bigint[]) s (number, first)
         where e.id = s.number",
    )
    .bind(events.iter().map(|event| event.number).collect::<Vec<_>>())
    .bind(firsts)
    .execute(&mut *connection)
    .await?;
    let wanted = events.iter().flat_map(NumberedEvent::deliveries);
    let rows: Vec<_> = wanted
        .zip(is_new.iter().flatten())
        .filter_map(|(delivery, is_new)| is_new.then_some(delivery))
        .collect();
    let mut ids = insert_delivery_rows(connection, state, &rows).await?.into_iter();
    for (event, is_new) in events.into_iter().zip(is_new) {
        let deliveries = is_new.into_iter().map(|is_new| is_new.then(|| ids.next()).flatten());
        *event.received = Some(Received::Partly {
            event: event.number,
            deliveries: deliveries.collect(),
        });
    }
    Ok(())
}
