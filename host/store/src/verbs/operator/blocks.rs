//! Blocks of events: built long after the events, and asked which of them a search has to look at.

use sqlx::Row as _;

use crate::{
    backend::{on_backend, on_session},
    error::StoreError,
    rows::{
        id_filter::{BLOCK_EVENTS, Keys, Known, may_have},
        numbers::signed,
    },
    store::Store,
};

/// Filters that one statement reads: some 2 MiB, for a quarter of a million events.
const READ_BLOCKS: i64 = 256;

/// Payloads of one statement: each may have 1 MiB.
const READ_ROWS: i64 = 32;

/// A block is built when all of its events are this old. Servers that share a database commit their numbers in another order,
/// and their clocks differ a little; a batch takes 5 s at most.
const SETTLED_MS: u64 = 60_000;

const NEXT_BLOCK: &str = "select coalesce((select max(block) + 1 from event_blocks),
            (select min(id) from events) / $1, 0), coalesce((select max(id) from events), 0)";

/// The last event of a block or the first behind it: all before it are older, or nearly.
const SETTLED: &str = "select received_at_ms from events where id >= $1 order by id limit 1";

const EVENTS: &str = "select e.id, e.app, e.event_type, e.event_id, p.payload
     from events e left join payloads p on p.event = e.id
     where e.id >= $1 and e.id < $2 order by e.id limit $3";

const BUILT: &str = "insert into event_blocks (block, bits) values ($1, $2) on conflict do nothing";

/// Nothing is left in these.
const GONE: &str = "delete from event_blocks where block < coalesce((select min(id) from events), 0) / $1
    and block < (select max(block) from event_blocks)";

const READ: &str = "select block, bits from event_blocks where block >= $1 and block <= $2 order by block desc";

type EventText = (i64, String, String, String, Option<String>);

impl Store {
    /// Builds the next block that is old enough. False when there is none.
    ///
    /// # Errors
    /// When the database did not answer or could not commit.
    pub async fn build_block(&self, now_ms: u64) -> Result<bool, StoreError> {
        let failed = || StoreError::database("reading events for searches");
        let (block, newest): (i64, i64) = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_as(NEXT_BLOCK).bind(BLOCK_EVENTS).fetch_one(readers).await
                })
            })
            .await
            .map_err(failed())?;
        let (low, high) = (block * BLOCK_EVENTS, (block + 1) * BLOCK_EVENTS);
        if high > newest {
            return Ok(false);
        }
        let settled: Option<i64> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_scalar(SETTLED).bind(high - 1).fetch_optional(readers).await
                })
            })
            .await
            .map_err(failed())?;
        if settled.is_none_or(|at_ms| at_ms > signed(now_ms.saturating_sub(SETTLED_MS))) {
            return Ok(false);
        }
        let bits = self.keys_of(low, high).await?.into_bits();
        self.queues
            .step(move |session| {
                let bits = bits.clone();
                Box::pin(async move {
                    on_session!(session, connection => {
                        sqlx::query(BUILT).bind(block).bind(bits).execute(&mut *connection).await?;
                        sqlx::query(GONE).bind(BLOCK_EVENTS).execute(connection).await
                            .map(|_| true)
                    })
                })
            })
            .await
    }

    async fn keys_of(&self, mut low: i64, high: i64) -> Result<Keys, StoreError> {
        let mut keys = Keys::default();
        loop {
            let events: Vec<EventText> = self
                .ask(async {
                    on_backend!(&*self.questions, readers => {
                        sqlx::query_as(EVENTS).bind(low).bind(high).bind(READ_ROWS).fetch_all(readers).await
                    })
                })
                .await
                .map_err(StoreError::database("reading events for searches"))?;
            let Some((last, ..)) = events.last() else {
                return Ok(keys);
            };
            low = last + 1;
            for (_, app, event_type, event_id, payload) in &events {
                keys.add(Known::App(app));
                keys.add(Known::Type(event_type));
                keys.add(Known::EventId(event_id));
                if let Some(payload) = payload {
                    keys.add_payload(payload);
                }
            }
        }
    }

    /// Of the blocks with these numbers, those whose filter is known and has not all of these keys.
    async fn blocks_without(&self, low: i64, high: i64, keys: &[u64]) -> Result<Vec<i64>, StoreError> {
        let without = |block: i64, bits: &[u8]| (!keys.iter().all(|key| may_have(bits, *key))).then_some(block);
        self.ask(async {
            on_backend!(&*self.questions, readers => {
                let rows = sqlx::query(READ).bind(low).bind(high).fetch_all(readers).await?;
                let mut blocks = Vec::new();
                for row in &rows {
                    blocks.extend(without(row.try_get(0)?, row.try_get(1)?));
                }
                Ok(blocks)
            })
        })
        .await
        .map_err(StoreError::database("looking where to search"))
    }
}

/// Ranges of event numbers that may have what is searched for, from the newest down.
pub(super) struct Ranges {
    keys: Vec<u64>,
    /// Ranges that are known, the next one last: from the first number to before the second.
    open: Vec<(i64, i64)>,
    /// What is below was not looked at yet.
    down_to: i64,
    end: i64,
}

impl Ranges {
    /// The numbers from `end` to before `high`.
    pub(super) fn new(keys: Vec<u64>, end: i64, high: i64) -> Self {
        Self {
            keys,
            open: Vec::new(),
            down_to: high,
            end,
        }
    }

    /// How far the ranges that were told and the numbers between them reach down.
    pub(super) fn reached(&self) -> i64 {
        self.open.last().map_or(self.down_to, |(_, high)| *high)
    }

    /// The next range, looked for once at least and then as long as `is_in_time` allows.
    pub(super) async fn next(
        &mut self,
        store: &Store,
        is_in_time: impl Fn() -> bool,
    ) -> Result<Option<(i64, i64)>, StoreError> {
        let mut is_begun = false;
        while self.open.is_empty() && self.down_to > self.end && (!is_begun || is_in_time()) {
            is_begun = true;
            if self.keys.is_empty() {
                self.open.push((self.end, self.down_to));
                self.down_to = self.end;
                break;
            }
            let last = (self.down_to - 1).div_euclid(BLOCK_EVENTS);
            let first = last - (READ_BLOCKS - 1);
            let without = store.blocks_without(first, last, &self.keys).await?;
            let low = (first * BLOCK_EVENTS).max(self.end);
            self.open = between(&without, low, self.down_to);
            self.down_to = low;
        }
        Ok(self.open.pop())
    }
}

/// What remains of the numbers from `low` to before `high` without these blocks, which are told from the last to the first;
/// ascending.
fn between(without: &[i64], low: i64, high: i64) -> Vec<(i64, i64)> {
    let mut open = Vec::new();
    let mut top = high;
    for block in without {
        let above = ((block + 1) * BLOCK_EVENTS).max(low);
        if above < top {
            open.push((above, top));
        }
        top = top.min((block * BLOCK_EVENTS).max(low));
    }
    if low < top {
        open.push((low, top));
    }
    open.reverse();
    open
}

#[cfg(test)]
mod tests {
    use super::between;

    #[test]
    fn what_lies_between_blocks_is_looked_at() {
        assert_eq!(between(&[], 5, 9), [(5, 9)]);
        assert_eq!(between(&[3, 2, 0], 100, 5_000), [(1_024, 2_048), (4_096, 5_000)]);
        assert_eq!(between(&[0], 100, 1_000), []);
        assert_eq!(between(&[1], 100, 1_500), [(100, 1_024)]);
    }
}
