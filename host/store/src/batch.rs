//! What the writer can be asked, and what goes into one transaction.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
};

use lark_protocol::Kind;
use tokio::sync::oneshot;

use super::{
    StoreError,
    deliveries::{Claim, Delivery, Finish, Finished},
    either::{Connection, Either},
    events::{NewEvent, NewReply, Received},
    postgres, sqlite,
    tasks::{NewTask, NewTasks, TaskGroup},
};

/// One write, and whom to tell when it is on disk.
#[derive(Debug)]
pub(super) struct Job<W, R> {
    pub(super) write: W,
    /// Set inside the transaction, sent after the commit.
    pub(super) result: Option<R>,
    answer: oneshot::Sender<Result<R, StoreError>>,
}

impl<W, R> Job<W, R> {
    pub(super) fn new(write: W, answer: oneshot::Sender<Result<R, StoreError>>) -> Self {
        Self {
            write,
            result: None,
            answer,
        }
    }

    /// Whoever asked for it was told that it did not happen.
    fn is_given_up(&self) -> bool {
        self.answer.is_closed()
    }

    fn finish(self, committed: &Result<(), StoreError>) {
        let result = committed.clone().and_then(|()| self.result.ok_or(StoreError::Closed));
        // The caller may have given up waiting.
        let _ = self.answer.send(result);
    }
}

/// What a step does inside the transaction.
pub(super) type Work<'c, T> = Pin<Box<dyn Future<Output = Result<T, sqlx::Error>> + Send + 'c>>;

type Run = Box<dyn for<'c> Fn(&'c mut Connection) -> Work<'c, ()> + Send>;
type Tell = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// A write that comes seldom enough to have statements of its own. It can be run again when its transaction was not
/// committed.
pub(super) struct Step {
    run: Run,
    tell: Tell,
}

impl Step {
    pub(super) fn new<T: Send + 'static>(
        run: impl for<'c> FnOnce(&'c mut Connection) -> Work<'c, T> + Clone + Send + 'static,
        answer: oneshot::Sender<Result<T, StoreError>>,
    ) -> Self {
        let result = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&result);
        Self {
            run: Box::new(move |connection| {
                let (work, slot) = (run.clone()(connection), Arc::clone(&slot));
                Box::pin(async move {
                    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(work.await?);
                    Ok(())
                })
            }),
            tell: Box::new(move |committed| {
                let result = result.lock().unwrap_or_else(PoisonError::into_inner).take();
                // The caller may have given up waiting.
                let _ = answer.send(committed.and_then(|()| result.ok_or(StoreError::Closed)));
            }),
        }
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Step")
    }
}

/// What the writer can be asked.
#[derive(Debug)]
pub(super) enum Write {
    Receive(Job<NewEvent, Received>),
    Record(Job<NewReply, Vec<i64>>),
    Tasks(Job<NewTasks, Vec<i64>>),
    Claim(Job<Claim, Vec<Delivery>>),
    Finish(Job<Finish, Finished>),
    Step(Step),
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
    steps: Vec<Step>,
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
                Write::Step(step) => batch.steps.push(step),
                Write::Close(done) => batch.close = Some(done),
            }
        }
        batch
    }

    /// Does the writes, inside a transaction that the caller began and ends. The order is: what is acknowledged first,
    /// what is finished before what is claimed, so that the next of its order can be claimed in the same transaction.
    pub(super) async fn apply(
        &mut self,
        connection: &mut Connection,
        state: &mut WriterState,
    ) -> Result<(), StoreError> {
        self.leave_out_given_up();
        if !self.receive.is_empty() {
            match connection {
                Either::Sqlite(sqlite) => sqlite::receive(sqlite, state, &mut self.receive).await,
                Either::Postgres(postgres) => postgres::receive(postgres, state, &mut self.receive).await,
            }
            .map_err(StoreError::database("event"))?;
        }
        if !self.record.is_empty() {
            match connection {
                Either::Sqlite(sqlite) => sqlite::record(sqlite, state, &mut self.record).await,
                Either::Postgres(postgres) => postgres::record(postgres, state, &mut self.record).await,
            }
            .map_err(StoreError::database("reply"))?;
        }
        for job in &mut self.tasks {
            let group = TaskGroup::alone(&job.write);
            let added = match connection {
                Either::Sqlite(sqlite) => sqlite::insert_tasks(sqlite, state, &group, &job.write.tasks).await,
                Either::Postgres(postgres) => postgres::insert_tasks(postgres, state, &group, &job.write.tasks).await,
            };
            job.result = Some(added.map_err(StoreError::database("task"))?);
        }
        if !self.finish.is_empty() {
            match connection {
                Either::Sqlite(sqlite) => sqlite::finish(sqlite, state, &mut self.finish).await,
                Either::Postgres(postgres) => postgres::finish(postgres, state, &mut self.finish).await,
            }
            .map_err(StoreError::database("attempt"))?;
        }
        for step in &mut self.steps {
            (step.run)(connection).await.map_err(StoreError::database("change"))?;
        }
        for job in &mut self.claim {
            let claimed = match connection {
                Either::Sqlite(sqlite) => sqlite::claim(sqlite, state, &job.write).await,
                Either::Postgres(postgres) => postgres::claim(postgres, state, &job.write).await,
            };
            job.result = Some(claimed.map_err(StoreError::database("claim"))?);
        }
        Ok(())
    }

    /// What was to be answered, and was refused while it waited because it took too long: of a click nobody is to find a reply
    /// that its sender never got. Everything else is done, whoever still waits for it: an event may come late.
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
        self.steps.into_iter().for_each(|step| (step.tell)(committed.clone()));
    }
}

/// What the writer knows without asking the database.
#[derive(Debug)]
pub(super) struct WriterState {
    /// This server, as it stands in leases.
    pub(super) node: String,
    /// The number of SQLite's next event: the writer is the only one who gives them. PostgreSQL has a sequence.
    pub(super) next_event: i64,
    /// How long a lease lasts without being extended.
    pub(super) lease_ms: u64,
    /// What SQLite's index of names does not know yet; none after a transaction that failed.
    pub(super) names: Option<sqlite::Names>,
    /// Receipts that expired by then are deleted, all of them; in milliseconds since 1970.
    pub(super) receipts_gone_ms: Arc<AtomicU64>,
    /// Whether the transaction made something ready that another server might do.
    pub(super) made_ready: bool,
}
