//! Jobs: one action on many events or deliveries, counted first, then done in batches while others work.
//!
//! A job is made by counting. Its key is what starts it, so that a form sent twice or a page loaded again starts it once. Jobs live in
//! the server that counted; what they change is committed batch by batch, and none of it is done again by a restart.

mod apply;
mod gather;
mod request;
mod state;

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use lark_callback_store::{Store, Touched};
use serde_json::{Value, json};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{Actor, AuditedChange, OperateError, Record, Role, of_server, selection::CHUNK_ROWS};
pub use request::{Action, JobRequest};
pub use state::JobShown;
use state::{Ended, Phase, Progress};

use crate::codes::Language;

/// Jobs that are kept. Each holds at most [`gather::ITEMS_MAX`] numbers.
const JOBS_MAX: usize = 16;

/// Numbers that are shown of a job; it may have thousands.
const IDS_SHOWN_MAX: usize = 20;

/// How long a job is kept that has ended.
const KEPT: Duration = Duration::from_hours(1);

/// How long a count may be looked at before it must be made again: what it counted changes.
const COUNT_KEPT: Duration = Duration::from_mins(15);

/// How long whoever makes a job waits for its count, before the page that shows it asks again.
const COUNT_WAIT: Duration = Duration::from_millis(800);

/// Parts of the server that jobs need.
pub struct JobHost {
    /// The database.
    pub store: Store,
    /// Names of the plugins that are loaded at this moment.
    pub plugins: Box<dyn Fn() -> Vec<String> + Send + Sync>,
    /// Tells the server that deliveries have become ready.
    pub wake: Box<dyn Fn() + Send + Sync>,
    /// Milliseconds since 1970.
    pub now_ms: fn() -> u64,
    /// Cancelled when the server is about to stop.
    pub leaving: CancellationToken,
}

/// Jobs of this server; clones share them.
#[derive(Clone)]
pub struct Jobs(Arc<Shared>);

struct Shared {
    host: JobHost,
    jobs: Mutex<VecDeque<Arc<Job>>>,
    /// One at a time, so that two jobs do not take the writer from everybody else.
    turn: Semaphore,
}

impl fmt::Debug for JobHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobHost").finish_non_exhaustive()
    }
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("key", &self.key).finish_non_exhaustive()
    }
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jobs").finish_non_exhaustive()
    }
}

/// Action on what was counted.
pub struct Job {
    key: String,
    request: JobRequest,
    /// Whoever counted, and then whoever started it.
    actor: Mutex<Actor>,
    made_ms: u64,
    made_at: Instant,
    progress: Mutex<Progress>,
    changed: tokio::sync::watch::Sender<()>,
    start: CancellationToken,
    cancel: CancellationToken,
}

impl Jobs {
    /// Begins without any.
    pub fn new(host: JobHost) -> Self {
        Self(Arc::new(Shared {
            host,
            jobs: Mutex::default(),
            turn: Semaphore::new(1),
        }))
    }

    /// Counts what a request means; the job waits to be started.
    ///
    /// # Errors
    /// When the request names nothing, or something that does not exist, or too many jobs are running.
    pub async fn count(&self, actor: &Actor, request: JobRequest) -> Result<Arc<Job>, OperateError> {
        actor.check(Role::Operator)?;
        let request = request.checked()?;
        let job = Arc::new(Job {
            key: key(),
            request,
            actor: Mutex::new(actor.clone()),
            made_ms: (self.0.host.now_ms)(),
            made_at: Instant::now(),
            progress: Mutex::default(),
            changed: tokio::sync::watch::Sender::default(),
            start: CancellationToken::new(),
            cancel: self.0.host.leaving.child_token(),
        });
        self.0.keep(&job)?;
        let mut changed = job.changed.subscribe();
        tokio::spawn(run(Arc::clone(&self.0), Arc::clone(&job)));
        // A count that takes longer goes on while its page is shown.
        let _ = timeout(COUNT_WAIT, async {
            while job.phase() == Phase::Counting && changed.changed().await.is_ok() {}
        })
        .await;
        Ok(job)
    }

    /// Starts a job; one that runs or has ended stays as it is.
    ///
    /// # Errors
    /// When there is no such job, or it is still counting.
    pub fn start(&self, actor: &Actor, key: &str) -> Result<Arc<Job>, OperateError> {
        actor.check(Role::Operator)?;
        let job = self.find(key)?;
        let mut progress = job.progress();
        match progress.phase() {
            Phase::Counting => return Err(OperateError::JobCounts),
            Phase::Counted => {
                // Under the lock, so that of two who start it one does.
                progress.begin_waiting();
                *job.actor.lock().unwrap_or_else(PoisonError::into_inner) = actor.clone();
                job.start.cancel();
                tracing::info!(job = key, arguments = job.change().told(), "Operator job started");
            }
            Phase::Waiting | Phase::Running | Phase::Ended(_) => {}
        }
        drop(progress);
        Ok(job)
    }

    /// Cancels a job; what it has done stays done. That one which was started ends early is on record.
    ///
    /// # Errors
    /// When there is no such job, or it cannot be recorded who cancels it.
    pub async fn cancel(&self, actor: &Actor, key: &str) -> Result<Arc<Job>, OperateError> {
        actor.check(Role::Operator)?;
        let job = self.find(key)?;
        let host = &self.0.host;
        let record = if matches!(job.phase(), Phase::Waiting | Phase::Running) {
            let change = AuditedChange {
                command: of_server::JOB_CANCEL.to_owned(),
                ..job.change()
            };
            Some(Record::begin(&host.store, actor, change, (host.now_ms)()).await?)
        } else {
            None
        };
        job.cancel.cancel();
        if let Some(record) = record {
            record.end(&host.store, Ok(json!({}))).await;
        }
        Ok(job)
    }

    /// The job with this key.
    ///
    /// # Errors
    /// When there is none, or none any more.
    pub fn find(&self, key: &str) -> Result<Arc<Job>, OperateError> {
        self.0.forget_old();
        let jobs = self.0.jobs();
        let found = jobs.iter().find(|job| job.key == key);
        found.map(Arc::clone).ok_or(OperateError::NoJob)
    }

    /// All of them, the newest first.
    pub fn list(&self) -> Vec<Arc<Job>> {
        self.0.forget_old();
        self.0.jobs().iter().rev().map(Arc::clone).collect()
    }
}

impl Shared {
    fn jobs(&self) -> std::sync::MutexGuard<'_, VecDeque<Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget_old(&self) {
        self.jobs().retain(|job| !job.is_old());
    }

    /// Keeps a new job, in the place of one that was never started or is over.
    fn keep(&self, job: &Arc<Job>) -> Result<(), OperateError> {
        self.forget_old();
        let mut jobs = self.jobs();
        if jobs.len() >= JOBS_MAX {
            // Nothing is lost with a count: the same is counted anew. The results of a job are nowhere else.
            let counted = jobs.iter().position(|job| job.is_only_counted());
            let ended = || jobs.iter().position(|job| matches!(job.phase(), Phase::Ended(_)));
            let place = counted
                .or_else(ended)
                .ok_or(OperateError::TooManyJobs { jobs_max: JOBS_MAX })?;
            if let Some(gone) = jobs.remove(place) {
                gone.cancel.cancel();
            }
        }
        jobs.push_back(Arc::clone(job));
        Ok(())
    }
}

impl Job {
    /// Its key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What it was asked to do.
    pub fn request(&self) -> &JobRequest {
        &self.request
    }

    /// How it stands, in the language of whoever sees it; programs get English.
    pub fn shown(&self, language: Language) -> Value {
        let progress = self.progress();
        json!(JobShown {
            job: self.key.clone(),
            phase: progress.phase().word().to_owned(),
            action: self.request.action,
            ids: self.request.ids.iter().copied().take(IDS_SHOWN_MAX).collect(),
            filter: self.request.filter.clone(),
            plugin: self.request.plugin.clone(),
            force: self.request.force,
            made_ms: self.made_ms,
            progress: progress.shown(language),
        })
    }

    fn actor(&self) -> Actor {
        self.actor.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The change as it is recorded.
    fn change(&self) -> AuditedChange {
        let plugin = self
            .request
            .plugin
            .clone()
            .or_else(|| self.request.filter.plugin.clone());
        AuditedChange {
            command: of_server::JOB_START.to_owned(),
            arguments: json!(self.request),
            touched: plugin.map(|plugin| (Touched::Plugin, plugin)).into_iter().collect(),
        }
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn phase(&self) -> Phase {
        self.progress().phase()
    }

    /// Changes what is shown, and tells those who look.
    fn note(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut self.progress());
        self.changed.send_replace(());
    }

    /// Whether it has counted and was not started, so that nothing was done.
    fn is_only_counted(&self) -> bool {
        !self.start.is_cancelled() && matches!(self.phase(), Phase::Counted | Phase::Ended(_))
    }

    /// Whether it was kept for long enough.
    fn is_old(&self) -> bool {
        let progress = self.progress();
        match progress.phase() {
            Phase::Counted => self.made_at.elapsed() >= COUNT_KEPT,
            Phase::Ended(_) => progress.ended_at.is_some_and(|ended| ended.elapsed() >= KEPT),
            Phase::Counting | Phase::Waiting | Phase::Running => false,
        }
    }
}

/// A job from its count to its end.
async fn run(shared: Arc<Shared>, job: Arc<Job>) {
    let ended = work(&shared, &job).await.map_err(|error| error.text());
    let now_ms = (shared.host.now_ms)();
    job.note(|progress| progress.end(ended, now_ms));
    if job.start.is_cancelled() {
        let progress = job.progress();
        tracing::info!(
            job = job.key,
            phase = progress.phase().word(),
            items = progress.counts.done,
            "Operator job ended"
        );
    }
}

async fn work(shared: &Shared, job: &Job) -> Result<Ended, OperateError> {
    let host = &shared.host;
    let cancelled = || job.cancel.cancelled();
    let items = tokio::select! {
        items = gather::items(host, job) => items?,
        () = cancelled() => return Ok(Ended::Cancelled),
    };
    job.note(Progress::counted);
    let left = COUNT_KEPT.saturating_sub(job.made_at.elapsed());
    tokio::select! {
        () = job.start.cancelled() => {}
        () = sleep(left) => return Ok(Ended::NotStarted),
        () = cancelled() => return Ok(Ended::Cancelled),
    }
    // Before its turn, so that it is known who started what never came to it.
    let record = Record::begin(&host.store, &job.actor(), job.change(), (host.now_ms)()).await?;
    let turn = tokio::select! {
        turn = shared.turn.acquire() => Some(turn),
        () = cancelled() => None,
    };
    let ended = if turn.is_some() {
        job.note(|progress| progress.begin((host.now_ms)()));
        batches(host, job, &items, &record).await
    } else {
        Ok(Ended::Cancelled)
    };
    let told = match &ended {
        Ok(ended) => Ok(job.progress().told(*ended == Ended::Cancelled)),
        Err(error) => Err((error.code(), error.recorded())),
    };
    record.end(&host.store, told).await;
    ended
}

async fn batches(host: &JobHost, job: &Job, items: &[i64], record: &Record) -> Result<Ended, OperateError> {
    for items in items.chunks(CHUNK_ROWS) {
        if job.cancel.is_cancelled() {
            return Ok(Ended::Cancelled);
        }
        let begun = Instant::now();
        let kind = if job.request.action.is_of_events() {
            Touched::Event
        } else {
            Touched::Delivery
        };
        record.touch(&host.store, kind, items).await?;
        // Not cut off by the cancellation: what is being committed is told as well.
        apply::batch(host, job, items).await?;
        (host.wake)();
        // At most half of the writer's time is a job's.
        tokio::select! {
            () = sleep(begun.elapsed().clamp(PAUSE_MIN, PAUSE_MAX)) => {}
            () = job.cancel.cancelled() => {}
        }
    }
    Ok(Ended::Done)
}

const PAUSE_MIN: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// Nobody guesses it; it is no secret of an operator's, but a page of another must not start it.
fn key() -> String {
    let mut random = [0; 16];
    // Without random bytes the keys would be alike, and the second job would not be found.
    let _ = getrandom::fill(&mut random);
    hex::encode(random)
}
