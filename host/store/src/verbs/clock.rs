//! A clock that was ahead and is put back: what was planned by it is planned anew.

mod doubt;

use crate::{
    backend::{Session, on_backend, on_session},
    error::StoreError,
    rows::numbers::signed,
    store::Store,
};

/// How far clocks may be apart. What lies further ahead than it could was written before the clock was put back.
pub(super) const CLOCK_MS: u64 = 600_000;

/// Condition of deliveries that wait for a time after `$1`; that of the index, word for word.
macro_rules! waits_long {
    () => {
        "state in ('ready', 'retry_wait') and next_at_ms > $1"
    };
}

/// When its last attempt began.
macro_rules! tried {
    () => {
        "(select max(started_at_ms) from attempts where delivery = deliveries.id)"
    };
}

/// A delivery that was made by a clock that was ahead, or tried by one: a plugin may also want to wait that long.
const IS_AHEAD: &str = concat!(
    "select count(*) from (select 1 from deliveries where ",
    waits_long!(),
    " and (created_at_ms > $1 or next_at_ms >= ",
    tried!(),
    " and ",
    tried!(),
    " > $1) limit 1) ahead"
);

/// All its times are as far from each other as they were. `$2` is now. An attempt that ended after the clock was put back has
/// planned the next one by the right time.
const MADE: &str = concat!(
    "update deliveries
     set next_at_ms = case when next_at_ms < created_at_ms then next_at_ms else next_at_ms - created_at_ms + $2 end,
         due_at_ms = due_at_ms - created_at_ms + $2,
         expires_at_ms = expires_at_ms - created_at_ms + $2, created_at_ms = $2
     where ",
    waits_long!(),
    " and created_at_ms > $1"
);

/// The next attempt comes as long after now as it was to come after the last.
const TRIED: &str = concat!(
    "update deliveries set next_at_ms = next_at_ms - ",
    tried!(),
    " + $2 where ",
    waits_long!(),
    " and next_at_ms >= ",
    tried!(),
    " and ",
    tried!(),
    " > $1"
);

impl Store {
    /// Plans anew what a clock that was ahead has planned: it would else wait until that time has come. Tells how many
    /// deliveries those were.
    ///
    /// # Errors
    /// When it could not be read or committed.
    pub async fn reschedule(&self, now_ms: u64) -> Result<u64, StoreError> {
        let ahead_ms = signed(now_ms.saturating_add(CLOCK_MS));
        let ahead: i64 = self
            .read("looking for deliveries scheduled too late", async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_scalar(IS_AHEAD).bind(ahead_ms).fetch_one(readers).await
                })
            })
            .await?;
        if ahead == 0 {
            return Ok(0);
        }
        self.queues
            .step(move |session| Box::pin(reschedule_all(session, ahead_ms, signed(now_ms))))
            .await
    }
}

async fn reschedule_all(session: &mut Session, ahead_ms: i64, now_ms: i64) -> Result<u64, sqlx::Error> {
    let mut rows = 0;
    for statement in [MADE, TRIED] {
        rows += on_session!(&mut *session, connection => {
            sqlx::query(statement)
                .bind(ahead_ms)
                .bind(now_ms)
                .execute(connection)
                .await
                .map(|done| done.rows_affected())
        })?;
    }
    Ok(rows)
}
