//! One event in, one answer out: the receipt, the plugins in order, the stored reply.
//!
//! A callback is handled by the plugins at once, within its budget. Its receipt is on disk before a plugin is called, and its
//! reply before it is answered, so that a repeat gets the same answer, also after a crash. An event is stored with one
//! delivery for each plugin that handles it, then acknowledged; the deliveries are attempted afterwards.

mod app_ticket;
mod attempt;
mod backoff;
mod callback;
mod detach;
mod event;
mod in_time;
mod loading;
mod next;
mod ordering;
mod origin;
mod plugins;
mod quota;
mod report;
mod returns;
mod route;
mod running;
mod schedules;
mod slots;
mod taker;
mod tasks;
mod undecided;
mod update;

use std::{
    collections::{BTreeMap, HashSet},
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use bytes::Bytes;
use lark_callback_store::Store;
use lark_protocol::{Event, Kind, Schema, reply};
use tokio::{
    sync::{Notify, mpsc},
    time::Instant,
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{
    moment::Moment,
    plugin::{Plugin, Registry},
    telemetry::{ATTEMPT_BUCKETS_MS, Count, Counted, Tally, panic_text},
    tokens::Tokens,
    trace::{self, Tracer},
};
use detach::detach_on_drop;
use quota::Quota;
use report::{Report, log};
use running::Running;
use slots::Slots;

pub use attempt::Attempted;
pub use event::PAUSED_AGE_MS_MAX;
pub use origin::{ID_CHARS_MAX, Origin, RequestIds, shown_id};
pub use schedules::Scheduled;
pub use slots::{Fresh, Slot};
pub use tasks::TaskError;

/// The answer to the sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200 with this body.
    Reply(Bytes),
    /// 503: the event was not stored, so Lark redelivers it.
    SendAgain,
}

/// An answer, and a guard for the work that waits until it is written.
#[derive(Debug)]
pub struct Dispatched {
    /// The answer to the sender.
    pub answer: Answer,
    /// Drop it once the answer is written: the work that follows begins then, and never overtakes the answer.
    pub written: Option<DropGuard>,
}

/// The settings of the dispatcher.
#[derive(Debug, Clone)]
pub struct DispatchSettings {
    /// The time budget from arrival to answer. Lark waits 3 s; 600 ms are reserved for the network in both directions.
    pub budget: Duration,
    /// The same for a browser's return from the authorize page. A browser waits longer, and the plugin calls Lark twice.
    pub redirect_budget: Duration,
    /// The delay between the answer to a click and the update of its card by a late reply. Lark rejects an update that comes
    /// first, and a proxy may delay the answer.
    pub update_delay: Duration,
    /// Whether callbacks are stored; events always are. Without it, a repeated callback is only recognized while the first one
    /// is running.
    pub has_receipts: bool,
    /// The retention of receipts, by which repeats are recognized; longer than the accepted age of a request.
    pub receipt_ttl: Duration,
    /// The delays before each retry; after the last one the delivery becomes a dead letter. Up to 20 % jitter is added, so that
    /// deliveries that failed together are not retried together.
    pub retry_after: Vec<Duration>,
    /// The age at which a delivery expires; a plugin's own setting takes precedence.
    pub delivery_age_max: Duration,
}

impl Default for DispatchSettings {
    fn default() -> Self {
        let (minute, hour) = (60, 3_600);
        Self {
            budget: Duration::from_millis(2_400),
            redirect_budget: Duration::from_secs(15),
            update_delay: Duration::from_millis(500),
            has_receipts: true,
            receipt_ttl: Duration::from_hours(24),
            retry_after: [2, 10, minute, 5 * minute, 30 * minute, 2 * hour, 6 * hour]
                .map(Duration::from_secs)
                .to_vec(),
            delivery_age_max: Duration::from_hours(24),
        }
    }
}

impl DispatchSettings {
    fn budget_of(&self, event: &Event) -> Duration {
        match event.schema {
            Schema::Redirect => self.redirect_budget,
            Schema::V2 | Schema::V1 | Schema::CardV1 => self.budget,
        }
    }
}

/// Event types remembered as unhandled; Lark has about 200.
const UNHANDLED_TYPES_MAX: usize = 1_000;

/// The dispatcher of events; clones share everything.
#[derive(Debug, Clone)]
pub struct Dispatcher(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Arc<Registry>,
    store: Store,
    /// For late replies to Lark.
    tokens: Tokens,
    settings: DispatchSettings,
    running: Running,
    unhandled: Mutex<HashSet<String>>,
    calls: TaskTracker,
    /// Deliveries that this server holds but has not begun; bounded by their slots.
    fresh: mpsc::UnboundedSender<Fresh>,
    slots: Slots,
    /// The waiting tasks of each plugin.
    waiting: Quota,
    /// Whether events wait until their plugins are known, as far as this server knows.
    has_undecided: AtomicBool,
    /// Notified when something becomes due in the database.
    wake: Arc<Notify>,
    requests: Tally,
    attempts: Tally<{ ATTEMPT_BUCKETS_MS.len() }>,
    /// For the attempts of deliveries.
    tracer: Tracer,
}

/// The deliveries for this server to begin.
#[derive(Debug)]
pub struct Inbox {
    /// Deliveries held by this server, to be begun.
    pub fresh: mpsc::UnboundedReceiver<Fresh>,
    /// Notified when something becomes due in the database.
    pub wake: Arc<Notify>,
}

/// The result of handling an event.
struct Handled {
    answer: Answer,
    report: Report,
    /// The signal for work that waits until the answer is written.
    follows: Option<CancellationToken>,
}

impl Handled {
    fn of(answer: Answer, report: Report) -> Self {
        Self {
            answer,
            report,
            follows: None,
        }
    }
}

impl Dispatcher {
    /// Creates a dispatcher over the plugins of `registry`, and the inbox of deliveries that it produces.
    pub fn new(
        registry: Arc<Registry>,
        store: Store,
        tokens: Tokens,
        settings: DispatchSettings,
        tracer: Tracer,
    ) -> (Self, Inbox) {
        let (sender, fresh) = mpsc::unbounded_channel();
        let wake = Arc::new(Notify::new());
        let inbox = Inbox {
            fresh,
            wake: Arc::clone(&wake),
        };
        let dispatcher = Self(Arc::new(Inner {
            registry,
            store,
            tokens,
            settings,
            running: Running::default(),
            unhandled: Mutex::default(),
            calls: TaskTracker::new(),
            fresh: sender,
            slots: Slots::new(Arc::clone(&wake)),
            waiting: Quota::default(),
            has_undecided: AtomicBool::new(false),
            wake,
            requests: Tally::default(),
            attempts: Tally::with_buckets(ATTEMPT_BUCKETS_MS),
            tracer,
        }));
        (dispatcher, inbox)
    }

    /// Returns the event types that have a handler, as shown by `/health`.
    pub fn registered_handlers(&self) -> Vec<String> {
        self.0.registry.current().registered_handlers()
    }

    /// Handles one event of the application `app_id` and writes one log line.
    ///
    /// The work continues when the caller stops waiting: a sender that hangs up must not leave work half done.
    pub async fn dispatch(&self, app_id: &Arc<str>, mut event: Event, origin: Origin, arrival: Moment) -> Dispatched {
        // The keys of the URL determine the application. The event's own `app_id` (absent in the flat v1 card) proves nothing:
        // someone with one application's keys must not be able to act as another.
        if event.app_id != *app_id {
            if !event.app_id.is_empty() {
                let claimed = &*event.app_id;
                tracing::warn!(
                    app.id = &**app_id,
                    event.id = &*event.id,
                    claimed,
                    "An event names another application than the one its path belongs to; it is handled for the one of the path. \
             Compare LARK_APP_ID and the callback addresses with the developer console"
                );
            }
            event.app_id = Arc::clone(app_id);
        }
        let (inner, event) = (Arc::clone(&self.0), Arc::new(event));
        let work = Box::pin({
            let (event, origin) = (Arc::clone(&event), origin.clone());
            async move {
                match event.kind {
                    Kind::Callback => inner.callback(&event, &origin, arrival).await,
                    Kind::Event => inner.event(&event, &origin, arrival).await,
                }
            }
        });
        self.carry_out(event, origin, arrival, work).await
    }

    /// Runs the work for an event, whether the caller waits or not, and catches its panic. The work is boxed because it is large,
    /// and each of the surrounding futures would copy it.
    async fn carry_out(
        &self,
        event: Arc<Event>,
        origin: Origin,
        arrival: Moment,
        work: Pin<Box<dyn Future<Output = Handled> + Send>>,
    ) -> Dispatched {
        let inner = Arc::clone(&self.0);
        let in_trouble = failed(&event);
        // Also when it goes on alone, it is part of its trace.
        let work = trace::carried_then(work, |handled: &Handled| handled.report.note());
        let work = self.0.calls.track_future(async move {
            let handled = work.await;
            let took = arrival.at.elapsed();
            log(&event, &origin, &handled.report, took);
            inner.count(&event, &handled.report, took);
            Dispatched {
                answer: handled.answer,
                written: handled.follows.map(CancellationToken::drop_guard),
            }
        });
        detach_on_drop(work).await.unwrap_or_else(|panic| {
            tracing::error!(
                panic = panic_text(panic.as_ref()),
                "A call failed because of a bug in the server; please report it"
            );
            Dispatched {
                answer: in_trouble,
                written: None,
            }
        })
    }

    /// Returns how callbacks and events were answered since the start.
    pub fn requests(&self) -> BTreeMap<Counted, Count> {
        self.0.requests.counts()
    }

    /// Returns how attempts of deliveries ended since the start.
    pub fn attempts(&self) -> BTreeMap<Counted, Count<{ ATTEMPT_BUCKETS_MS.len() }>> {
        self.0.attempts.counts()
    }

    /// Passes on the creation time of an event, for checking a doubtful clock.
    pub fn hear_time(&self, event: &Event, arrival: Moment) {
        self.0.store.hear_time(event.create_time_ms, arrival.unix_ms);
    }

    /// Waits until all running work is done.
    pub async fn drain(&self) {
        self.0.calls.close();
        self.0.calls.wait().await;
    }
}

impl Inner {
    /// Returns when the sender must have its answer.
    fn answer_by(&self, event: &Event, arrival: Moment) -> Instant {
        arrival.at + self.settings.budget_of(event)
    }

    fn count(&self, event: &Event, report: &Report, took: Duration) {
        let counted = Counted {
            kind: kind_word(event.kind),
            plugin: report.plugin.clone().unwrap_or_default(),
            outcome: report.outcome,
        };
        self.requests.add(counted, took);
    }

    fn warn_once(&self, event: &Event, registered: &[String]) {
        let mut unhandled = self.unhandled.lock().unwrap_or_else(PoisonError::into_inner);
        if unhandled.len() < UNHANDLED_TYPES_MAX && unhandled.insert(event.event_type.as_ref().to_owned()) {
            tracing::warn!(
                event.r#type = &*event.event_type,
                registered = registered.join(", "),
                "No handler for {} type: {}. Unsubscribe from it, or add a plugin that takes it",
                kind_word(event.kind),
                event.event_type.escape_debug()
            );
        }
    }
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Callback => "callback",
        Kind::Event => "event",
    }
}

/// Returns how long one attempt of a delivery to this plugin may take.
fn attempt_time(plugin: &Plugin) -> Duration {
    Duration::from_millis(plugin.settings().limits.attempt_ms_max)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Returns the empty answer.
fn nothing(event: &Event) -> Answer {
    said(event, Bytes::from_static(reply::NOTHING.as_bytes()))
}

/// Returns the answer with this body for a callback; an event's answer is always the same.
fn said(event: &Event, body: Bytes) -> Answer {
    Answer::Reply(match event.kind {
        Kind::Callback => body,
        Kind::Event => Bytes::from_static(reply::EVENT_ACKNOWLEDGED.as_bytes()),
    })
}

/// Returns the answer to a failure: a toast for a click, which Lark never redelivers; a request for redelivery for an event.
fn failed(event: &Event) -> Answer {
    match event.kind {
        Kind::Callback => Answer::Reply(Bytes::from_static(reply::callback_failed(&event.event_type).as_bytes())),
        Kind::Event => Answer::SendAgain,
    }
}
