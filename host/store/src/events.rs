//! What was received: receipts, events and what they were answered.

use std::sync::Arc;

use lark_protocol::{Event, Kind};
use tokio::time::Instant;

use super::{
    Store, StoreError,
    batch::{Job, Write},
    either::on_either,
    held::Hold,
    signed,
    tasks::NewTask,
};

/// One callback or event to be received.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// The application that it came for; two applications in one group get the same `message_id`.
    pub app: Arc<str>,
    /// What came.
    pub event: Arc<Event>,
    /// When it arrived, in milliseconds since 1970.
    pub received_at_ms: u64,
    /// Until when a repeat is recognised.
    pub expires_at_ms: u64,
    /// Who is to be told, when it is an event.
    pub deliveries: Vec<NewDelivery>,
}

/// One event for one plugin.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    /// Its name.
    pub plugin: String,
    /// Deliveries of one plugin with the same key are made one after the other.
    pub ordering_key: Option<String>,
    /// After this it is of no use any more.
    pub expires_at_ms: u64,
    /// Whether this server begins with it at once; else it waits for whoever has room. What has an ordering key always
    /// waits, because others may stand before it.
    pub begins_here: bool,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// Nobody saw it before; its rows are on disk.
    First {
        /// The event's number.
        event: i64,
        /// The numbers of its deliveries, in the order in which they were asked for.
        deliveries: Vec<i64>,
    },
    /// A callback that was seen before and is not answered: it is still running, or the server that ran it is gone.
    Unanswered {
        /// The number of the first.
        event: i64,
        /// Under which id it was seen first.
        event_id: String,
        /// The server that runs it.
        node: String,
        /// How often it has come, this time included.
        seen: u32,
    },
    /// An event that was seen before, perhaps as another event about the same message, but some of the plugins that are to
    /// have this one were not told then. It is stored for them alone.
    Partly {
        /// The event's number.
        event: i64,
        /// The numbers of its deliveries, in the order in which they were asked for; none for a plugin that was told before.
        deliveries: Vec<Option<i64>>,
    },
    /// Seen before and answered.
    Answered {
        /// The number of the first.
        event: i64,
        /// The reply to the first; empty for an event, whose answer has no content.
        reply: String,
        /// How often it has come, this time included.
        seen: u32,
    },
}

/// What a callback was answered, and the work that follows from it.
#[derive(Debug)]
pub struct NewReply {
    /// The number of the event.
    pub event: i64,
    /// The application.
    pub app: Arc<str>,
    /// The body.
    pub reply: Arc<str>,
    /// How it ended: `ok`, or the word for what went wrong.
    pub outcome: &'static str,
    /// Whose answer it is, or who failed.
    pub plugin: Option<Arc<str>>,
    /// From the arrival to the answer.
    pub duration_us: u64,
    /// What went wrong.
    pub error: Option<String>,
    /// To be done after the body was written, in this order. This server begins with them: they are its own until it
    /// says otherwise.
    pub tasks: Vec<NewTask>,
    /// The time, in milliseconds since 1970.
    pub now_ms: u64,
}

impl Store {
    /// Writes the receipt, the event and its deliveries, or tells what was seen before. All of it is on disk when this
    /// returns.
    ///
    /// # Errors
    /// When it could not be committed; then it must not be answered with 200.
    pub async fn receive(&self, event: NewEvent) -> Result<Received, StoreError> {
        self.receive_by(event, None).await
    }

    /// The same, for somebody who waits until this moment at most.
    ///
    /// # Errors
    /// As [`Store::receive`].
    pub async fn receive_by(&self, event: NewEvent, until: Option<Instant>) -> Result<Received, StoreError> {
        self.accepts()?;
        let begin_here: Vec<_> = event.deliveries.iter().map(|delivery| delivery.begins_here).collect();
        let received = self
            .acknowledge(until, |answer| Write::Receive(Job::new(event, answer)))
            .await?;
        let stored: Vec<Option<i64>> = match &received {
            Received::First { deliveries, .. } => deliveries.iter().copied().map(Some).collect(),
            Received::Partly { deliveries, .. } => deliveries.clone(),
            Received::Answered { .. } | Received::Unanswered { .. } => Vec::new(),
        };
        let mine = stored
            .into_iter()
            .zip(begin_here)
            .filter(|(_, begins_here)| *begins_here);
        self.shared
            .held
            .keep(mine.filter_map(|(delivery, _)| delivery).map(Hold::first));
        Ok(received)
    }

    /// Counts repeats of an event that were answered without the database, because the first still ran.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn count_repeats(&self, event: i64, repeats: u64) -> Result<(), StoreError> {
        self.step(move |connection| {
            Box::pin(async move {
                on_either!(connection, connection => {
                    sqlx::query("update events set duplicates = duplicates + $2 where id = $1")
                        .bind(event)
                        .bind(signed(repeats))
                        .execute(connection)
                        .await
                        .map(|_| ())
                })
            })
        })
        .await
    }

    /// Keeps the reply, so that a repeat gets the same, and its tasks. Tells the numbers of the tasks' deliveries.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn record_reply(&self, reply: NewReply) -> Result<Vec<i64>, StoreError> {
        self.record_reply_by(reply, None).await
    }

    /// The same, for somebody who waits until this moment at most.
    ///
    /// # Errors
    /// As [`Store::record_reply`].
    pub async fn record_reply_by(&self, reply: NewReply, until: Option<Instant>) -> Result<Vec<i64>, StoreError> {
        let tasks = self
            .acknowledge(until, |answer| Write::Record(Job::new(reply, answer)))
            .await?;
        self.shared.held.keep(tasks.iter().copied().map(Hold::first));
        Ok(tasks)
    }

    /// The reply to an event, when there is one. For whoever waits while another server runs it.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn reply(&self, event: i64) -> Result<Option<String>, StoreError> {
        self.read("read of a reply", async {
            on_either!(&*self.readers, readers => {
                sqlx::query_scalar("select reply from replies where event = $1")
                    .bind(event)
                    .fetch_optional(readers)
                    .await
            })
        })
        .await
    }

    /// Takes over a callback that nobody runs any more, unless another server was faster.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn take_over(&self, event: i64, from: &str) -> Result<bool, StoreError> {
        let node = self.node().to_owned();
        let from = from.to_owned();
        self.step(move |connection| {
            Box::pin(async move {
                on_either!(connection, connection => {
                    sqlx::query("update events set node = $1 where id = $2 and node = $3")
                        .bind(node)
                        .bind(event)
                        .bind(from)
                        .execute(connection)
                        .await
                        .map(|done| done.rows_affected() > 0)
                })
            })
        })
        .await
    }
}

/// The name of a kind in the database.
pub(super) fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Callback => "callback",
        Kind::Event => "event",
    }
}
