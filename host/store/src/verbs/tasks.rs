//! Tasks on their way into the store: work that follows from an outcome, or that the operator asked for.

use tokio::time::Instant;

use crate::{
    backend::on_backend,
    error::StoreError,
    rows::{
        deliveries::Hold,
        job::Job,
        numbers::{millis, signed},
        tasks::{NewTasks, WaitingTasks},
    },
    store::Store,
    writer::batch::Write,
};

impl Store {
    /// Stores tasks and tells their numbers.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn add_tasks(&self, tasks: NewTasks) -> Result<Vec<i64>, StoreError> {
        self.add_tasks_by(tasks, None).await
    }

    /// The same, for somebody who waits until this moment at most.
    ///
    /// # Errors
    /// As [`Store::add_tasks`].
    pub async fn add_tasks_by(&self, tasks: NewTasks, until: Option<Instant>) -> Result<Vec<i64>, StoreError> {
        let is_held = tasks.is_held;
        let added = self
            .queues
            .acknowledge(until, |answer| Write::Tasks(Job::new(tasks, answer)))
            .await?;
        if is_held {
            self.shared.own_leases.keep(added.iter().copied().map(Hold::first));
        }
        Ok(added)
    }
}

impl Store {
    /// The tasks that a plugin asked for and that wait or run; no more than `rows_max` of them are looked at.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn waiting_tasks(&self, requested_by: &str, rows_max: u64) -> Result<WaitingTasks, StoreError> {
        let (rows, bytes): (i64, i64) = self
            .read("counting waiting tasks", async {
                on_backend!(&*self.readers, readers => {
                    // The condition of the index, word for word.
                    sqlx::query_as(
                        "select count(*), cast(coalesce(sum(bytes), 0) as bigint) from (
                             select octet_length(task_payload) as bytes from deliveries
                             where requested_by = $1 and kind = 'task' and state in ('ready', 'retry_wait', 'running')
                             limit $2) waiting",
                    )
                    .bind(requested_by)
                    .bind(signed(rows_max))
                    .fetch_one(readers)
                    .await
                })
            })
            .await?;
        Ok(WaitingTasks {
            rows: millis(rows),
            bytes: millis(bytes),
        })
    }
}
