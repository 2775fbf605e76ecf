//! The database: what was received and answered, the work that is still to be done, and the keys and values of plugins.
//!
//! Every write goes through a writer that commits whatever waits in one transaction; when a call returns, its rows are on
//! disk. Reads have connections of their own. SQLite is embedded and has one server; a PostgreSQL may have several.

mod app_tickets;
mod backup;
mod batch;
mod clock;
mod deliveries;
mod either;
mod error;
mod events;
mod held;
mod index_key;
mod kv;
mod leases;
mod lost;
mod migrate;
mod operator;
mod overdue;
mod plugins;
mod postgres;
mod pulse;
mod question;
mod queue;
mod reclaim;
mod retention;
mod returns;
mod sqlite;
mod stored;
mod tasks;
mod undecided;
mod user_tokens;
mod writer;

use std::{
    fmt,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Semaphore, mpsc, oneshot},
    task::JoinHandle,
};

pub use backup::{Backup, BackupError};
pub use clock::CLOCK_DOUBT_MAX;
pub use deliveries::{Claim, Delivery, DeliveryKind, Finish, Finished, NewLate, Then, Work};
pub use error::StoreError;
pub use events::{NewDelivery, NewEvent, NewReply, Received};
pub use held::Hold;
pub use index_key::index_key;
pub use kv::{KvEntry, KvError, KvScope, ROW_BYTES};
pub use lost::Lost;
pub use operator::{
    AttemptRow, Backlog, CopiedTable, CopyError, DeadLetter, DeliveryDetail, DeliveryRow, DeliveryShown, DeliveryState,
    EventDetail, EventRow, Filter, PAGE_ROWS_MAX, ReplayRefusal, Replayed, Replays, Standing, StoreStatus,
};
pub use overdue::WaitingFor;
pub use plugins::{NewPlugin, PluginReport, PluginVersion};
pub use postgres::{Hint, Parts as PostgresParts, PostgresSettings, PostgresUrlError, Tls as PostgresTls};
pub use pulse::Commits;
pub use reclaim::Reclaimed;
pub use retention::Retention;
pub use returns::Unanswered;
pub use sqlite::{announced, check_backup, restore_backup};
pub use tasks::{Chain, NewTask, NewTasks, WaitingTasks};
pub use undecided::{Decided, is_undecided, undecided};
pub use user_tokens::{NewToken, StoredToken, TokenSummary};

use batch::{Write, WriterState};
use either::{Connection, Readers};
use held::Held;
use pulse::Pulse;
use writer::Place;

/// What the store is told.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// Which database.
    pub database: Database,
    /// How many writes may wait. Each holds at most one event, so a full queue is a few MiB; at 10 ms a commit and 256
    /// rows in one, a thousand rows wait less than 50 ms.
    pub queue_rows_max: usize,
    /// How long a caller waits for its commit. Lark waits 3 s in all, and a later answer helps nobody.
    pub commit_ms_max: u64,
    /// How long a delivery belongs to a server that does not say that it is still alive.
    pub lease_ms: u64,
}

/// Which database.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file of this server alone; its folder is made when it is missing.
    Sqlite(PathBuf),
    /// A server that several of ours may share.
    Postgres(PostgresSettings),
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(settings) => write!(f, "{settings}"),
        }
    }
}

impl StoreSettings {
    /// The defaults for a SQLite file.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self::of(Database::Sqlite(path.into()))
    }

    /// The defaults for a database.
    pub fn of(database: Database) -> Self {
        Self {
            database,
            queue_rows_max: 1024,
            commit_ms_max: 1_500,
            // Three times the interval in which leases are extended: one that is late once loses nothing. And what is over
            // is found in such an interval, so that what a server had begun that is gone is made again within 30 s.
            lease_ms: 20_000,
        }
    }
}

/// For the last words to a PostgreSQL, which answers in milliseconds when it answers at all.
const CLOSE_MAX: Duration = Duration::from_secs(3);

/// Between two attempts to hear hints.
const HINT_GAP: Duration = Duration::from_secs(1);

/// A handle to the database; clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    /// What somebody waits for at the door.
    acknowledgements: mpsc::Sender<Write>,
    /// Everything else. With SQLite the same queue: there is one writer.
    work: mpsc::Sender<Write>,
    readers: Arc<Readers>,
    /// For questions of the operator, which may be long.
    questions: Arc<Readers>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    rows_max: usize,
    commit_ms_max: u64,
    lease_ms: u64,
    node: String,
    place: Arc<Place>,
    is_full: AtomicBool,
    /// Receipts that expired by then are deleted, all of them; in milliseconds since 1970.
    receipts_gone_ms: Arc<AtomicU64>,
    /// How far the search for what is too old has come.
    walks: retention::Walks,
    /// One for each writer.
    pulses: Vec<Arc<Pulse>>,
    held: Held,
    /// Whether the clock is believed.
    doubt: clock::Doubt,
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
        let node = node_name();
        let Connected {
            place,
            writers: connections,
            readers,
            questions,
        } = Box::pin(connect(&settings.database)).await?;
        let place = Arc::new(place);
        let receipts_gone_ms = Arc::<AtomicU64>::default();
        let (mut lanes, mut writers, mut pulses) = (Vec::new(), Vec::new(), Vec::new());
        for mut connection in connections {
            let (next_event, names) = writer::begin(&mut connection)
                .await
                .map_err(StoreError::database("start"))?;
            let state = WriterState {
                node: node.clone(),
                next_event,
                lease_ms: settings.lease_ms,
                names,
                receipts_gone_ms: Arc::clone(&receipts_gone_ms),
                made_ready: false,
            };
            let (writes, queue) = mpsc::channel(settings.queue_rows_max.max(1));
            lanes.push(writes);
            let pulse = Arc::new(Pulse::default());
            pulses.push(Arc::clone(&pulse));
            writers.push(tokio::spawn(writer::run(
                connection,
                Arc::clone(&place),
                state,
                queue,
                pulse,
            )));
        }
        let mut lanes = lanes.into_iter();
        let acknowledgements = lanes.next().ok_or(StoreError::Closed)?;
        Ok(Self {
            work: lanes.next().unwrap_or_else(|| acknowledgements.clone()),
            acknowledgements,
            readers: Arc::new(readers),
            questions: Arc::new(questions),
            shared: Arc::new(Shared {
                rows_max: settings.queue_rows_max,
                commit_ms_max: settings.commit_ms_max,
                lease_ms: settings.lease_ms,
                node,
                place,
                is_full: AtomicBool::new(false),
                receipts_gone_ms,
                walks: retention::Walks::default(),
                pulses,
                held: Held::default(),
                doubt: clock::Doubt::default(),
                plugin_reads: Semaphore::new(kv::PLUGIN_READS_MAX),
                questions: Semaphore::new(question::QUESTIONS_MAX as usize),
                writers: Mutex::new(writers),
            }),
        })
    }

    /// This server's name in leases: another one at every start.
    pub fn node(&self) -> &str {
        &self.shared.node
    }

    /// How long a lease lasts that is not extended, in milliseconds.
    pub fn lease_ms(&self) -> u64 {
        self.shared.lease_ms
    }

    /// Whether other servers may share the database.
    pub fn is_shared(&self) -> bool {
        matches!(*self.shared.place, Place::Server(_))
    }

    /// The file or the server, for people.
    fn place(&self) -> String {
        match &*self.shared.place {
            Place::File(file) => file.path().display().to_string(),
            Place::Server(settings) => settings.to_string(),
        }
    }

    /// Writes where this server can be asked into the lock file beside a SQLite database, for the commands of whoever
    /// finds the database locked. Servers that share a database are known by their settings.
    ///
    /// # Errors
    /// What the system said.
    pub fn announce(&self, address: &str) -> std::io::Result<()> {
        match &*self.shared.place {
            Place::File(file) => file.announce(address),
            Place::Server(_) => Ok(()),
        }
    }

    /// Whether what was written last is on disk and something new would be taken.
    pub fn is_ready(&self) -> bool {
        self.shared.pulses.iter().all(|pulse| pulse.is_well()) && self.accepts().is_ok()
    }

    /// Whether every writer runs, and none has been at one batch for as long as this.
    pub fn is_moving(&self, batch_max: Duration) -> bool {
        let writers = self.shared.writers.lock().unwrap_or_else(PoisonError::into_inner);
        writers.iter().all(|writer| !writer.is_finished())
            && self.shared.pulses.iter().all(|pulse| pulse.busy() < batch_max)
    }

    /// Hears from other servers what became ready, until the store is closed; with SQLite, or when it is switched off, there is
    /// nothing to hear. A hint may be missed: whoever needs to know looks by itself as well.
    pub async fn hear(&self, hear: impl Fn(Hint)) {
        let (Readers::Postgres(readers), Place::Server(settings)) = (&*self.readers, &*self.shared.place) else {
            return;
        };
        while settings.is_listening && !readers.is_closed() {
            if let Err(error) = postgres::listen(settings, readers, self.node(), &hear).await {
                tracing::debug!(
                    error = error::chain(&error),
                    "Hints of other servers are not heard; tried again"
                );
            }
            tokio::time::sleep(HINT_GAP).await;
        }
    }

    /// Commits what waits, closes the database and ends the writers. Later calls answer [`StoreError::Closed`].
    pub async fn close(&self) {
        if !self.is_shared() {
            return self.close_all().await;
        }
        // A PostgreSQL that is silent is not waited for: what it has not committed by now is known to nobody.
        if tokio::time::timeout(CLOSE_MAX, self.close_all()).await.is_err() {
            tracing::warn!(
                database = self.place(),
                "The database did not answer when it was to be closed; its connections are dropped"
            );
            let writers = self.shared.writers.lock().unwrap_or_else(PoisonError::into_inner);
            writers.iter().for_each(JoinHandle::abort);
        }
    }

    async fn close_all(&self) {
        for lane in [&self.acknowledgements, &self.work] {
            let (done, wait) = oneshot::channel();
            if lane.send(Write::Close(done)).await.is_ok() {
                // The writer answers when its connection is closed; an error means that it had ended already.
                let _ = wait.await;
            }
        }
        let writers = std::mem::take(&mut *self.shared.writers.lock().unwrap_or_else(PoisonError::into_inner));
        for writer in writers {
            let _ = writer.await;
        }
        for readers in [&self.readers, &self.questions] {
            either::on_either!(&**readers, readers => readers.close().await);
        }
    }

    /// Whether anything new is taken; a database over its size only finishes what it has.
    fn accepts(&self) -> Result<(), StoreError> {
        if self.shared.is_full.load(Ordering::Relaxed) {
            return Err(StoreError::Full);
        }
        Ok(())
    }
}

/// A database that is open.
struct Connected {
    place: Place,
    writers: Vec<Connection>,
    readers: Readers,
    questions: Readers,
}

async fn connect(database: &Database) -> Result<Connected, StoreError> {
    Ok(match database {
        Database::Sqlite(path) => {
            let opened = sqlite::open(path).await?;
            Connected {
                place: Place::File(Box::new(opened.file)),
                writers: vec![Connection::Sqlite(opened.writer)],
                readers: Readers::Sqlite(opened.readers),
                questions: Readers::Sqlite(opened.questions),
            }
        }
        Database::Postgres(postgres) => {
            let opened = postgres::open(postgres.clone()).await?;
            Connected {
                place: Place::Server(opened.settings),
                writers: opened.writers.into_iter().map(Connection::Postgres).collect(),
                readers: Readers::Postgres(opened.readers.clone()),
                questions: Readers::Postgres(opened.readers),
            }
        }
    })
}

/// Unlike any other server's, also on a machine where every process has the number 1.
fn node_name() -> String {
    format!("{}-{}", std::process::id(), random())
}

/// A name that nothing else has.
fn random() -> String {
    let mut bytes = [0; 8];
    // Without random bytes there are zeros: a name that may be somebody else's, on a system where nothing works any more.
    let _ = getrandom::fill(&mut bytes);
    hex::encode(bytes)
}

/// The databases' integers are signed; no time or size of ours reaches the other half.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
