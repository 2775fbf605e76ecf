//! A handle to the database, from which every verb begins.

pub(crate) mod doubt;
pub(crate) mod question;
pub(crate) mod settings;
pub(crate) mod walks;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Semaphore, mpsc},
    task::JoinHandle,
};

use crate::{
    backend::{Backend, Readers, Session, Source, on_backend},
    error::{StoreError, chain},
    postgres::{self, hints::Hint},
    rows::{node::Node, question::QUESTIONS_MAX},
    sqlite,
    writer::{
        self,
        own_leases::OwnLeases,
        queue::Queues,
        stats::{Commits, WriterStats},
    },
};
use doubt::Doubt;
use settings::{Database, StoreSettings};
use walks::Walks;

/// For the last words to a database, which answers in milliseconds when it answers at all. A log that is not moved into its
/// file by then is moved at the next start.
const CLOSE_MAX: Duration = Duration::from_secs(2);

/// Between two attempts to hear hints.
const HINT_GAP: Duration = Duration::from_secs(1);

/// Questions of plugins that are put to the database at once. There are more readers: one is always left for the server's own.
const PLUGIN_READS_MAX: usize = 3;

/// A handle to the database; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) queues: Queues,
    pub(crate) readers: Arc<Readers>,
    /// For questions of the operator, which may be long.
    pub(crate) questions: Arc<Readers>,
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) node: Node,
    pub(crate) source: Arc<Source>,
    pub(crate) is_full: AtomicBool,
    /// How far the search for what is too old has come.
    pub(crate) walks: Walks,
    pub(crate) own_leases: OwnLeases,
    /// Whether the clock is believed.
    pub(crate) doubt: Doubt,
    /// One for each writer.
    stats: Vec<Arc<WriterStats>>,
    /// For questions of plugins, which never hold all readers.
    plugin_reads: Semaphore,
    /// For questions of the operator.
    questions: Semaphore,
    writers: Mutex<Vec<JoinHandle<()>>>,
}

impl Store {
    /// Opens the database, brings its schema up to date and starts the writer.
    ///
    /// # Errors
    /// [`StoreError`]; each names the database and what to do.
    pub async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        let node = Node::new(settings.lease_ms);
        let Connected {
            source,
            sessions,
            readers,
            questions,
        } = Box::pin(connect(settings, &node)).await?;
        let source = Arc::new(source);
        let (mut queues, mut writers, mut stats) = (Vec::new(), Vec::new(), Vec::new());
        for session in sessions {
            let (writes, queue) = mpsc::channel(settings.queue_rows_max.max(1));
            queues.push(writes);
            let own = Arc::<WriterStats>::default();
            stats.push(Arc::clone(&own));
            writers.push(tokio::spawn(writer::run(session, Arc::clone(&source), queue, own)));
        }
        let mut queues = queues.into_iter();
        let acknowledgements = queues.next().ok_or(StoreError::Closed)?;
        Ok(Self {
            queues: Queues {
                work: queues.next().unwrap_or_else(|| acknowledgements.clone()),
                acknowledgements,
                rows_max: settings.queue_rows_max,
                commit_ms_max: settings.commit_ms_max,
            },
            readers: Arc::new(readers),
            questions: Arc::new(questions),
            shared: Arc::new(Shared {
                node,
                source,
                is_full: AtomicBool::new(false),
                walks: Walks::default(),
                own_leases: OwnLeases::default(),
                doubt: Doubt::default(),
                stats,
                plugin_reads: Semaphore::new(PLUGIN_READS_MAX),
                questions: Semaphore::new(QUESTIONS_MAX as usize),
                writers: Mutex::new(writers),
            }),
        })
    }

    /// This server's name in leases: another one at every start.
    pub fn node(&self) -> &str {
        &self.shared.node.name
    }

    /// How long a lease lasts that is not extended, in milliseconds.
    pub fn lease_ms(&self) -> u64 {
        self.shared.node.lease_ms
    }

    /// Whether other servers may share the database.
    pub fn is_shared(&self) -> bool {
        matches!(*self.shared.source, Backend::Postgres(_))
    }

    /// The file or the server, for people.
    pub(crate) fn database_name(&self) -> String {
        match &*self.shared.source {
            Backend::Sqlite(file) => file.path().display().to_string(),
            Backend::Postgres(server) => server.settings.to_string(),
        }
    }

    /// Writes where this server can be asked into the lock file beside a SQLite database, for the commands of whoever
    /// finds the database locked. Servers that share a database are known by their settings.
    ///
    /// # Errors
    /// The error of the system.
    pub fn announce(&self, address: &str) -> std::io::Result<()> {
        match &*self.shared.source {
            Backend::Sqlite(file) => file.announce(address),
            Backend::Postgres(_) => Ok(()),
        }
    }

    /// Whether what was written last is on disk and something new would be taken. A batch that takes longer than anybody
    /// waits for it counts as one that failed, which it is only told of seconds later.
    pub fn is_ready(&self) -> bool {
        let patience = Duration::from_millis(self.queues.commit_ms_max);
        let is_well = |writer: &Arc<WriterStats>| writer.is_well() && writer.busy() < patience;
        self.shared.stats.iter().all(is_well) && self.accepts().is_ok()
    }

    /// Whether every writer runs, and none has been at one batch for as long as this.
    pub fn is_moving(&self, batch_max: Duration) -> bool {
        let writers = self.shared.writers.lock().unwrap_or_else(PoisonError::into_inner);
        writers.iter().all(|writer| !writer.is_finished())
            && self.shared.stats.iter().all(|writer| writer.busy() < batch_max)
    }

    /// Totals of all writers since the start.
    pub fn commits(&self) -> Commits {
        let all = self.shared.stats.iter().map(|writer| writer.commits());
        all.fold(Commits::default(), |sum, one| Commits {
            committed: sum.committed + one.committed,
            failed: sum.failed + one.failed,
            rows: sum.rows + one.rows,
            took: sum.took + one.took,
        })
    }

    /// Hears from other servers what became ready, until the store is closed; with SQLite, or when it is switched off, there is
    /// nothing to hear. A hint may be missed: whoever needs to know looks by itself as well.
    pub async fn hear(&self, hear: impl Fn(Hint)) {
        let (Backend::Postgres(readers), Backend::Postgres(server)) = (&*self.readers, &*self.shared.source) else {
            return;
        };
        let settings = &server.settings;
        while settings.is_listening && !readers.is_closed() {
            if let Err(error) = postgres::hints::listen(settings, readers, self.node(), &hear).await {
                tracing::debug!(
                    error = chain(&error),
                    "Could not listen for notifications from other servers; retrying"
                );
            }
            tokio::time::sleep(HINT_GAP).await;
        }
    }

    /// Commits what waits, closes the database and ends the writers. Later calls answer [`StoreError::Closed`].
    pub async fn close(&self) {
        // One that is silent, or that another program holds locked, is not waited for: what it has not committed by now is known
        // to nobody.
        if tokio::time::timeout(CLOSE_MAX, self.close_all()).await.is_err() {
            tracing::warn!(
                database = self.database_name(),
                "The database did not answer while it was being closed; its connections are dropped"
            );
            let writers = self.shared.writers.lock().unwrap_or_else(PoisonError::into_inner);
            writers.iter().for_each(JoinHandle::abort);
        }
    }

    async fn close_all(&self) {
        if let Backend::Sqlite(file) = &*self.shared.source {
            file.leave();
        }
        self.queues.close().await;
        let writers = std::mem::take(&mut *self.shared.writers.lock().unwrap_or_else(PoisonError::into_inner));
        for writer in writers {
            let _ = writer.await;
        }
        for readers in [&self.readers, &self.questions] {
            on_backend!(&**readers, readers => readers.close().await);
        }
    }

    /// Whether anything new is taken; a database over its size only finishes what it has.
    pub(crate) fn accepts(&self) -> Result<(), StoreError> {
        if self.shared.is_full.load(Ordering::Relaxed) {
            return Err(StoreError::Full);
        }
        match &*self.shared.source {
            Backend::Sqlite(file) if file.is_lost() => Err(StoreError::Lost),
            _ => Ok(()),
        }
    }
}

/// A database that is open.
struct Connected {
    source: Source,
    /// One for each writer.
    sessions: Vec<Session>,
    readers: Readers,
    questions: Readers,
}

async fn connect(settings: &StoreSettings, node: &Node) -> Result<Connected, StoreError> {
    Ok(match &settings.database {
        Database::Sqlite(path) => {
            let opened = sqlite::open::open(path, node.clone(), settings.copies_before_migration).await?;
            Connected {
                source: Backend::Sqlite(Box::new(opened.file)),
                sessions: vec![Backend::Sqlite(opened.writer)],
                readers: Backend::Sqlite(opened.readers),
                questions: Backend::Sqlite(opened.questions),
            }
        }
        Database::Postgres(postgres) => {
            let opened = postgres::open::open(postgres.clone(), node.clone()).await?;
            Connected {
                source: Backend::Postgres(opened.server),
                sessions: opened.writers.into_iter().map(Backend::Postgres).collect(),
                readers: Backend::Postgres(opened.readers.clone()),
                questions: Backend::Postgres(opened.readers),
            }
        }
    })
}
