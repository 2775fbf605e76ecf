//! One event in, one answer out: the receipt, the plugins in their order, the reply on record.
//!
//! The receipt is on disk before a plugin is called, and the reply before it is answered, so that whatever comes a second
//! time gets what came the first time, also after a crash.

mod route;
mod running;
mod tasks;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use tokio::time::{Instant, timeout_at};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    lark::{Event, Kind, reply},
    plugin::{Registry, Table},
    store::{NewReceipt, Received, Store},
    telemetry::chain,
};
use running::{Entered, Running, Waiting};
use tasks::FollowUp;

pub use tasks::TaskError;

/// When a request arrived, on both clocks.
#[derive(Debug, Clone, Copy)]
pub struct Arrival {
    /// For deadlines.
    pub at: Instant,
    /// Milliseconds since 1970, for the database and for plugins.
    pub now_ms: u64,
}

/// What the sender gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// 200 with this body.
    Reply(Bytes),
    /// 503: an event that was not handled or not stored. Lark sends it again.
    SendAgain,
}

/// What the dispatcher is told.
#[derive(Debug, Clone)]
pub struct DispatchSettings {
    /// From the arrival to the answer. Lark waits 3 s; 600 ms are kept for the network on both ways.
    pub budget: Duration,
    /// How long a repeat is recognised; longer than the time window in which a repeat is accepted.
    pub receipt_ttl: Duration,
    /// How long a task may take; nobody waits for it.
    pub task_budget: Duration,
}

impl Default for DispatchSettings {
    fn default() -> Self {
        Self {
            budget: Duration::from_millis(2_400),
            receipt_ttl: Duration::from_hours(24),
            task_budget: Duration::from_secs(30),
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
    /// `None`: receipts are switched off, and only repeats that come while the first runs are recognised.
    receipts: Option<Store>,
    settings: DispatchSettings,
    running: Running,
    unhandled: Mutex<HashSet<String>>,
    calls: TaskTracker,
    stopping: CancellationToken,
}

/// What became of an event.
struct Handled {
    answer: Answer,
    report: Report,
    tasks: Vec<FollowUp>,
}

impl Handled {
    fn without_tasks(answer: Answer, report: Report) -> Self {
        Self {
            answer,
            report,
            tasks: Vec::new(),
        }
    }
}

/// How a call ended, for the log line.
struct Report {
    plugin: Option<String>,
    outcome: &'static str,
    error: Option<String>,
}

impl Report {
    fn of(outcome: &'static str) -> Self {
        Self {
            plugin: None,
            outcome,
            error: None,
        }
    }
}

impl Dispatcher {
    /// A dispatcher over the plugins of `registry`; `receipts` is where repeats are recognised, if anywhere.
    pub fn new(registry: Arc<Registry>, receipts: Option<Store>, settings: DispatchSettings) -> Self {
        Self(Arc::new(Inner {
            registry,
            receipts,
            settings,
            running: Running::default(),
            unhandled: Mutex::default(),
            calls: TaskTracker::new(),
            stopping: CancellationToken::new(),
        }))
    }

    /// The names of the event types that have a handler, as `/health` shows them.
    pub fn registered_handlers(&self) -> Vec<String> {
        self.0.registry.current().registered_handlers()
    }

    /// Handles one event of the application `app_id` and writes one log line.
    ///
    /// The work goes on when the caller stops waiting: a sender that hangs up must not leave half an effect.
    pub async fn dispatch(&self, app_id: &str, event: Event, arrival: Arrival) -> Answer {
        let inner = Arc::clone(&self.0);
        let app_id = app_id.to_owned();
        let in_trouble = failed(&event);
        let work = self.0.calls.spawn(async move {
            let Handled { answer, report, tasks } = inner.receive(&app_id, &event, arrival).await;
            log(&app_id, &event, arrival, &report);
            if !tasks.is_empty() {
                inner
                    .calls
                    .clone()
                    .spawn(inner.follow_up(app_id, event.id, arrival, tasks));
            }
            answer
        });
        work.await.unwrap_or_else(|error| {
            tracing::error!(%error, "A call ended by a fault of the server; please report this");
            in_trouble
        })
    }

    /// Waits until everything that was begun is done. Tasks that are not due yet are given up, aloud.
    pub async fn drain(&self) {
        self.0.stopping.cancel();
        self.0.calls.close();
        self.0.calls.wait().await;
    }
}

impl Inner {
    async fn receive(&self, app_id: &str, event: &Event, arrival: Arrival) -> Handled {
        let table = self.registry.current();
        match self.running.enter(app_id, &event.id) {
            Entered::Running(first) => self.repeat(first, event, arrival).await,
            Entered::First(place) => {
                let handled = self.first(&table, app_id, event, arrival).await;
                place.finish(handled.answer.clone());
                handled
            }
        }
    }

    /// Nobody runs it in this process; the database tells whether somebody did before.
    async fn first(&self, table: &Table, app_id: &str, event: &Event, arrival: Arrival) -> Handled {
        let Some(store) = &self.receipts else {
            return self.route(table, event, arrival, 1).await;
        };
        let (receipt, attempt) = match store.receive(self.receipt(app_id, event, arrival)).await {
            Ok(Received::First { receipt }) => (receipt, 1),
            Ok(Received::Answered { reply, .. }) => {
                return Handled::without_tasks(said(event, reply.into()), Report::of("duplicate"));
            }
            Ok(Received::Unanswered {
                receipt,
                event_id,
                seen,
            }) => {
                // The same message under another id may be running right now.
                match self.running.find(app_id, &event_id).filter(|_| event_id != event.id) {
                    Some(first) => return self.repeat(first, event, arrival).await,
                    // Whoever began it is gone, or asked for it to be sent again.
                    None => (receipt, seen),
                }
            }
            Err(error) => {
                let report = Report {
                    error: Some(chain(&error)),
                    ..Report::of("store_error")
                };
                return Handled::without_tasks(failed(event), report);
            }
        };
        let mut handled = self.route(table, event, arrival, attempt).await;
        if let Answer::Reply(body) = &handled.answer {
            let reply = match event.kind {
                Kind::Callback => String::from_utf8_lossy(body).into_owned(),
                Kind::Event => String::new(),
            };
            if let Err(error) = store.record_reply(receipt, reply).await {
                // It was handled; that a repeat would be handled again is the smaller harm.
                handled.report.error = Some(chain(&error));
            }
        }
        handled
    }

    /// Waits for the answer of the one that runs.
    async fn repeat(&self, mut first: Waiting, event: &Event, arrival: Arrival) -> Handled {
        let deadline = arrival.at + self.settings.budget;
        let answer = match timeout_at(deadline, first.wait_for(Option::is_some)).await {
            Ok(Ok(answer)) => answer.clone(),
            Ok(Err(_)) | Err(_) => None,
        };
        Handled::without_tasks(answer.unwrap_or_else(|| failed(event)), Report::of("duplicate"))
    }

    fn receipt(&self, app_id: &str, event: &Event, arrival: Arrival) -> NewReceipt {
        let ttl_ms = u64::try_from(self.settings.receipt_ttl.as_millis()).unwrap_or(u64::MAX);
        NewReceipt {
            app: app_id.to_owned(),
            event_id: event.id.clone(),
            message_id: event.message_id.clone(),
            received_at_ms: arrival.now_ms,
            expires_at_ms: arrival.now_ms.saturating_add(ttl_ms),
        }
    }

    fn warn_once(&self, event: &Event, registered: &[String]) {
        let mut unhandled = self.unhandled.lock().unwrap_or_else(PoisonError::into_inner);
        if unhandled.len() < UNHANDLED_TYPES_MAX && unhandled.insert(event.event_type.clone()) {
            tracing::warn!(
                event.r#type = event.event_type,
                registered = registered.join(", "),
                "No handler for callback type: {}. Unsubscribe from it, or add a plugin that takes it",
                event.event_type
            );
        }
    }
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

/// One line for each callback and event.
fn log(app_id: &str, event: &Event, arrival: Arrival, report: &Report) {
    let duration_ms = arrival.at.elapsed().as_micros() as f64 / 1000.0;
    let plugin = report.plugin.as_deref().unwrap_or("-");
    let kind = match event.kind {
        Kind::Callback => "Callback",
        Kind::Event => "Event",
    };
    match &report.error {
        None => tracing::info!(
            app.id = app_id,
            event.id = event.id,
            event.r#type = event.event_type,
            plugin.name = plugin,
            outcome = report.outcome,
            duration_ms,
            "{kind} answered"
        ),
        Some(error) => tracing::error!(
            app.id = app_id,
            event.id = event.id,
            event.r#type = event.event_type,
            plugin.name = plugin,
            outcome = report.outcome,
            duration_ms,
            error,
            "{kind} failed"
        ),
    }
}
