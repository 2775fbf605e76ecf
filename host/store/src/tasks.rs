//! Tasks on their way into the store: work that follows from an outcome, or that the operator asked for.

use tokio::time::Instant;

use super::{
    Store, StoreError,
    batch::{Job, Write},
    deliveries::{DeliveryKind, Finish},
    either::on_either,
    events::NewReply,
    held::Hold,
    random, signed,
    stored::millis,
};

/// Where a delivery stands among those that follow from one another. The default is the beginning of a chain.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Chain {
    /// How many outcomes lie between it and the event or the operator; a task alone that waits a minute or more is not counted.
    pub generation: u32,
    /// How many tasks may follow from it, all generations together; none: as many as the settings allow.
    pub tasks_left: Option<u32>,
}

/// Tasks that a plugin asked for and that are not done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WaitingTasks {
    /// How many, up to the number that was asked for.
    pub rows: u64,
    /// Their payloads together.
    pub bytes: u64,
}

/// A follow-up that is to be stored.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// [`DeliveryKind::Task`] or [`DeliveryKind::Update`], or [`DeliveryKind::Late`] for a click that is passed on.
    pub kind: DeliveryKind,
    /// Who does it.
    pub plugin: String,
    /// Who asked for it; empty when it was the operator.
    pub requested_by: String,
    /// The doing plugin's name for it.
    pub name: String,
    /// JSON text.
    pub payload: String,
    /// Not before this time, in milliseconds since 1970.
    pub due_at_ms: u64,
    /// After this it is of no use any more.
    pub expires_at_ms: u64,
    /// Where it stands among the tasks that follow from one another.
    pub chain: Chain,
}

/// Tasks that follow from no stored event.
#[derive(Debug, Clone)]
pub struct NewTasks {
    /// The application.
    pub app: String,
    /// To be done in this order.
    pub tasks: Vec<NewTask>,
    /// Whether this server keeps them to itself until it gives them back.
    pub is_held: bool,
    /// The time, in milliseconds since 1970.
    pub now_ms: u64,
}

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
            .acknowledge(until, |answer| Write::Tasks(Job::new(tasks, answer)))
            .await?;
        if is_held {
            self.shared.held.keep(added.iter().copied().map(Hold::first));
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
            .read("count of waiting tasks", async {
                on_either!(&*self.readers, readers => {
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

/// Where the tasks of one outcome come from. They stand in one line: each waits for those before it that are due no later.
#[derive(Debug)]
pub(super) struct TaskGroup<'a> {
    pub(super) event: Option<i64>,
    pub(super) origin: Option<i64>,
    pub(super) app: &'a str,
    pub(super) now_ms: u64,
    pub(super) ordering_key: Option<String>,
    /// Whether this server keeps them to itself until it gives them back.
    pub(super) is_held: bool,
}

impl<'a> TaskGroup<'a> {
    pub(super) fn of_reply(reply: &'a NewReply) -> Self {
        Self {
            event: Some(reply.event),
            origin: None,
            app: &reply.app,
            now_ms: reply.now_ms,
            ordering_key: Some(format!("reply/{}", reply.event)),
            is_held: true,
        }
    }

    pub(super) fn of_attempt(finish: &'a Finish) -> Self {
        Self {
            event: finish.event,
            origin: Some(finish.delivery),
            app: &finish.app,
            now_ms: finish.now_ms,
            ordering_key: Some(format!("delivery/{}/{}", finish.delivery, finish.attempt)),
            is_held: false,
        }
    }

    /// Tasks that follow from nothing; one alone stands in no line.
    pub(super) fn alone(new: &'a NewTasks) -> Self {
        Self {
            event: None,
            origin: None,
            app: &new.app,
            now_ms: new.now_ms,
            ordering_key: (new.tasks.len() > 1).then(|| format!("line/{}", random())),
            is_held: new.is_held,
        }
    }
}
