//! Events and callbacks that were received, and the replies to them.

use tokio::time::Instant;

use crate::{
    backend::on_backend,
    error::StoreError,
    rows::{
        deliveries::Hold,
        events::{NewEvent, NewReply, Received},
        job::Job,
        numbers::signed,
    },
    store::Store,
    writer::{batch::Write, queue::in_transaction},
};

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
            .queues
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
            .own_leases
            .keep(mine.filter_map(|(delivery, _)| delivery).map(Hold::first));
        Ok(received)
    }

    /// Counts repeats of an event that were answered without the database, because the first still ran.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn count_repeats(&self, event: i64, repeats: u64) -> Result<(), StoreError> {
        in_transaction!(self, connection => {
            sqlx::query("update events set duplicates = duplicates + $2 where id = $1")
                .bind(event)
                .bind(signed(repeats))
                .execute(connection)
                .await
                .map(|_| ())
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
            .queues
            .acknowledge(until, |answer| Write::Record(Job::new(reply, answer)))
            .await?;
        self.shared.own_leases.keep(tasks.iter().copied().map(Hold::first));
        Ok(tasks)
    }

    /// The reply to an event, when there is one. For whoever waits while another server runs it.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn reply(&self, event: i64) -> Result<Option<String>, StoreError> {
        self.read("reading a reply", async {
            on_backend!(&*self.readers, readers => {
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
        in_transaction!(self, connection => {
            sqlx::query("update events set node = $1 where id = $2 and node = $3")
                .bind(node)
                .bind(event)
                .bind(from)
                .execute(connection)
                .await
                .map(|done| done.rows_affected() > 0)
        })
        .await
    }
}
