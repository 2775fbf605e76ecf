//! Counts over time: written once a minute by each server, read as sums.

use crate::{
    backend::{on_backend, on_session},
    error::StoreError,
    rows::{
        counts::Counted,
        numbers::{millis, signed},
    },
    store::Store,
};

const ADD: &str = "insert into counts (width, minute, kind, outcome, number) values ($1, $2, $3, $4, $5)
    on conflict (width, minute, kind, outcome) do update set number = counts.number + excluded.number";

const SUMS: &str = "select minute / $1 * $1, kind, outcome, cast(sum(number) as bigint) from counts
    where width = $2 and minute >= $3
    group by minute / $1 * $1, kind, outcome order by 1, 2, 3";

/// Servers that have shown within the life of a lease that they live.
const NODES: &str = "select name from leases where name like 'node/%' and until_ms > $1 order by name";

/// Minutes in an hour, the wider of the two widths that are kept.
const HOUR: u64 = 60;

type Columns = (i64, String, String, i64);

impl Store {
    /// Adds to the counts of the minutes and hours that they are of.
    ///
    /// # Errors
    /// When they were not committed.
    pub async fn add_counts(&self, mut counts: Vec<Counted>) -> Result<(), StoreError> {
        // All servers in the same order, so that none waits for one that waits for it.
        counts.sort();
        self.queues
            .step(move |session| {
                Box::pin(async move {
                    for width in [1, HOUR] {
                        for count in &counts {
                            on_session!(&mut *session, connection => {
                                sqlx::query(ADD)
                                    .bind(signed(width))
                                    .bind(signed(count.minute / width * width))
                                    .bind(count.kind.clone())
                                    .bind(count.outcome.clone())
                                    .bind(signed(count.number))
                                    .execute(connection)
                                    .await
                                    .map(|_| ())
                            })?;
                        }
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Sums in spans of this many minutes since a minute, the oldest first. Spans that are whole hours are read from the counts
    /// of hours.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn counts(&self, span: u64, since_minute: u64) -> Result<Vec<Counted>, StoreError> {
        let span = span.max(1);
        let width = if span.is_multiple_of(HOUR) { HOUR } else { 1 };
        let rows: Vec<Columns> = self
            .read("reading the counts over time", async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_as(SUMS)
                        .bind(signed(span))
                        .bind(signed(width))
                        .bind(signed(since_minute / span * span))
                        .fetch_all(readers)
                        .await
                })
            })
            .await?;
        let counts = rows.into_iter().map(|(minute, kind, outcome, number)| Counted {
            minute: millis(minute),
            kind,
            outcome,
            number: millis(number),
        });
        Ok(counts.collect())
    }

    /// Names of the servers that live.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn servers(&self, now_ms: u64) -> Result<Vec<String>, StoreError> {
        let names: Vec<String> = self
            .read("reading which servers live", async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_scalar(NODES).bind(signed(now_ms)).fetch_all(readers).await
                })
            })
            .await?;
        let names = names.iter().map(|name| name.trim_start_matches("node/").to_owned());
        Ok(names.collect())
    }
}
