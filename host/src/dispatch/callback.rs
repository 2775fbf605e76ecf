//! Callbacks: the receipt, the plugins within the budget, the stored reply.

use std::{sync::Arc, time::Duration};

use lark_callback_store::{Hold, NewReply, Received, StoreError};
use lark_protocol::Event;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use super::{
    Answer, Handled, Inner, Origin, Report, failed,
    in_time::in_time,
    report::in_receipt,
    route::{Asked, Take},
    running::{Entered, Waiting},
    said,
};
use crate::{
    moment::Moment,
    plugin::Table,
    telemetry::chain,
    trace::{self, SpanKind},
};

/// The interval for polling another server's reply. A callback takes milliseconds, and repeats of a running one are rare.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// The interval for checking whether the server that runs it is alive.
const LIFE_LOOK: Duration = Duration::from_millis(250);

/// The size limit of an error stored with its event: some sentences, and a trap with the top of its stack.
const ERROR_BYTES_MAX: usize = 4_096;

impl Inner {
    pub(super) async fn callback(self: &Arc<Self>, event: &Arc<Event>, origin: &Origin, arrival: Moment) -> Handled {
        let table = self.table_for(event, arrival).await;
        match self.running.enter(&event.app_id, &event.id) {
            Entered::Running(first) => self.repeat(first, event, arrival).await,
            Entered::First(place) => {
                let (handled, number) = self.first(&table, event, origin, arrival).await;
                let repeats = place.finish(handled.answer.clone());
                if let Some(number) = number.filter(|_| repeats > 0) {
                    self.calls.spawn(Arc::clone(self).count_repeats(number, repeats));
                }
                handled
            }
        }
    }

    /// Counts the repeats that waited for the first request without a row of their own. Runs in the background.
    pub(super) async fn count_repeats(self: Arc<Self>, number: i64, repeats: u64) {
        if let Err(error) = self.store.count_repeats(number, repeats).await {
            tracing::debug!(
                error = chain(&error),
                repeats,
                "Could not count repeats of a callback; they were answered"
            );
        }
    }

    /// Handles a callback that is not running in this process; the database tells whether it was handled before, or is running
    /// elsewhere. Also returns its number.
    async fn first(
        self: &Arc<Self>,
        table: &Table,
        event: &Arc<Event>,
        origin: &Origin,
        arrival: Moment,
    ) -> (Handled, Option<i64>) {
        if !self.settings.has_receipts {
            let asked = self.ask(table, event, arrival, Take::unstored()).await;
            return (self.unrecorded(event, arrival, asked).await, None);
        }
        let answer_by = Some(self.answer_by(event, arrival));
        let receiving = self.store.receive_by(self.new_event(event, origin, arrival), answer_by);
        let received = in_receipt(event, receiving).await;
        let (number, attempt) = match received {
            Ok(Received::First { event, .. } | Received::Partly { event, .. }) => (event, 1),
            Ok(Received::Answered {
                event: number, reply, ..
            }) => {
                let handled = Handled::of(self.said_before(event, reply), Report::of("duplicate"));
                return (handled, Some(number));
            }
            Ok(Received::Unanswered {
                event: number,
                event_id,
                node,
                seen,
            }) => {
                // The same message may be running under another event id.
                if let Some(first) = self
                    .running
                    .find(&event.app_id, &event_id)
                    .filter(|_| *event_id != *event.id)
                {
                    return (self.repeat(first, event, arrival).await, Some(number));
                }
                match self.elsewhere(number, &node, event, arrival).await {
                    Some(handled) => return (handled, Some(number)),
                    // The server that began it is gone.
                    None => (number, seen),
                }
            }
            Err(error) => return (self.not_stored(event, &error), None),
        };
        let asked = self.ask(table, event, arrival, Take::stored(number, attempt)).await;
        (self.recorded(event, arrival, number, asked).await, Some(number))
    }

    fn not_stored(&self, event: &Event, error: &StoreError) -> Handled {
        let report = Report {
            error: Some(chain(error)),
            ..Report::of("store_error")
        };
        Handled::of(failed(event), report)
    }

    /// Stores the answer and what follows from it.
    pub(super) async fn recorded(
        self: &Arc<Self>,
        event: &Event,
        arrival: Moment,
        number: i64,
        asked: Asked,
    ) -> Handled {
        let Asked {
            mut answer,
            mut report,
            tasks,
            written,
        } = asked;
        let Answer::Reply(body) = &answer else {
            return Handled::of(answer, report);
        };
        let tasks = self.new_tasks(&event.app_id, tasks, arrival.now_ms());
        let has_tasks = !tasks.is_empty();
        let reply = NewReply {
            event: number,
            app: Arc::clone(&event.app_id),
            reply: self.kept_reply(&event.app_id, body),
            outcome: report.outcome,
            plugin: report.plugin.clone(),
            duration_us: u64::try_from(arrival.at.elapsed().as_micros()).unwrap_or(u64::MAX),
            error: report.error.as_deref().map(shortened),
            tasks,
            now_ms: arrival.now_ms(),
        };
        let mut follows = written;
        // An answer that is not on disk by then is not given: the sender gets the toast of a failed click, in time to show it.
        let answer_by = Some(self.answer_by(event, arrival));
        let recording = self.store.record_reply_by(reply, answer_by);
        let recorded = trace::traced(trace::child(SpanKind::Internal, "reply"), recording);
        match recorded.await {
            Ok(held) if has_tasks => {
                let written = follows.get_or_insert_with(CancellationToken::new).clone();
                self.calls
                    .spawn(Arc::clone(self).begin_after(written, held, Arc::clone(&event.id)));
            }
            Ok(_) => {}
            Err(error) => (answer, report) = not_kept(event, report, &error),
        }
        Handled {
            answer,
            report,
            follows,
        }
    }

    /// Returns a reply as it is stored: with the `state` of links encrypted, so that a reader of the database cannot use them.
    fn kept_reply(&self, app_id: &str, body: &[u8]) -> Arc<str> {
        let reply = String::from_utf8_lossy(body);
        match self.tokens.conceal(app_id, &reply) {
            Some(concealed) => concealed.into(),
            None => reply.into(),
        }
    }

    /// Returns a stored reply as it was first given.
    fn said_before(&self, event: &Event, reply: String) -> Answer {
        let reply = self.tokens.reveal(&event.app_id, &reply).unwrap_or(reply);
        said(event, reply.into())
    }

    /// Without receipts the reply is not stored, but its tasks are as durable as ever.
    async fn unrecorded(self: &Arc<Self>, event: &Event, arrival: Moment, asked: Asked) -> Handled {
        let Asked {
            mut answer,
            mut report,
            tasks,
            written,
        } = asked;
        let mut follows = written;
        if !tasks.is_empty() {
            let answer_by = Some(self.answer_by(event, arrival));
            match self
                .store_tasks(&event.app_id, tasks, arrival.now_ms(), true, answer_by)
                .await
            {
                Ok(held) => {
                    let written = follows.get_or_insert_with(CancellationToken::new).clone();
                    self.calls
                        .spawn(Arc::clone(self).begin_after(written, held, Arc::clone(&event.id)));
                }
                Err(error) => (answer, report) = not_kept(event, report, &error),
            }
        }
        Handled {
            answer,
            report,
            follows,
        }
    }

    /// Releases the held tasks when the answer was written.
    async fn begin_after(self: Arc<Self>, written: CancellationToken, held: Vec<i64>, event_id: Arc<str>) {
        written.cancelled().await;
        if let Err(error) = self.store.give_back(held.into_iter().map(Hold::first).collect()).await {
            tracing::warn!(
                event.id = &*event_id,
                error = chain(&error),
                "Could not release the tasks of this callback; they will start late, when their lease expires"
            );
        }
        self.wake.notify_one();
    }

    /// Waits for the answer of the running call.
    async fn repeat(&self, first: Waiting, event: &Event, arrival: Moment) -> Handled {
        let answer = timeout_at(self.answer_by(event, arrival), first.answer())
            .await
            .ok()
            .flatten();
        Handled::of(answer.unwrap_or_else(|| failed(event)), Report::of("duplicate"))
    }

    /// Waits for the answer of another server, while there is time and that server is alive. `None`: this server takes over.
    async fn elsewhere(&self, number: i64, node: &str, event: &Event, arrival: Moment) -> Option<Handled> {
        let deadline = self.answer_by(event, arrival);
        loop {
            let is_alive = node != self.store.node()
                && self.store.is_shared()
                && in_time(deadline, self.store.is_alive(node, arrival.now_ms()))
                    .await
                    .unwrap_or(true);
            if !is_alive {
                return match in_time(deadline, self.store.take_over(number, node)).await {
                    Ok(true) => None,
                    // Another server took it over at the same time.
                    Ok(false) => Some(self.reply_of(number, event, deadline).await),
                    Err(error) => Some(self.not_stored(event, &error)),
                };
            }
            // The other server may die meanwhile.
            let look = deadline.min(Instant::now() + LIFE_LOOK);
            if let Some(reply) = self.reply_until(number, look).await {
                return Some(Handled::of(self.said_before(event, reply), Report::of("duplicate")));
            }
            if look == deadline {
                return Some(Handled::of(failed(event), Report::of("duplicate")));
            }
        }
    }

    async fn reply_of(&self, number: i64, event: &Event, deadline: Instant) -> Handled {
        let answer = match self.reply_until(number, deadline).await {
            Some(reply) => self.said_before(event, reply),
            None => failed(event),
        };
        Handled::of(answer, Report::of("duplicate"))
    }

    async fn reply_until(&self, number: i64, until: Instant) -> Option<String> {
        let reply = async {
            loop {
                if let Ok(Some(reply)) = self.store.reply(number).await {
                    return reply;
                }
                sleep(LOOK_AGAIN).await;
            }
        };
        timeout_at(until, reply).await.ok()
    }
}

/// Truncates an error for storage with its event. The log has all of it.
fn shortened(error: &str) -> String {
    let end = error.floor_char_boundary(ERROR_BYTES_MAX);
    error.get(..end).unwrap_or_default().to_owned()
}

/// Returns a failure: the plugin may have done its work, but its reply and tasks are not on disk, so success must not be
/// reported.
fn not_kept(event: &Event, report: Report, error: &StoreError) -> (Answer, Report) {
    let report = Report {
        outcome: "store_error",
        error: Some(chain(error)),
        ..report
    };
    (failed(event), report)
}
