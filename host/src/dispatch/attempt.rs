//! One attempt of a delivery, and the decision what follows.

mod line;
mod refused;
mod span;
mod task;

use std::{sync::Arc, time::Duration};

use lark_callback_store::{self as store, Chain, Delivery, DeliveryKind, Finish, Finished, Then, Work};
use lark_protocol::Event;

use super::{Dispatcher, Inner, attempt_time, millis, route::in_call, tasks::Admitted, update::UpdateError};
use crate::{
    moment::Moment,
    plugin::{Bound, CallContext, CallError, LogRecord, Outcome, Plugin, Reply},
    telemetry::{Counted, chain},
    trace,
};

use line::log;

/// The result of an attempt.
#[derive(Debug)]
pub enum Attempted {
    /// It ended, and must be recorded.
    Ended(Box<Finish>),
    /// The plugin is not loaded; the delivery waits for it.
    NotLoaded,
    /// The plugin crashed at every call of late; the delivery waits until it is called again.
    BackingOff,
    /// It has expired according to a doubtful clock; it waits until the clock is trusted.
    Doubted,
}

/// The end of an attempt, before the next step is decided.
#[derive(Default)]
struct Ended {
    outcome: &'static str,
    error: Option<String>,
    failure: Option<Failure>,
    is_passed: bool,
    tasks: Vec<store::NewTask>,
    plugin_hash: String,
    log: String,
}

/// A failure, and what it says about a retry.
struct Failure {
    is_final: bool,
    after_ms: Option<u64>,
}

impl Dispatcher {
    /// Makes one attempt and writes one log line. The caller records the result.
    pub async fn attempt(&self, delivery: &Delivery, begun: Moment) -> Attempted {
        let span = span::begin(&self.0.tracer, delivery, begun);
        trace::traced_then(span, self.attempt_here(delivery, begun), span::note).await
    }

    async fn attempt_here(&self, delivery: &Delivery, begun: Moment) -> Attempted {
        let inner = &self.0;
        let unattempted = |then, outcome| {
            let finish = inner.unattempted(delivery, begun, then, outcome, None);
            Attempted::Ended(Box::new(finish))
        };
        if begun.unix_ms >= delivery.expires_at_ms {
            if inner.store.doubts_clock() {
                return Attempted::Doubted;
            }
            return unattempted(Then::Expired, "expired");
        }
        if let Some(crashed) = inner.lost_too_often(delivery, begun) {
            return Attempted::Ended(Box::new(crashed));
        }
        let table = inner.registry.current();
        let Some(plugin) = table
            .plugin(&delivery.plugin)
            .filter(|plugin| !plugin.settings().paused)
        else {
            return Attempted::NotLoaded;
        };
        if let Some(refused) = inner.refused(delivery, &table, plugin, begun) {
            return refused;
        }
        let plugin = match &delivery.work {
            Work::Event(event) => table.version_for(plugin, event),
            // A task may be one that only the new version knows.
            Work::Task { .. } | Work::Gone => plugin,
        };
        let context = context_of(delivery, plugin, begun);
        let record = LogRecord::default();
        let result = match &delivery.work {
            Work::Event(event) => in_call(plugin, plugin.handle_on_record(event, context, &record)).await,
            Work::Task { payload, .. } if delivery.kind == DeliveryKind::Update => {
                let ended = updated(inner.send_update(delivery, payload, begun).await);
                return Attempted::Ended(Box::new(inner.ended(delivery, begun, ended)));
            }
            Work::Task {
                name,
                payload,
                requested_by,
            } => {
                let task = inner.due_task(delivery, name, payload, requested_by);
                in_call(plugin, plugin.run_on_record(task, context, &record)).await
            }
            Work::Gone => return unattempted(Then::Dead, "payload_deleted"),
        };
        if matches!(result, Err(CallError::BackingOff { .. })) {
            return Attempted::BackingOff;
        }
        let result = inner.admitted(plugin, result, delivery.chain).await;
        let ended = inner.called(delivery, plugin, begun, result, record.take());
        Attempted::Ended(Box::new(inner.ended(delivery, begun, ended)))
    }

    /// Returns the backoff of a delivery whose attempt was lost this many times. The same as after a failure, except that there
    /// is nothing to wait for when no attempt is left.
    pub fn wait_after_loss_ms(&self, delivery: i64, lost: u32) -> u64 {
        let delays = &self.0.settings.retry_after;
        let step = usize::try_from(lost).unwrap_or(usize::MAX);
        delays.get(step).map_or(0, |wait| with_jitter(*wait, delivery, lost))
    }

    /// Notifies the deliver loop that something became due in the database.
    pub fn wake(&self) {
        self.0.wake.notify_one();
    }
}

impl Inner {
    /// Returns the delivery of a call that exceeded its budget.
    pub(super) fn held_late(
        &self,
        id: i64,
        number: i64,
        plugin: &Plugin,
        event: &Arc<Event>,
        (now_ms, expires_at_ms): (u64, u64),
    ) -> Delivery {
        Delivery {
            id,
            event: Some(number),
            kind: DeliveryKind::Late,
            app: event.app_id.as_ref().to_owned(),
            plugin: plugin.name().to_owned(),
            attempt: 1,
            lost: 0,
            due_at_ms: now_ms,
            expires_at_ms,
            is_replay: false,
            ordering_key: None,
            chain: Chain::default(),
            work: Work::Event(Arc::clone(event)),
        }
    }

    /// Records the end of a call that exceeded its budget.
    pub(super) async fn end_late(
        &self,
        delivery: &Delivery,
        plugin: &Plugin,
        begun: Moment,
        result: Result<Outcome, CallError>,
    ) {
        let result = self.admitted(plugin, result, delivery.chain).await;
        let ended = self.called(delivery, plugin, begun, result, String::new());
        let finish = self.ended(delivery, begun, ended);
        match self.store.finish(finish).await {
            Ok(Finished::Recorded) => self.wake.notify_one(),
            Ok(Finished::LeaseLost) => {}
            Err(error) => tracing::error!(
                delivery.id = delivery.id,
                plugin.name = delivery.plugin,
                error = chain(&error),
                "The result of a call that finished late could not be saved; it will be retried when its lease expires"
            ),
        }
    }

    /// Converts the result of a plugin call.
    fn called(
        &self,
        delivery: &Delivery,
        plugin: &Plugin,
        begun: Moment,
        result: Result<Admitted, CallError>,
        log: String,
    ) -> Ended {
        let mut ended = Ended {
            outcome: "ok",
            plugin_hash: plugin.hash().to_owned(),
            log,
            ..Ended::default()
        };
        let is_open = match &result {
            Ok(outcome) => outcome.reply == Reply::Pass,
            Err(error) => !error.is_own_word(),
        };
        match result {
            Ok(Admitted { reply, tasks }) => {
                let now_ms = begun.now_ms();
                let update = match &reply {
                    Reply::Json(reply) => self.update_of(delivery, reply, now_ms),
                    Reply::Pass | Reply::None => Ok(None),
                };
                match update {
                    Ok(update) => {
                        ended.tasks = update
                            .into_iter()
                            .chain(self.new_tasks(&delivery.app, tasks, now_ms))
                            .collect();
                        ended.is_passed = reply == Reply::Pass;
                    }
                    Err(error) => {
                        ended.outcome = "bad_reply";
                        ended.error = Some(chain(&error));
                        ended.failure = Some(Failure {
                            is_final: true,
                            after_ms: None,
                        });
                    }
                }
            }
            Err(error) => {
                ended.outcome = error.code();
                ended.error = Some(chain(&error));
                ended.failure = Some(Failure {
                    is_final: error.is_final(),
                    after_ms: match error {
                        CallError::Retry { after_ms, .. } => after_ms,
                        _ => None,
                    },
                });
            }
        }
        if ended.is_passed {
            ended.outcome = "passed";
        }
        if is_open && let Some(next) = self.next_in_line(delivery, begun.now_ms()) {
            ended.tasks.push(next);
            ended.is_passed = true;
            ended.failure = None;
        }
        ended
    }

    fn ended(&self, delivery: &Delivery, begun: Moment, ended: Ended) -> Finish {
        let now_ms = begun.now_ms();
        let then = match &ended.failure {
            Some(failure) => self.after_failure(delivery, failure, now_ms),
            None if ended.is_passed => Then::Skipped,
            None => Then::Done,
        };
        self.finish(delivery, begun, (now_ms, begun.at.elapsed()), then, ended)
    }

    /// Logs and counts the end of a delivery's attempt, and returns it as it is recorded: `now_ms` is when it ended.
    fn finish(
        &self,
        delivery: &Delivery,
        begun: Moment,
        (now_ms, took): (u64, Duration),
        then: Then,
        ended: Ended,
    ) -> Finish {
        log(delivery, ended.outcome, ended.error.as_deref(), then, now_ms, took);
        self.count_attempt(delivery, ended.outcome, took);
        Finish {
            delivery: delivery.id,
            event: delivery.event,
            app: delivery.app.clone(),
            attempt: delivery.attempt,
            started_at_ms: begun.unix_ms,
            duration_us: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            outcome: ended.outcome.to_owned(),
            error: ended.error,
            plugin_hash: ended.plugin_hash,
            log: ended.log,
            then,
            tasks: ended.tasks,
            now_ms,
        }
    }

    fn count_attempt(&self, delivery: &Delivery, outcome: &'static str, took: Duration) {
        let counted = Counted {
            kind: delivery.kind.name(),
            plugin: delivery.plugin.as_str().into(),
            outcome,
        };
        self.attempts.add(counted, took);
    }

    /// Decides on a retry after a failure: by the retry delays, unless the plugin named one. Permanent failures and deliveries
    /// that would expire first are not retried. A lost attempt is not a failure: one crash loses many.
    fn after_failure(&self, delivery: &Delivery, failure: &Failure, now_ms: u64) -> Then {
        if failure.is_final {
            return Then::Dead;
        }
        let failures = delivery.attempt.saturating_sub(delivery.lost);
        let step = usize::try_from(failures).unwrap_or(usize::MAX).saturating_sub(1);
        let Some(wait) = self.settings.retry_after.get(step) else {
            return Then::Dead;
        };
        let wait_ms = failure
            .after_ms
            .unwrap_or_else(|| with_jitter(*wait, delivery.id, delivery.attempt));
        let at_ms = now_ms.saturating_add(wait_ms);
        if at_ms >= delivery.expires_at_ms && !self.store.doubts_clock() {
            return Then::Expired;
        }
        Then::Retry { at_ms }
    }

    /// Ends a delivery that was lost as often as it may be attempted, so that one that crashes the server every time is not
    /// retried forever.
    fn lost_too_often(&self, delivery: &Delivery, begun: Moment) -> Option<Finish> {
        let attempts_max = self.settings.retry_after.len() + 1;
        let lost = delivery.lost;
        if usize::try_from(lost).unwrap_or(usize::MAX) < attempts_max {
            return None;
        }
        let error = format!(
            "{lost} attempts never came to an end, because the server was killed or lost its database each time; \
             CALLBACK_RETRY_SECONDS allows {attempts_max}. It may be this delivery that kills the server"
        );
        Some(self.unattempted(delivery, begun, Then::Dead, "crashed", Some(error)))
    }

    /// Ends a delivery without calling a plugin.
    fn unattempted(
        &self,
        delivery: &Delivery,
        begun: Moment,
        then: Then,
        outcome: &'static str,
        error: Option<String>,
    ) -> Finish {
        let ended = Ended {
            outcome,
            error,
            ..Ended::default()
        };
        self.finish(delivery, begun, (begun.unix_ms, Duration::ZERO), then, ended)
    }
}

fn context_of(delivery: &Delivery, plugin: &Plugin, begun: Moment) -> CallContext {
    CallContext {
        attempt: delivery.attempt,
        begun,
        deadline: begun.at + attempt_time(plugin),
        bound: Bound::Attempt,
        delivery: match delivery.kind {
            // It continues the work of the callback.
            DeliveryKind::Late => 0,
            DeliveryKind::Event | DeliveryKind::Task | DeliveryKind::Update => delivery.id,
        },
    }
}

/// Converts the result of a card update.
fn updated(result: Result<(), UpdateError>) -> Ended {
    let failure = result.err();
    Ended {
        outcome: if failure.is_some() { "not_updated" } else { "ok" },
        error: failure.as_ref().map(|error| chain(error)),
        failure: failure.map(|error| Failure {
            is_final: !error.is_retryable(),
            after_ms: error.after().map(millis),
        }),
        ..Ended::default()
    }
}

/// Adds up to 20 % jitter. It only has to differ between deliveries, so their numbers replace randomness.
fn with_jitter(wait: Duration, delivery: i64, turn: u32) -> u64 {
    let mixed = delivery
        .unsigned_abs()
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .rotate_left(turn);
    let wait_ms = millis(wait);
    wait_ms.saturating_add(mixed % (wait_ms / 5).max(1))
}
