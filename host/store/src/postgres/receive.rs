//! Receiving in PostgreSQL.

use std::{borrow::Cow, collections::HashMap, iter};

use sqlx::{PgConnection, Row};

use super::{
    insert::{insert_deliveries, insert_events},
    repeats::{Repeat, repeats},
    session::Session,
    takers::store_for_others,
};
use crate::rows::{
    events::{NewEvent, NumberedEvent, Received},
    job::Job,
    numbers::signed,
    text::storable,
};

/// Receives a batch. Usually all of it is new, and nothing has to be read back; else the conflicts are looked at together.
pub(crate) async fn receive(session: &mut Session, batch: &mut [Job<NewEvent, Received>]) -> Result<(), sqlx::Error> {
    let Session { connection, state } = session;
    let numbers: Vec<i64> =
        sqlx::query_scalar("select nextval(pg_get_serial_sequence('events', 'id')) from generate_series(1, $1)")
            .bind(signed(batch.len() as u64))
            .fetch_all(&mut *connection)
            .await?;
    let names = names(batch, &numbers);
    let inserted = insert_names(connection, &names).await?;
    let seen = if inserted == names.number.len() as u64 {
        HashMap::new()
    } else {
        seen_before(connection, &names).await?
    };
    drop(names);
    let (mut new, mut repeated) = (Vec::with_capacity(batch.len()), Vec::new());
    // In the order of arrival: each is told how often it has come.
    for (number, job) in numbers.into_iter().zip(batch) {
        let event = NumberedEvent::of(number, job);
        match seen.get(&number) {
            Some(&first) => repeated.push(Repeat { event, first }),
            None => new.push(event),
        }
    }
    insert_events(connection, state, &new).await?;
    insert_deliveries(connection, state, &mut new).await?;
    let repeated = store_for_others(connection, state, repeated).await?;
    repeats(connection, repeated).await
}

/// The names of all events of a batch, as the columns of a table.
#[derive(Default)]
struct Names<'a> {
    app: Vec<&'a str>,
    kind: Vec<&'static str>,
    key: Vec<Cow<'a, str>>,
    number: Vec<i64>,
    expires_at_ms: Vec<i64>,
}

/// In the order of the unique index: two servers that insert the same names wait for each other at the first of them, and
/// not one at the other's.
fn names<'a>(batch: &'a [Job<NewEvent, Received>], numbers: &[i64]) -> Names<'a> {
    let mut rows: Vec<_> = batch
        .iter()
        .zip(numbers)
        .flat_map(|(job, &number)| {
            let new = &job.write;
            let message = new.event.message_id.as_deref().map(|id| ("message", id));
            iter::once(("event", &*new.event.id))
                .chain(message)
                .map(move |(kind, key)| {
                    (
                        &*new.event.app_id,
                        kind,
                        storable(key),
                        number,
                        signed(new.expires_at_ms),
                    )
                })
        })
        .collect();
    rows.sort();
    let mut names = Names::default();
    for (app, kind, key, number, expires_at_ms) in rows {
        names.app.push(app);
        names.kind.push(kind);
        names.key.push(key);
        names.number.push(number);
        names.expires_at_ms.push(expires_at_ms);
    }
    names
}

/// Tells how many of them nobody had before. One that another server has under way is waited for.
async fn insert_names(connection: &mut PgConnection, names: &Names<'_>) -> Result<u64, sqlx::Error> {
    sqlx::query(
        "insert into receipts (app, kind, key, event, expires_at_ms)
         select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
         on conflict do nothing",
    )
    .bind(&names.app)
    .bind(&names.kind)
    .bind(&names.key)
    .bind(&names.number)
    .bind(&names.expires_at_ms)
    .execute(connection)
    .await
    .map(|done| done.rows_affected())
}

/// The numbers that were given to what was seen before, with the numbers of the first. Whatever name such a repeat brought
/// with it leads to the first from now on.
async fn seen_before(connection: &mut PgConnection, names: &Names<'_>) -> Result<HashMap<i64, i64>, sqlx::Error> {
    let rows = sqlx::query(
        "select j.number, r.event
         from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) j (app, kind, key, number)
         join receipts r on r.app = j.app and r.kind = j.kind and r.key = j.key
         where r.event <> j.number",
    )
    .bind(&names.app)
    .bind(&names.kind)
    .bind(&names.key)
    .bind(&names.number)
    .fetch_all(&mut *connection)
    .await?;
    let mut seen = HashMap::new();
    for row in rows {
        seen.insert(row.try_get::<i64, _>(0)?, row.try_get::<i64, _>(1)?);
    }
    // In one batch the first of a repeat may itself be a repeat.
    let firsts = seen.clone();
    for first in seen.values_mut() {
        while let Some(&earlier) = firsts.get(first) {
            *first = earlier;
        }
    }
    let (numbers, firsts): (Vec<i64>, Vec<i64>) = seen.iter().map(|(&number, &first)| (number, first)).unzip();
    // Only rows of this transaction carry these numbers, so nobody is waited for.
    sqlx::query(
        "update receipts r set event = s.first
         from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) j (app, kind, key, number)
         join unnest($5::bigint[], $6::bigint[]) s (number, first) on s.number = j.number
         where r.app = j.app and r.kind = j.kind and r.key = j.key and r.event = j.number",
    )
    .bind(&names.app)
    .bind(&names.kind)
    .bind(&names.key)
    .bind(&names.number)
    .bind(numbers)
    .bind(firsts)
    .execute(connection)
    .await?;
    Ok(seen)
}
