//! Which event numbers the times of a filter mean: they grow with the time of arrival, so they are found by halving.

use super::filter::Filter;
use crate::{backend::on_backend, error::StoreError, rows::numbers::millis, store::Store};

/// Servers that share a database number their events not quite in the order of arrival.
const DISORDER_MS: u64 = 600_000;

/// The first event that is still there.
const OLDEST: &str = "select min(id) from events";

const NEXT: &str = "select id, received_at_ms from events where id >= $1 order by id limit 1";

impl Store {
    /// The numbers of the events that can be meant: from the first one to before the last one.
    pub(super) async fn searched_range(&self, filter: &Filter) -> Result<(i64, i64), StoreError> {
        let oldest: Option<i64> = self
            .ask(async {
                on_backend!(&*self.questions, readers => sqlx::query_scalar(OLDEST).fetch_one(readers).await)
            })
            .await
            .map_err(StoreError::database("looking for the oldest event"))?;
        let Some(oldest) = oldest else { return Ok((0, 0)) };
        let end = self.newest_event().await?.saturating_add(1);
        let low = match filter.since_ms {
            Some(since) => self.first_since(since.saturating_sub(DISORDER_MS), oldest, end).await?,
            None => oldest,
        };
        let high = match filter.until_ms {
            Some(until) => self.first_since(until.saturating_add(DISORDER_MS), oldest, end).await?,
            None => end,
        };
        // A number that nobody has given yet, or none at all.
        Ok((low, filter.before.map_or(high, |before| high.min(before)).max(low)))
    }

    /// The number from which on all events were received at this time or later: found by halving.
    async fn first_since(&self, since_ms: u64, oldest: i64, end: i64) -> Result<i64, StoreError> {
        let (mut low, mut high) = (oldest, end);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.next_event(middle).await? {
                Some((id, at_ms)) if at_ms < since_ms => low = id.saturating_add(1),
                _ => high = middle,
            }
        }
        Ok(low)
    }

    pub(super) async fn next_event(&self, from: i64) -> Result<Option<(i64, u64)>, StoreError> {
        let next: Option<(i64, i64)> = self
            .ask(async {
                on_backend!(&*self.questions, readers => sqlx::query_as(NEXT).bind(from).fetch_optional(readers).await)
            })
            .await
            .map_err(StoreError::database("looking for an event"))?;
        Ok(next.map(|(id, at)| (id, millis(at))))
    }
}
