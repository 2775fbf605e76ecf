//! Writes, and the batch of them that goes into one transaction.

use std::{any::Any, fmt, future::Future, pin::Pin};

use lark_protocol::Kind;
use tokio::sync::oneshot;

use crate::{
    backend::{Backend, Session},
    error::StoreError,
    postgres,
    rows::{
        deliveries::{Claim, Delivery, Finish, Finished},
        events::{NewEvent, NewReply, Received},
        job::Job,
        task_group::TaskGroup,
        tasks::{NewTask, NewTasks},
    },
    sqlite,
};

/// Statements on their way, and what they tell.
pub(crate) type Pending<'s, T> = Pin<Box<dyn Future<Output = Result<T, sqlx::Error>> + Send + 's>>;

/// Result of a step; whoever asked for it knows its type.
type Outcome = Box<dyn Any + Send>;

/// The statements of a write that comes seldom enough to have its own. They can be run again when their transaction was not
/// committed.
pub(crate) struct Step(Box<Statements>);

type Statements = dyn for<'s> Fn(&'s mut Session) -> Pending<'s, Outcome> + Send;

impl Step {
    pub(super) fn new<T: Send + 'static>(
        run: impl for<'s> FnOnce(&'s mut Session) -> Pending<'s, T> + Clone + Send + 'static,
    ) -> Self {
        Self(Box::new(move |session| {
            let told = run.clone()(session);
            Box::pin(async move { Ok(Box::new(told.await?) as Outcome) })
        }))
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Step")
    }
}

/// One write for the writer.
#[derive(Debug)]
pub(crate) enum Write {
    Receive(Job<NewEvent, Received>),
    Record(Job<NewReply, Vec<i64>>),
    Tasks(Job<NewTasks, Vec<i64>>),
    Claim(Job<Claim, Vec<Delivery>>),
    Finish(Job<Finish, Finished>),
    Step(Job<Step, Outcome>),
    Close(oneshot::Sender<()>),
}

impl Write {
    /// How many rows it brings, and how many bytes they hold, where that is not little.
    pub(super) fn size(&self) -> (usize, usize) {
        match self {
            Self::Receive(job) => (job.write.deliveries.len().max(1), job.write.event.payload.len()),
            Self::Record(job) => sized(&job.write.tasks, job.write.reply.len()),
            Self::Tasks(job) => sized(&job.write.tasks, 0),
            Self::Finish(job) => sized(&job.write.tasks, job.write.log.len()),
            Self::Claim(_) | Self::Step(_) | Self::Close(_) => (1, 0),
        }
    }
}

fn sized(tasks: &[NewTask], bytes: usize) -> (usize, usize) {
    let payloads = tasks.iter().map(|task| task.payload.len()).sum::<usize>();
    (1 + tasks.len(), bytes + payloads)
}

/// The writes of one transaction, by what can go into one statement.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) rows: usize,
    receive: Vec<Job<NewEvent, Received>>,
    record: Vec<Job<NewReply, Vec<i64>>>,
    tasks: Vec<Job<NewTasks, Vec<i64>>>,
    claim: Vec<Job<Claim, Vec<Delivery>>>,
    finish: Vec<Job<Finish, Finished>>,
    steps: Vec<Job<Step, Outcome>>,
    /// Whom to tell when the writer has ended.
    pub(super) close: Option<oneshot::Sender<()>>,
}

impl Batch {
    pub(super) fn of(writes: impl Iterator<Item = Write>) -> Self {
        let mut batch = Self::default();
        for write in writes {
            batch.rows += usize::from(!matches!(write, Write::Close(_)));
            match write {
                Write::Receive(job) => batch.receive.push(job),
                Write::Record(job) => batch.record.push(job),
                Write::Tasks(job) => batch.tasks.push(job),
                Write::Claim(job) => batch.claim.push(job),
                Write::Finish(job) => batch.finish.push(job),
                Write::Step(job) => batch.steps.push(job),
                Write::Close(done) => batch.close = Some(done),
            }
        }
        batch
    }

    /// Does the writes, inside a transaction that the caller began and ends. The order is: what is acknowledged first,
    /// what is finished before what is claimed, so that the next of its order can be claimed in the same transaction.
    pub(super) async fn apply(&mut self, session: &mut Session) -> Result<(), StoreError> {
        self.leave_out_given_up();
        if !self.receive.is_empty() {
            match session {
                Backend::Sqlite(session) => sqlite::receive(session, &mut self.receive).await,
                Backend::Postgres(session) => postgres::receive(session, &mut self.receive).await,
            }
            .map_err(StoreError::database("storing an event"))?;
        }
        if !self.record.is_empty() {
            match session {
                Backend::Sqlite(session) => sqlite::record(session, &mut self.record).await,
                Backend::Postgres(session) => postgres::record(session, &mut self.record).await,
            }
            .map_err(StoreError::database("storing a reply"))?;
        }
        for job in &mut self.tasks {
            let group = TaskGroup::alone(&job.write);
            let added = match session {
                Backend::Sqlite(session) => sqlite::add_tasks(session, &group, &job.write.tasks).await,
                Backend::Postgres(session) => postgres::add_tasks(session, &group, &job.write.tasks).await,
            };
            job.result = Some(added.map_err(StoreError::database("storing a task"))?);
        }
        if !self.finish.is_empty() {
            match session {
                Backend::Sqlite(session) => sqlite::finish(session, &mut self.finish).await,
                Backend::Postgres(session) => postgres::finish(session, &mut self.finish).await,
            }
            .map_err(StoreError::database("storing the result of an attempt"))?;
        }
        for job in &mut self.steps {
            let told = (job.write.0)(session).await;
            job.result = Some(told.map_err(StoreError::database("storing a change"))?);
        }
        for job in &mut self.claim {
            let claimed = match session {
                Backend::Sqlite(session) => sqlite::claim(session, &job.write).await,
                Backend::Postgres(session) => postgres::claim(session, &job.write).await,
            };
            job.result = Some(claimed.map_err(StoreError::database("claiming deliveries"))?);
        }
        Ok(())
    }

    /// Leaves out writes whose caller has given up because they took too long: of a click nobody is to find a reply that its
    /// sender never got. Everything else is done, whoever still waits for it: an event may come late.
    fn leave_out_given_up(&mut self) {
        self.receive
            .retain(|job| job.write.event.kind == Kind::Event || !job.is_given_up());
        self.record.retain(|job| !job.is_given_up());
        self.tasks.retain(|job| !job.is_given_up());
    }

    /// The same writes in two transactions, the first half first.
    pub(super) fn halves(self) -> (Self, Self) {
        let middle = self.rows / 2;
        let mut writes = self
            .receive
            .into_iter()
            .map(Write::Receive)
            .chain(self.record.into_iter().map(Write::Record))
            .chain(self.tasks.into_iter().map(Write::Tasks))
            .chain(self.finish.into_iter().map(Write::Finish))
            .chain(self.steps.into_iter().map(Write::Step))
            .chain(self.claim.into_iter().map(Write::Claim));
        (Self::of(writes.by_ref().take(middle)), Self::of(writes))
    }

    /// Tells everybody.
    pub(super) fn finish(self, committed: &Result<(), StoreError>) {
        self.receive.into_iter().for_each(|job| job.finish(committed));
        self.record.into_iter().for_each(|job| job.finish(committed));
        self.tasks.into_iter().for_each(|job| job.finish(committed));
        self.finish.into_iter().for_each(|job| job.finish(committed));
        self.claim.into_iter().for_each(|job| job.finish(committed));
        self.steps.into_iter().for_each(|job| job.finish(committed));
    }
}
