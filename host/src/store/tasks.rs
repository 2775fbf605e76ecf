//! Tasks on their way into the store: work that follows from an outcome, or that the operator asked for.

use tokio::time::Instant;

use super::{
    Store, StoreError,
    batch::{Job, Write},
    deliveries::{DeliveryKind, Finish},
    events::NewReply,
    held::Hold,
    random,
};

/// A follow-up that is to be stored.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// [`DeliveryKind::Task`] or [`DeliveryKind::Update`].
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
