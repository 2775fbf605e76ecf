//! Erasure of one person: whatever contains their id, in steps that let acknowledgements through.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    backend::{Session, on_backend, on_session},
    error::StoreError,
    rows::numbers::{millis, signed},
    store::Store,
    writer::queue::in_transaction,
};

/// Numbers that one question looks through, and the rows that it returns: a payload may have 1 MiB.
const LOOK_NUMBERS: i64 = 2_000;
const LOOK_ROWS: i64 = 32;

/// Counts of what was erased, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Erased {
    /// Tokens, one for each application.
    pub tokens: u64,
    /// Keys of plugins.
    pub keys: u64,
    /// Replies that contain the id.
    pub replies: u64,
    /// Deliveries whose attempts contain it in an error or a log.
    pub attempts: u64,
    /// Deliveries whose task or ordering key contains it.
    pub tasks: u64,
    /// Events whose payload contains it.
    pub events: u64,
    /// Changes by operators whose arguments or results contain it; that they were made stays on record.
    pub changes: u64,
}

/// A table that is searched through by a number.
#[derive(Debug)]
struct SearchedTable {
    /// Lowest and highest number.
    ends: &'static str,
    /// Number and two texts of rows after `$1` up to `$2` with `$3` in them, at most `$4` of them. In SQLite this ignores
    /// case, and `_` stands for any symbol, so the texts are looked at once more.
    look: &'static str,
    /// Applied in this order; `$1` is the number.
    erase: &'static [&'static str],
    /// Applied before; `$1` is the number and `$2` the time.
    end: Option<&'static str>,
}

/// `$which` are deliveries. Those that wait would be attempted without what they are about.
macro_rules! end {
    ($which:literal) => {
        concat!(
            "update deliveries set ordering_key = null,
                 task_payload = case when task_payload is null then null else '{}' end,
                 finished_at_ms = case when state in ('ready', 'retry_wait') then $2 else finished_at_ms end,
                 state = case when state in ('ready', 'retry_wait') then 'skipped' else state end
             where state <> 'running' and ",
            $which
        )
    };
}

/// A duplicate gets what remains: an answer that changes nothing.
const EMPTY_REPLY: &str = "update replies set error = null, reply = case when reply = '' then '' else '{}' end
    where event = $1";

static REPLIES: SearchedTable = SearchedTable {
    ends: "select min(event), max(event) from replies",
    look: "select event, reply, coalesce(error, '') from replies
        where event > $1 and event <= $2
          and (reply like '%' || cast($3 as text) || '%' or error like '%' || cast($3 as text) || '%')
        order by event limit $4",
    erase: &[EMPTY_REPLY],
    end: None,
};

static ATTEMPTS: SearchedTable = SearchedTable {
    ends: "select min(delivery), max(delivery) from attempts",
    look: "select delivery, log, coalesce(error, '') from attempts
        where delivery > $1 and delivery <= $2
          and (log like '%' || cast($3 as text) || '%' or error like '%' || cast($3 as text) || '%')
        order by delivery limit $4",
    erase: &[
        "update attempts set log = '', error = case when error is null then null else 'erased' end
        where delivery = $1",
    ],
    end: None,
};

static TASKS: SearchedTable = SearchedTable {
    ends: "select min(id), max(id) from deliveries",
    look: "select id, coalesce(task_payload, ''), coalesce(ordering_key, '') from deliveries
        where id > $1 and id <= $2 and state <> 'running'
          and (task_payload like '%' || cast($3 as text) || '%' or ordering_key like '%' || cast($3 as text) || '%')
        order by id limit $4",
    erase: &[],
    end: Some(end!("id = $1")),
};

static EVENTS: SearchedTable = SearchedTable {
    ends: "select min(event), max(event) from payloads",
    look: "select event, payload, '' from payloads
        where event > $1 and event <= $2 and payload like '%' || cast($3 as text) || '%'
        order by event limit $4",
    erase: &[
        EMPTY_REPLY,
        "update attempts set log = '', error = case when error is null then null else 'erased' end
         where delivery in (select id from deliveries where event = $1)",
        "delete from payloads where event = $1",
    ],
    end: Some(end!("event = $1")),
};

static CHANGES: SearchedTable = SearchedTable {
    ends: "select min(id), max(id) from audit",
    look: "select id, arguments, coalesce(result, '') from audit
        where id > $1 and id <= $2
          and (arguments like '%' || cast($3 as text) || '%' or result like '%' || cast($3 as text) || '%')
        order by id limit $4",
    erase: &["update audit set arguments = '{\"erased\":true}', result = null where id = $1"],
    end: None,
};

impl Store {
    /// Erases what contains this id of a person, or only counts it. What is running at this moment is not changed; it can be
    /// erased when it has ended.
    ///
    /// # Errors
    /// When the database did not answer or could not commit. What was erased until then stays erased.
    pub async fn erase(&self, person: &str, is_dry_run: bool, now_ms: u64) -> Result<Erased, StoreError> {
        let now_ms = (!is_dry_run).then_some(now_ms);
        Ok(Erased {
            tokens: self.erase_tokens(person, is_dry_run).await?,
            keys: self.erase_keys(person, is_dry_run).await?,
            replies: self.erase_in(&REPLIES, person, now_ms).await?,
            attempts: self.erase_in(&ATTEMPTS, person, now_ms).await?,
            tasks: self.erase_in(&TASKS, person, now_ms).await?,
            changes: self.erase_in(&CHANGES, person, now_ms).await?,
            // Last, so that the counts before it do not depend on whether anything is erased.
            events: self.erase_in(&EVENTS, person, now_ms).await?,
        })
    }

    async fn erase_tokens(&self, person: &str, is_dry_run: bool) -> Result<u64, StoreError> {
        if is_dry_run {
            let count: Result<i64, sqlx::Error> = self
                .ask(async {
                    on_backend!(&*self.questions, readers => {
                        sqlx::query_scalar("select count(*) from user_tokens where open_id = $1")
                            .bind(person)
                            .fetch_one(readers)
                            .await
                    })
                })
                .await;
            return count.map(millis).map_err(searching());
        }
        let person = person.to_owned();
        in_transaction!(self, connection => {
            sqlx::query("delete from user_tokens where open_id = $1")
                .bind(person)
                .execute(connection)
                .await
                .map(|done| done.rows_affected())
        })
        .await
    }

    /// Values are bytes, so they are looked at here; the quotas of plugins bound them.
    async fn erase_keys(&self, person: &str, is_dry_run: bool) -> Result<u64, StoreError> {
        let (mut after, mut erased) = (i64::MIN, 0);
        loop {
            let rows: Vec<(i64, String, Vec<u8>)> = self
                .ask(async {
                    on_backend!(&*self.questions, readers => {
                        sqlx::query_as("select id, key, value from kv where id > $1 order by id limit 100")
                            .bind(after)
                            .fetch_all(readers)
                            .await
                    })
                })
                .await
                .map_err(searching())?;
            let Some((last, _, _)) = rows.last() else {
                return Ok(erased);
            };
            after = *last;
            let found: Vec<i64> = rows
                .into_iter()
                .filter(|(_, key, value)| names(key.as_bytes(), person) || names(value, person))
                .map(|(id, _, _)| id)
                .collect();
            erased += found.len() as u64;
            if !is_dry_run && !found.is_empty() {
                let erasure = Erasure {
                    end: None,
                    statements: &["delete from kv where id = $1"],
                    numbers: found,
                };
                self.queues
                    .step(move |session| Box::pin(apply(session, erasure)))
                    .await?;
            }
        }
    }

    /// Counts, and with a time also erases.
    async fn erase_in(
        &self,
        place: &'static SearchedTable,
        person: &str,
        now_ms: Option<u64>,
    ) -> Result<u64, StoreError> {
        let ends: (Option<i64>, Option<i64>) = self
            .ask(async {
                on_backend!(&*self.questions, readers => sqlx::query_as(place.ends).fetch_one(readers).await)
            })
            .await
            .map_err(searching())?;
        let (Some(lowest), Some(newest)) = ends else {
            return Ok(0);
        };
        let (mut after, mut erased) = (lowest - 1, 0);
        while after < newest {
            let up_to = after.saturating_add(LOOK_NUMBERS).min(newest);
            let rows: Vec<(i64, String, String)> = self
                .ask(async {
                    on_backend!(&*self.questions, readers => {
                        sqlx::query_as(place.look)
                            .bind(after)
                            .bind(up_to)
                            .bind(person)
                            .bind(LOOK_ROWS)
                            .fetch_all(readers)
                            .await
                    })
                })
                .await
                .map_err(searching())?;
            let is_more = rows.len() as u64 >= LOOK_ROWS.unsigned_abs();
            after = rows.last().filter(|_| is_more).map_or(up_to, |(last, _, _)| *last);
            let found = rows
                .into_iter()
                .filter(|(_, first, second)| names(first.as_bytes(), person) || names(second.as_bytes(), person));
            let mut found: Vec<i64> = found.map(|(number, _, _)| number).collect();
            // A delivery has several attempts.
            found.dedup();
            erased += found.len() as u64;
            if let Some(now_ms) = now_ms.filter(|_| !found.is_empty()) {
                let erasure = Erasure {
                    end: place.end.map(|end| (end, signed(now_ms))),
                    statements: place.erase,
                    numbers: found,
                };
                self.queues
                    .step(move |session| Box::pin(apply(session, erasure)))
                    .await?;
            }
        }
        Ok(erased)
    }
}

fn searching() -> impl FnOnce(sqlx::Error) -> StoreError {
    StoreError::database("searching for a person")
}

/// Whether a text contains the id, and not a longer one that begins or ends with it.
fn names(text: &[u8], id: &str) -> bool {
    let id = id.as_bytes();
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    text.windows(id.len().max(1)).enumerate().any(|(at, window)| {
        window == id
            && !is_part(at.checked_sub(1).and_then(|before| text.get(before)))
            && !is_part(text.get(at + id.len()))
    })
}

/// Erasure of rows that were found.
#[derive(Clone)]
struct Erasure {
    /// Ends what is still to happen with a row, at this time.
    end: Option<(&'static str, i64)>,
    statements: &'static [&'static str],
    numbers: Vec<i64>,
}

async fn apply(session: &mut Session, erasure: Erasure) -> Result<(), sqlx::Error> {
    overwrite(session, true).await?;
    let changed = change(session, erasure).await;
    // Also after an error: the connection goes on to write receipts, which would be slower.
    overwrite(session, false).await?;
    changed
}

async fn change(session: &mut Session, erasure: Erasure) -> Result<(), sqlx::Error> {
    for number in erasure.numbers {
        if let Some((end, now_ms)) = erasure.end {
            on_session!(&mut *session, connection => {
                sqlx::query(end).bind(number).bind(now_ms).execute(connection).await.map(|_| ())
            })?;
        }
        for &statement in erasure.statements {
            on_session!(&mut *session, connection => {
                sqlx::query(statement).bind(number).execute(connection).await.map(|_| ())
            })?;
        }
    }
    Ok(())
}

/// Has SQLite overwrite what is deleted with zeros, instead of leaving it in free pages. PostgreSQL's vacuum does its part later.
async fn overwrite(session: &mut Session, is_on: bool) -> Result<(), sqlx::Error> {
    let Session::Sqlite(session) = session else {
        return Ok(());
    };
    let pragma = if is_on {
        "pragma secure_delete = on"
    } else {
        "pragma secure_delete = off"
    };
    sqlx::query(pragma).execute(session.connection.sqlx()).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn an_id_is_found_wherever_it_stands_and_a_longer_one_is_not() {
        for text in [
            "ou_anna",
            r#"{"open_id":"ou_anna"}"#,
            r#"{\"open_id\":\"ou_anna\"}"#,
            "user/cli_a/ou_anna",
            "ou_annab ou_anna",
        ] {
            assert!(names(text.as_bytes(), "ou_anna"), "{text}");
        }
        for text in ["", "ou_ann", "ou_annabel", "you_anna", "ou_anna_2"] {
            assert!(!names(text.as_bytes(), "ou_anna"), "{text}");
        }
    }
}
