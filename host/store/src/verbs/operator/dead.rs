//! Dead letters: listed, made ready again, or dropped.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    filter::{Filter, PAGE_ROWS_MAX, above, below, bind_filter},
    selected::Statements,
};
use crate::{
    backend::{Session, on_backend, on_session},
    error::StoreError,
    rows::{
        alike::alike,
        numbers::{millis, signed},
    },
    store::Store,
};

/// A delivery that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeadLetter {
    /// Its number, which is the cursor too.
    pub id: i64,
    /// The number of the event.
    pub event: Option<i64>,
    /// Lark's id of the event.
    pub event_id: Option<String>,
    /// `event`, `task`, `late` or `update`.
    pub kind: String,
    /// Lark's name of the event's type, or the name of the task.
    pub name: String,
    /// The application.
    pub app: String,
    /// For whom.
    pub plugin: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was given up, in milliseconds since 1970.
    pub finished_at_ms: u64,
    /// A word for how the last attempt ended.
    pub outcome: Option<String>,
    /// The error of the last attempt.
    pub error: Option<String>,
}

/// Dead letters that a filter means; how they failed is looked at afterwards.
macro_rules! dead_where {
    ($columns:literal, $end:literal) => {
        concat!(
            "select ",
            $columns,
            " from deliveries d left join events e on e.id = d.event
              where d.state = 'dead' and ($4 is null or d.state = $4)
                and ($1 is null or d.app = $1) and ($2 is null or e.event_type = $2) and ($3 is null or d.plugin = $3)
                and ($5 is null or exists (
                    select 1 from attempts a where a.delivery = d.id and a.number = d.attempt and a.outcome = $5))
                and ($6 is null or d.finished_at_ms >= $6) and ($7 is null or d.finished_at_ms < $7) ",
            $end
        )
    };
}

pub(super) use dead_where;

static DEAD: Statements = Statements {
    list: dead_where!(
        "d.id, d.event, e.event_id, d.kind, coalesce(e.event_type, d.task_name, ''), d.app, d.plugin,
         cast(d.attempt as bigint), d.finished_at_ms,
         (select a.outcome from attempts a where a.delivery = d.id order by a.started_at_ms desc limit 1),
         (select a.error from attempts a where a.delivery = d.id order by a.started_at_ms desc limit 1)",
        "and d.id < $8 order by d.id desc limit $9"
    ),
    count: dead_where!("count(*)", "and d.id < $8"),
    next: dead_where!("d.id", "and d.id > $8 order by d.id limit $9"),
};

/// With the error of the last attempt.
const NEXT_WITH_ERRORS: &str = dead_where!(
    "d.id, (select a.error from attempts a where a.delivery = d.id order by a.started_at_ms desc limit 1)",
    "and d.id > $8 order by d.id limit $9"
);

/// Letters whose errors one statement reads.
const WITH_ERRORS: i64 = 2_000;

/// Attempts start anew, and it is of use as long as it was at first.
macro_rules! retry {
    ($states:literal) => {
        concat!(
            "update deliveries
             set state = 'ready', attempt = 0, lost = 0, next_at_ms = $2, finished_at_ms = null, lease_node = null,
                 lease_until_ms = null,
                 expires_at_ms = case when expires_at_ms - created_at_ms > $3 then $2 + $3
                                      else $2 + expires_at_ms - created_at_ms end
             where id = $1 and state in (",
            $states,
            ")"
        )
    };
}
const RETRY: &str = retry!("'dead'");

/// The same for expired ones, too.
pub(super) const EXPIRED_TOO: &str = retry!("'dead', 'expired'");

/// The two statements of a drop.
pub(super) struct Drop {
    tried: &'static str,
    end: &'static str,
}

macro_rules! drop {
    ($states:literal) => {
        Drop {
            tried: concat!(
                "insert into attempts (delivery, number, node, started_at_ms, duration_us, outcome, error, plugin_hash, log)
                 select id, attempt, $2, $3, 0, 'dropped', 'dropped by the operator', '', ''
                 from deliveries where id = $1 and state in (",
                $states,
                ") on conflict do nothing"
            ),
            end: concat!(
                "update deliveries set state = 'skipped', finished_at_ms = $2 where id = $1 and state in (",
                $states,
                ")"
            ),
        }
    };
}
static DROP: Drop = drop!("'dead'");

/// The same for those that wait, too.
pub(super) static WAITING_TOO: Drop = drop!("'dead', 'ready', 'retry_wait'");

/// A delivery without an end is given a year.
const AGE_MS_MAX: i64 = 365 * 24 * 3_600_000;

type Columns = (
    i64,
    Option<i64>,
    Option<String>,
    String,
    String,
    String,
    String,
    i64,
    Option<i64>,
    Option<String>,
    Option<String>,
);

impl Store {
    /// Dead letters, the newest first.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn dead(&self, filter: &Filter) -> Result<Vec<DeadLetter>, StoreError> {
        let rows_max = filter.page_rows() as usize;
        let wanted = filter.error.as_deref().map(alike);
        let rows_of_one = if wanted.is_some() {
            PAGE_ROWS_MAX
        } else {
            filter.page_rows()
        };
        let (mut letters, mut before) = (Vec::new(), filter.before);
        loop {
            let rows: Vec<Columns> = self
                .ask(async {
                    on_backend!(&*self.questions, readers => {
                        bind_filter!(sqlx::query_as(DEAD.list), filter, below(before))
                            .bind(i64::from(rows_of_one))
                            .fetch_all(readers)
                            .await
                    })
                })
                .await
                .map_err(StoreError::database("listing dead letters"))?;
            let is_last = rows.len() < rows_of_one as usize;
            before = rows.last().map(|row| row.0);
            letters.extend(
                rows.into_iter()
                    .map(letter)
                    .filter(|letter| is_of(letter.error.as_deref(), wanted.as_deref())),
            );
            if is_last || letters.len() >= rows_max {
                letters.truncate(rows_max);
                return Ok(letters);
            }
        }
    }

    /// How many dead letters a filter means.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn count_dead(&self, filter: &Filter) -> Result<u64, StoreError> {
        if filter.error.is_none() {
            return self.count_selected(&DEAD, filter, "counting dead letters").await;
        }
        let (mut count, mut after) = (0, None);
        loop {
            let ids = self.next_dead(filter, after).await?;
            let Some(last) = ids.last().copied() else {
                return Ok(count);
            };
            after = Some(last);
            count += ids.len() as u64;
        }
    }

    /// The next dead letters that a filter means, the oldest first: those after a number.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn next_dead(&self, filter: &Filter, mut after: Option<i64>) -> Result<Vec<i64>, StoreError> {
        let Some(wanted) = filter.error.as_deref().map(alike) else {
            return self
                .next_selected(&DEAD, filter, after, "looking for dead letters")
                .await;
        };
        loop {
            let rows: Vec<(i64, Option<String>)> = self
                .ask(async {
                    on_backend!(&*self.questions, readers => {
                        bind_filter!(sqlx::query_as(NEXT_WITH_ERRORS), filter, above(after))
                            .bind(WITH_ERRORS)
                            .fetch_all(readers)
                            .await
                    })
                })
                .await
                .map_err(StoreError::database("looking for dead letters"))?;
            let Some((last, _)) = rows.last() else {
                return Ok(Vec::new());
            };
            after = Some(*last);
            let fitting = rows.iter().filter(|(_, error)| is_of(error.as_deref(), Some(&wanted)));
            let ids: Vec<_> = fitting.map(|(id, _)| *id).collect();
            if !ids.is_empty() {
                return Ok(ids);
            }
        }
    }

    /// Makes dead letters ready again, their attempts counted from the start. Tells which of them were dead letters.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn retry_dead(&self, ids: Vec<i64>, now_ms: u64) -> Result<Vec<i64>, StoreError> {
        self.change_each(ids, move |session, id| Box::pin(retry(session, RETRY, id, now_ms)))
            .await
    }

    /// Gives dead letters up for good, with an attempt that says so. Tells which of them were dead letters.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn drop_dead(&self, ids: Vec<i64>, now_ms: u64) -> Result<Vec<i64>, StoreError> {
        self.drop_each(ids, &DROP, now_ms).await
    }

    /// Gives deliveries up, as far as they are in the states of `drop`.
    pub(super) async fn drop_each(
        &self,
        ids: Vec<i64>,
        drop: &'static Drop,
        now_ms: u64,
    ) -> Result<Vec<i64>, StoreError> {
        let node: Arc<str> = self.node().into();
        self.change_each(ids, move |session, id| {
            Box::pin(drop_one(session, drop, id, Arc::clone(&node), now_ms))
        })
        .await
    }
}

pub(super) async fn retry(
    session: &mut Session,
    statement: &'static str,
    id: i64,
    now_ms: u64,
) -> Result<bool, sqlx::Error> {
    on_session!(session, connection => {
        sqlx::query(statement)
            .bind(id)
            .bind(signed(now_ms))
            .bind(AGE_MS_MAX)
            .execute(connection)
            .await
            .map(|done| done.rows_affected() > 0)
    })
}

async fn drop_one(
    session: &mut Session,
    drop: &Drop,
    id: i64,
    node: Arc<str>,
    now_ms: u64,
) -> Result<bool, sqlx::Error> {
    on_session!(session, connection => {
        sqlx::query(drop.tried)
            .bind(id)
            .bind(&*node)
            .bind(signed(now_ms))
            .execute(&mut *connection)
            .await?;
        sqlx::query(drop.end)
            .bind(id)
            .bind(signed(now_ms))
            .execute(connection)
            .await
            .map(|done| done.rows_affected() > 0)
    })
}

/// Whether an error is of the group that is wanted.
fn is_of(error: Option<&str>, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| alike(error.unwrap_or_default()) == wanted)
}

fn letter(columns: Columns) -> DeadLetter {
    let (id, event, event_id, kind, name, app, plugin, attempts, finished, outcome, error) = columns;
    DeadLetter {
        id,
        event,
        event_id,
        kind,
        name,
        app,
        plugin,
        attempts,
        finished_at_ms: finished.map(millis).unwrap_or_default(),
        outcome,
        error,
    }
}
