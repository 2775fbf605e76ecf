//! Deliveries: one event or task for one plugin, claimed, tried, and brought to an end.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use lark_protocol::Event;

use super::{
    Store, StoreError,
    batch::{Job, Write},
    either::{Either, on_either},
    error::Fault,
    held::Hold,
    lost::Lost,
    postgres, signed, sqlite,
    tasks::{Chain, NewTask},
};
use crate::error::chain;

/// What is to be done for a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryKind {
    /// An event that it subscribed to.
    Event,
    /// A task that a plugin or the operator asked for.
    Task,
    /// A callback that was not done inside its budget.
    Late,
    /// What a late callback replied, to be brought to Lark by the host itself.
    Update,
}

impl DeliveryKind {
    /// Its name in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Task => "task",
            Self::Late => "late",
            Self::Update => "update",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Event, Self::Task, Self::Late, Self::Update]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// A delivery that this server holds.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Its number.
    pub id: i64,
    /// The number of the event that led to it; none for a task of the operator.
    pub event: Option<i64>,
    /// What is to be done.
    pub kind: DeliveryKind,
    /// The application.
    pub app: String,
    /// Who does it.
    pub plugin: String,
    /// 1 for the first try.
    pub attempt: u32,
    /// How many of the attempts before this one never came to an end.
    pub lost: u32,
    /// When it was to be done first, in milliseconds since 1970.
    pub due_at_ms: u64,
    /// After this it is of no use any more.
    pub expires_at_ms: u64,
    /// Others with this key wait for it.
    pub ordering_key: Option<String>,
    /// Where it stands among the tasks that follow from one another.
    pub chain: Chain,
    /// The event or the task itself.
    pub work: Work,
}

/// What a plugin is given.
#[derive(Debug, Clone)]
pub enum Work {
    /// An event, as it was received.
    Event(Arc<Event>),
    /// A task.
    Task {
        /// The doing plugin's name for it.
        name: String,
        /// JSON text.
        payload: String,
        /// Who asked for it; empty when it was the operator.
        requested_by: String,
    },
    /// The event's payload has been deleted; there is nothing left to do.
    Gone,
}

/// Those that can be read. One that cannot stays claimed and is not held, so that its lease runs out, and at the end of its
/// ladder it is a dead letter; the others are not kept from their plugins by it.
pub(super) fn readable(deliveries: impl Iterator<Item = Result<Delivery, sqlx::Error>>) -> Vec<Delivery> {
    let readable = deliveries.filter_map(|delivery| {
        delivery
            .inspect_err(|error| {
                tracing::error!(
                    error = chain(error),
                    "A delivery in the database cannot be read; it is passed over until its lease has run out"
                );
            })
            .ok()
    });
    readable.collect()
}

/// What this server can take on.
#[derive(Debug, Clone)]
pub struct Claim {
    /// For this plugin.
    pub plugin: String,
    /// At most so many.
    pub limit: u32,
    /// Of those whose attempts were lost as often.
    pub lost: Lost,
    /// While the clock is doubted: what has expired by it waits, because it would be ended.
    pub leaves_expired: bool,
    /// The time, in milliseconds since 1970.
    pub now_ms: u64,
}

impl Claim {
    /// What expires by then is left, in milliseconds since 1970.
    pub(super) fn expired_by_ms(&self) -> i64 {
        if self.leaves_expired {
            signed(self.now_ms)
        } else {
            i64::MIN
        }
    }
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub struct Finish {
    /// The delivery.
    pub delivery: i64,
    /// The event that led to it.
    pub event: Option<i64>,
    /// The application.
    pub app: String,
    /// Which attempt it was.
    pub attempt: u32,
    /// When it began, in milliseconds since 1970.
    pub started_at_ms: u64,
    /// How long it took.
    pub duration_us: u64,
    /// A word: `ok`, or the code of the error.
    pub outcome: String,
    /// For the operator.
    pub error: Option<String>,
    /// Which plugin file it was, in hexadecimal; empty when none was called.
    pub plugin_hash: String,
    /// What the plugin wrote into its log.
    pub log: String,
    /// What is next.
    pub then: Then,
    /// Follow-ups, in their order.
    pub tasks: Vec<NewTask>,
    /// The time, in milliseconds since 1970.
    pub now_ms: u64,
}

/// The outcome of an attempt whose end the database refuses to store as it is.
pub(super) const NOT_STORED: &str = "not_stored";

/// What comes after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Nothing: it is done.
    Done,
    /// Nothing: the plugin said that it is not its own.
    Skipped,
    /// Another attempt.
    Retry {
        /// Not before this time, in milliseconds since 1970.
        at_ms: u64,
    },
    /// Nothing before the operator says so.
    Dead,
    /// Nothing: it is too late to be of use.
    Expired,
}

impl Then {
    pub(super) fn state(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Retry { .. } => "retry_wait",
            Self::Dead => "dead",
            Self::Expired => "expired",
        }
    }

    pub(super) fn at_ms(self) -> Option<u64> {
        match self {
            Self::Retry { at_ms } => Some(at_ms),
            Self::Done | Self::Skipped | Self::Dead | Self::Expired => None,
        }
    }
}

/// Whether the end of an attempt counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finished {
    /// It is on disk, with its tasks.
    Recorded,
    /// The lease was lost meanwhile: another server has it, and what this one did will be done again.
    LeaseLost,
}

/// A callback that was answered before its plugin was done.
#[derive(Debug, Clone)]
pub struct NewLate {
    /// The number of the event.
    pub event: i64,
    /// The application.
    pub app: String,
    /// Who is at it.
    pub plugin: String,
    /// The time, in milliseconds since 1970.
    pub now_ms: u64,
    /// After this the answer is of no use any more.
    pub expires_at_ms: u64,
}

/// Whether somebody still waits for a write.
struct Wanted(Arc<AtomicBool>);

impl Default for Wanted {
    fn default() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Store {
    /// Takes what is due for a plugin, for this server alone.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn claim(&self, claim: Claim) -> Result<Vec<Delivery>, StoreError> {
        let claimed = self.work(|answer| Write::Claim(Job::new(claim, answer))).await?;
        self.shared.held.keep(claimed.iter().map(Delivery::hold));
        Ok(claimed)
    }

    /// Records an attempt and what follows from it; this server holds the delivery no more. What the database refuses to store
    /// is left out; then the attempt says so, and if others were to follow from it, its delivery is dead.
    ///
    /// # Errors
    /// When it is not known to be committed; then it happens again when the lease has run out.
    pub async fn finish(&self, finish: Finish) -> Result<Finished, StoreError> {
        let hold = Hold {
            delivery: finish.delivery,
            attempt: finish.attempt,
        };
        let mut without = Finish {
            outcome: String::new(),
            error: None,
            plugin_hash: String::new(),
            log: String::new(),
            app: String::new(),
            // What was to follow cannot be stored, so the operator decides.
            then: if finish.tasks.is_empty() {
                finish.then
            } else {
                Then::Dead
            },
            tasks: Vec::new(),
            ..finish
        };
        let mut finished = self.work(|answer| Write::Finish(Job::new(finish, answer))).await;
        if let Err(refused) = &finished
            && refused.fault() == Fault::Row
        {
            // It would be refused after each further attempt too.
            without.outcome = NOT_STORED.to_owned();
            without.error = Some(format!(
                "what came of this attempt cannot be stored: {}",
                chain(refused)
            ));
            finished = self.work(|answer| Write::Finish(Job::new(without, answer))).await;
        }
        self.shared.held.let_go(hold);
        finished
    }

    /// Gives attempts back that were not begun: they are ready again when they are due.
    ///
    /// # Errors
    /// When it is not known to be committed; then they are ready when their leases have run out.
    pub async fn give_back(&self, holds: Vec<Hold>) -> Result<(), StoreError> {
        holds.iter().for_each(|hold| self.let_go(*hold));
        let node = self.node().to_owned();
        self.step(move |connection| {
            Box::pin(async move {
                match connection {
                    Either::Sqlite(connection) => sqlite::give_back(connection, &holds, &node).await,
                    Either::Postgres(connection) => postgres::give_back(connection, &holds, &node).await,
                }
            })
        })
        .await
    }

    /// Begins a delivery of a callback that is not done inside its budget; this server holds it. Tells its number. When its
    /// caller leaves while it waits, it is not begun: the sender has got another answer.
    ///
    /// # Errors
    /// When it could not be committed.
    pub async fn begin_late(&self, late: NewLate) -> Result<i64, StoreError> {
        let node = self.node().to_owned();
        let until_ms = signed(late.now_ms.saturating_add(self.lease_ms()));
        let wanted = Wanted::default();
        let is_wanted = Arc::clone(&wanted.0);
        let id: Option<i64> = self
            .step(move |connection| {
                Box::pin(async move {
                    if !is_wanted.load(Ordering::Acquire) {
                        return Ok(None);
                    }
                    on_either!(connection, connection => {
                        sqlx::query_scalar(
                            "insert into deliveries (event, kind, app, plugin, state, attempt, due_at_ms, next_at_ms,
                                                 lease_node, lease_until_ms, created_at_ms, expires_at_ms)
                         values ($1, 'late', $2, $3, 'running', 1, $4, $4, $5, $6, $4, $7) returning id",
                        )
                        .bind(late.event)
                        .bind(&late.app)
                        .bind(&late.plugin)
                        .bind(signed(late.now_ms))
                        .bind(&node)
                        .bind(until_ms)
                        .bind(signed(late.expires_at_ms))
                        .fetch_one(connection)
                        .await
                        .map(Some)
                    })
                })
            })
            .await?;
        let id = id.ok_or(StoreError::Closed)?;
        self.shared.held.keep([Hold::first(id)]);
        Ok(id)
    }

    /// The plugins for which something is due. From one name the index leads to the next, however many rows wait under it.
    ///
    /// # Errors
    /// When the database did not answer.
    pub async fn due(&self, now_ms: u64) -> Result<Vec<String>, StoreError> {
        self.read("read of what is due", async {
            on_either!(&*self.readers, readers => {
                sqlx::query_scalar(
                    "with recursive waiting (plugin) as (
                         select min(plugin) from deliveries where state in ('ready', 'retry_wait')
                         union all
                         select (select min(d.plugin) from deliveries d
                                 where d.state in ('ready', 'retry_wait') and d.plugin > waiting.plugin)
                         from waiting where waiting.plugin is not null)
                     select plugin from waiting
                     where plugin is not null and exists (
                         select 1 from deliveries d
                         where d.plugin = waiting.plugin and d.state in ('ready', 'retry_wait') and d.next_at_ms <= $1)",
                )
                .bind(signed(now_ms))
                .fetch_all(readers)
                .await
            })
        })
        .await
    }
}
