//! Walks through rows of events that are old enough, a bounded number at a time: most of them may be kept for something else.
//!
//! Looking is done beside the writer, from where the last look ended; the writer is only told what to delete.

use crate::{
    backend::{Backend, on_backend},
    error::StoreError,
    postgres,
    rows::{numbers::signed, walk::Walk},
    sqlite,
    store::Store,
};

/// Rows that one question looks at.
const LOOK_ROWS: i64 = 2_000;

impl Store {
    /// Goes on with a walk until there is something to delete, or the walk is at its end; tells how many rows were deleted.
    pub(super) async fn walk(&self, walk: &'static Walk, before_ms: u64, rows_max: i64) -> Result<u64, StoreError> {
        let before_ms = signed(before_ms);
        let Some(newest) = self.newest_too_old(before_ms).await? else {
            return Ok(0);
        };
        let walks = &self.shared.walks;
        loop {
            let after = walks.place(walk.number);
            let rows: Vec<(i64, bool)> = self
                .read("looking for expired rows", async {
                    on_backend!(&*self.readers, readers => {
                        sqlx::query_as(walk.look)
                            .bind(after)
                            .bind(newest)
                            .bind(LOOK_ROWS)
                            .bind(before_ms)
                            .fetch_all(readers)
                            .await
                    })
                })
                .await?;
            let Some((last, _)) = rows.last().copied() else {
                return Ok(0);
            };
            let mut going: Vec<i64> = rows
                .into_iter()
                .filter(|(_, may_go)| *may_go)
                .map(|(event, _)| event)
                .collect();
            let is_more = going.len() as u64 > rows_max.unsigned_abs();
            going.truncate(usize::try_from(rows_max).unwrap_or_default());
            let next = going.last().copied().filter(|_| is_more).unwrap_or(last);
            if going.is_empty() {
                walks.set(walk.number, next);
                continue;
            }
            let rows = self
                .queues
                .step(move |session| {
                    Box::pin(async move {
                        match session {
                            Backend::Sqlite(session) => sqlite::delete_walked(session, walk, &going, before_ms).await,
                            Backend::Postgres(session) => {
                                postgres::delete_walked(session, walk, &going, before_ms).await
                            }
                        }
                    })
                })
                .await?;
            walks.set(walk.number, next);
            if rows > 0 {
                return Ok(rows);
            }
        }
    }

    async fn newest_too_old(&self, before_ms: i64) -> Result<Option<i64>, StoreError> {
        self.read("looking for expired rows", async {
            match &*self.readers {
                Backend::Sqlite(readers) => sqlite::newest_before(readers, before_ms).await,
                Backend::Postgres(readers) => postgres::newest_before(readers, before_ms).await,
            }
        })
        .await
    }
}
