//! One event in, one answer out: the receipt, the plugins in their order, the reply on record.
//!
//! A callback is asked of the plugins now, inside its budget; its receipt is on disk before a plugin is called, and its reply
//! before it is answered, so that whatever comes a second time gets what came the first time, also after a crash. An event
//! is stored with one delivery for each plugin that takes it, and answered; the deliveries are made afterwards.

mod app_ticket;
mod attempt;
mod callback;
mod detach;
mod event;
mod in_time;
mod loading;
mod next;
mod ordering;
mod quota;
mod report;
mod returns;
mod route;
mod running;
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
use lark_callback_store::{NewEvent, Store};
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
    plugin::Registry,
    telemetry::{Count, Counted, Tally, panic_text},
    tokens::Tokens,
};
use detach::detach_on_drop;
use quota::Quota;
use report::{Report, log};
use running::Running;
use slots::Slots;

pub use attempt::Attempted;
pub use slots::{Fresh, Slot};
pub use tasks::TaskError;

/// When a request arrived, on both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// For deadlines.
    pub at: Instant,
    /// Milliseconds since 1970, for the database and for plugins.
    pub now_ms: u64,
}

impl Arrival {
    /// The time now, for the database.
    fn later_ms(&self) -> u64 {
        let waited = u64::try_from(self.at.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.now_ms.saturating_add(waited)
    }
}

/// What the sender gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200 with this body.
    Reply(Bytes),
    /// 503: an event that was not stored. Lark sends it again.
    SendAgain,
}

/// An answer, and who waits until it is written.
#[derive(Debug)]
pub struct Dispatched {
    /// What the sender gets.
    pub answer: Answer,
    /// To be dropped when the answer is on its way: what follows from it begins then, and never overtakes it.
    pub written: Option<DropGuard>,
}

/// What the dispatcher is told.
#[derive(Debug, Clone)]
pub struct DispatchSettings {
    /// From the arrival to the answer. Lark waits 3 s; 600 ms are kept for the network on both ways.
    pub budget: Duration,
    /// The same for a browser's return from the authorize page. A browser waits, and the plugin asks Lark two questions.
    pub redirect_budget: Duration,
    /// Between the answer to a click and the update of its card by a late reply. Lark refuses one that comes first, and a
    /// proxy may hold an answer back for a while.
    pub update_delay: Duration,
    /// Whether callbacks are stored; events always are. Without it, of callbacks only repeats that come while the first runs are
    /// recognised.
    pub has_receipts: bool,
    /// How long a repeat is recognised; longer than the time window in which a repeat is accepted.
    pub receipt_ttl: Duration,
    /// How long one attempt of a delivery may take; nobody waits for it.
    pub attempt_budget: Duration,
    /// What passes between an attempt that failed and the next one; after the last comes the end. Up to a fifth is added,
    /// so that what failed together is not tried together.
    pub retry_after: Vec<Duration>,
    /// After this a delivery is of no use any more; a plugin's own setting wins.
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
            attempt_budget: Duration::from_secs(30),
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

/// Event types that are remembered as having no handler; Lark has about 200.
const UNHANDLED_TYPES_MAX: usize = 1_000;

/// Takes events; clones share everything.
#[derive(Debug, Clone)]
pub struct Dispatcher(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Arc<Registry>,
    store: Store,
    /// The way to Lark, for late replies.
    tokens: Tokens,
    settings: DispatchSettings,
    running: Running,
    unhandled: Mutex<HashSet<String>>,
    calls: TaskTracker,
    /// Deliveries that this server holds and has not begun; bounded by their slots.
    fresh: mpsc::UnboundedSender<Fresh>,
    slots: Slots,
    /// The tasks of each plugin that wait.
    waiting: Quota,
    /// Events wait for their takers to be known, as far as this server knows.
    has_undecided: AtomicBool,
    /// Something became ready in the database.
    wake: Arc<Notify>,
    requests: Tally,
    attempts: Tally,
}

/// The deliveries that are this server's to begin.
#[derive(Debug)]
pub struct Inbox {
    /// Held by this server, and to be begun.
    pub fresh: mpsc::UnboundedReceiver<Fresh>,
    /// Rung when something became ready in the database.
    pub wake: Arc<Notify>,
}

/// What became of an event.
struct Handled {
    answer: Answer,
    report: Report,
    /// What waits until the answer is written.
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
    /// A dispatcher over the plugins of `registry`, and the deliveries that it leaves to be made.
    pub fn new(registry: Arc<Registry>, store: Store, tokens: Tokens, settings: DispatchSettings) -> (Self, Inbox) {
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
            attempts: Tally::default(),
        }));
        (dispatcher, inbox)
    }

    /// The names of the event types that have a handler, as `/health` shows them.
    pub fn registered_handlers(&self) -> Vec<String> {
        self.0.registry.current().registered_handlers()
    }

    /// The names of the plugins that can be called now.
    pub fn plugins(&self) -> Vec<String> {
        let table = self.0.registry.current();
        table.plugins().iter().map(|plugin| plugin.name().to_owned()).collect()
    }

    /// Handles one event of the application `app_id` and writes one log line.
    ///
    /// The work goes on when the caller stops waiting: a sender that hangs up must not leave half an effect.
    pub async fn dispatch(&self, app_id: &Arc<str>, mut event: Event, arrival: Arrival) -> Dispatched {
        // The keys of the address have proved which application it is for. What the event itself says (the flat v1 card says
        // nothing) proves nothing: whoever holds one application's keys must not act as another one.
        if event.app_id != *app_id {
            if !event.app_id.is_empty() {
                let claimed = &*event.app_id;
                tracing::warn!(
                    app.id = &**app_id,
                    event.id = &*event.id,
                    claimed,
                    "The application id in an event is not the one its path belongs to"
                );
            }
            event.app_id = Arc::clone(app_id);
        }
        let (inner, event) = (Arc::clone(&self.0), Arc::new(event));
        let work = Box::pin({
            let event = Arc::clone(&event);
            async move {
                match event.kind {
                    Kind::Callback => inner.callback(&event.app_id, &event, arrival).await,
                    Kind::Event => inner.event(&event.app_id, &event, arrival).await,
                }
            }
        });
        self.carry_out(event, arrival, work).await
    }

    /// Does what is to be done about an event, whether the caller waits or not, and survives its panic. The work comes in a
    /// box: it is large, and each of the futures around it would copy it.
    async fn carry_out(
        &self,
        event: Arc<Event>,
        arrival: Arrival,
        work: Pin<Box<dyn Future<Output = Handled> + Send>>,
    ) -> Dispatched {
        let inner = Arc::clone(&self.0);
        let in_trouble = failed(&event);
        let work = self.0.calls.track_future(async move {
            let handled = work.await;
            let took = arrival.at.elapsed();
            log(&event, &handled.report, took);
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

    /// How callbacks and events were answered since the start.
    pub fn requests(&self) -> BTreeMap<Counted, Count> {
        self.0.requests.counts()
    }

    /// How attempts of deliveries ended since the start.
    pub fn attempts(&self) -> BTreeMap<Counted, Count> {
        self.0.attempts.counts()
    }

    /// Tells the time at which Lark made an event, for a clock that is doubted.
    pub fn hear_time(&self, event: &Event, arrival: Arrival) {
        self.0.store.hear_time(event.create_time_ms, arrival.now_ms);
    }

    /// Waits until everything that was begun is done.
    pub async fn drain(&self) {
        self.0.calls.close();
        self.0.calls.wait().await;
    }
}

impl Inner {
    /// When the sender is to have its answer, whatever it was waited for.
    fn answer_by(&self, event: &Event, arrival: Arrival) -> Instant {
        arrival.at + self.settings.budget_of(event)
    }

    fn count(&self, event: &Event, report: &Report, took: Duration) {
        let counted = Counted {
            kind: match event.kind {
                Kind::Callback => "callback",
                Kind::Event => "event",
            },
            plugin: report.plugin.clone().unwrap_or_default(),
            outcome: report.outcome,
        };
        self.requests.add(counted, took);
    }

    fn new_event(&self, event: &Arc<Event>, arrival: Arrival) -> NewEvent {
        self.concealed(NewEvent {
            app: Arc::clone(&event.app_id),
            event: Arc::clone(event),
            received_at_ms: arrival.now_ms,
            expires_at_ms: arrival.now_ms.saturating_add(millis(self.settings.receipt_ttl)),
            deliveries: Vec::new(),
        })
    }

    fn warn_once(&self, event: &Event, registered: &[String]) {
        let mut unhandled = self.unhandled.lock().unwrap_or_else(PoisonError::into_inner);
        if unhandled.len() < UNHANDLED_TYPES_MAX && unhandled.insert(event.event_type.as_ref().to_owned()) {
            tracing::warn!(
                event.r#type = &*event.event_type,
                registered = registered.join(", "),
                "No handler for callback type: {}. Unsubscribe from it, or add a plugin that takes it",
                event.event_type.escape_debug()
            );
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Nothing to say.
fn nothing(event: &Event) -> Answer {
    said(event, Bytes::from_static(reply::NOTHING.as_bytes()))
}

/// What a callback is told; an event's answer is always the same.
fn said(event: &Event, body: Bytes) -> Answer {
    Answer::Reply(match event.kind {
        Kind::Callback => body,
        Kind::Event => Bytes::from_static(reply::EVENT_ACKNOWLEDGED.as_bytes()),
    })
}

/// A click is never sent again, so it is answered with a toast that says so; an event is asked for again.
fn failed(event: &Event) -> Answer {
    match event.kind {
        Kind::Callback => Answer::Reply(Bytes::from_static(reply::callback_failed(&event.event_type).as_bytes())),
        Kind::Event => Answer::SendAgain,
    }
}
