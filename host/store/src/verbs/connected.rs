//! When Lark was heard over a long connection, and what of the time between was fetched afterwards.

use std::collections::HashSet;

use crate::{
    backend::{on_backend, on_session},
    error::StoreError,
    rows::{
        connected::{CaughtUp, ConnectedSpan, Gap, gaps},
        numbers::{millis, signed},
    },
    store::Store,
};

/// The clock may have been set back meanwhile; a span never becomes shorter.
const KEEP: &str = "insert into connected (app, node, from_ms, until_ms) values ($1, $2, $3, $4)
    on conflict (app, node, from_ms) do update set until_ms = excluded.until_ms
    where connected.until_ms < excluded.until_ms";

const SPANS: &str = "select app, from_ms, until_ms from connected
    where $1 is null or app = $1 order by app, from_ms, until_ms";

const CAUGHT_UP: &str = "select app, from_ms, until_ms, at_ms, found, added from caught_up
    where $1 is null or app = $1";

const NOTE: &str =
    "insert into caught_up (app, from_ms, until_ms, at_ms, found, added) values ($1, $2, $3, $4, $5, $6)";

/// Connections of all servers that gave a sign of life since a moment.
const ALIVE: &str = "select count(*) from connected where app = $1 and until_ms >= $2";

/// By the index of the time; a message is received after it was sent, and perhaps hours after.
const MESSAGES: &str =
    "select message_id from events where received_at_ms >= $1 and app = $2 and message_id is not null";

/// The newest messages, for the chats that they were in.
const PAYLOADS: &str = "select p.payload from events e join payloads p on p.event = e.id
    where e.app = $1 and e.event_type = 'im.message.receive_v1' order by e.id desc limit $2";

/// Messages that are looked at for their chats.
const PAYLOADS_MAX: i64 = 2_000;

type SpanColumns = (String, i64, i64);
type CaughtUpColumns = (String, i64, i64, i64, i64, i64);

impl Store {
    /// Keeps in which spans this server had connections; those that are known become longer.
    ///
    /// # Errors
    /// When they were not committed.
    pub async fn keep_connected(&self, spans: Vec<ConnectedSpan>) -> Result<(), StoreError> {
        let node = self.node().to_owned();
        self.queues
            .step(move |session| {
                Box::pin(async move {
                    for span in &spans {
                        on_session!(&mut *session, connection => {
                            sqlx::query(KEEP)
                                .bind(span.app.clone())
                                .bind(node.clone())
                                .bind(signed(span.from_ms))
                                .bind(signed(span.until_ms))
                                .execute(connection)
                                .await
                                .map(|_| ())
                        })?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// The gaps of an application, or of all, that were not over before a moment; the oldest first.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn gaps(&self, app: Option<&str>, since_ms: u64, now_ms: u64) -> Result<Vec<Gap>, StoreError> {
        let (spans, done): (Vec<SpanColumns>, Vec<CaughtUpColumns>) = self
            .read("reading the gaps of long connections", async {
                on_backend!(&*self.readers, readers => {
                    let spans = sqlx::query_as(SPANS).bind(app.map(str::to_owned)).fetch_all(readers).await?;
                    let done = sqlx::query_as(CAUGHT_UP).bind(app.map(str::to_owned)).fetch_all(readers).await?;
                    Ok((spans, done))
                })
            })
            .await?;
        let spans: Vec<_> = spans
            .into_iter()
            .map(|(app, from, until)| ConnectedSpan {
                app,
                from_ms: millis(from),
                until_ms: millis(until),
            })
            .collect();
        let done: Vec<_> = done
            .into_iter()
            .map(|(app, from, until, at, found, added)| CaughtUp {
                app,
                from_ms: millis(from),
                until_ms: millis(until),
                at_ms: millis(at),
                found: millis(found),
                added: millis(added),
            })
            .collect();
        let mut gaps = gaps(&spans, &done, now_ms);
        gaps.retain(|gap| gap.until_ms.is_none_or(|until_ms| until_ms >= since_ms));
        gaps.sort_by_key(|gap| gap.from_ms);
        Ok(gaps)
    }

    /// How many connections of an application gave a sign of life since a moment, whichever server has them.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn connections_alive(&self, app: &str, since_ms: u64) -> Result<u64, StoreError> {
        let alive: i64 = self
            .read("counting long connections", async {
                on_backend!(&*self.readers, readers => {
                    sqlx::query_scalar(ALIVE)
                        .bind(app.to_owned())
                        .bind(signed(since_ms))
                        .fetch_one(readers)
                        .await
                })
            })
            .await?;
        Ok(millis(alive))
    }

    /// Notes that the messages of a span were fetched.
    ///
    /// # Errors
    /// When it was not committed.
    pub async fn note_caught_up(&self, done: CaughtUp) -> Result<(), StoreError> {
        self.queues
            .step(move |session| {
                Box::pin(async move {
                    on_session!(&mut *session, connection => {
                        sqlx::query(NOTE)
                            .bind(done.app)
                            .bind(signed(done.from_ms))
                            .bind(signed(done.until_ms))
                            .bind(signed(done.at_ms))
                            .bind(signed(done.found))
                            .bind(signed(done.added))
                            .execute(connection)
                            .await
                            .map(|_| ())
                    })
                })
            })
            .await
    }

    /// The ids of the messages of an application that were received since a moment.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn message_ids_since(&self, app: &str, since_ms: u64) -> Result<HashSet<String>, StoreError> {
        let ids: Vec<String> = self
            .ask(async {
                on_backend!(&*self.questions, readers => {
                    sqlx::query_scalar(MESSAGES)
                        .bind(signed(since_ms))
                        .bind(app.to_owned())
                        .fetch_all(readers)
                        .await
                })
            })
            .await
            .map_err(StoreError::database("looking for received messages"))?;
        Ok(ids.into_iter().collect())
    }

    /// The payloads of the newest messages of an application, the newest first.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn newest_messages(&self, app: &str) -> Result<Vec<String>, StoreError> {
        self.ask(async {
            on_backend!(&*self.questions, readers => {
                sqlx::query_scalar(PAYLOADS).bind(app.to_owned()).bind(PAYLOADS_MAX).fetch_all(readers).await
            })
        })
        .await
        .map_err(StoreError::database("reading received messages"))
    }
}
