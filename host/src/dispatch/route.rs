//! The routing of a callback to the plugin that handles it.

use std::{borrow::Cow, future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use lark_callback_store::{Chain, NewLate};
use lark_protocol::{Event, Schema, reply};
use tokio::{
    task::JoinHandle,
    time::{Instant, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::{
    Answer, Inner, Report, attempt_time,
    backoff::{BACKING_OFF, unavailable},
    failed,
    in_time::in_time,
    loading, millis, nothing, said,
    tasks::FollowUp,
};
use crate::{
    moment::Moment,
    plugin::{Bound, CallContext, CallError, Outcome, Plugin, Reply, Table},
    telemetry::chain,
    trace::{self, Span, SpanKind, Traced},
};

/// How long Lark accepts a late reply ("Delayed card update": the token of a click is valid for 30 minutes), minus the time
/// for sending it.
const LATE_AGE_MAX: Duration = Duration::from_mins(29);

/// The part of the budget reserved for what follows a plugin call: 150 ms of 2.4 s for storing the reply, and as much for each
/// further plugin, in case this one hangs.
const KEPT_PART: u32 = 16;

/// The time for a commit on a busy disk; a quarter of a short budget.
const KEPT_MIN: Duration = Duration::from_millis(100);

/// The plugins' result for a callback.
pub(super) struct Asked {
    pub(super) answer: Answer,
    pub(super) report: Report,
    pub(super) tasks: Vec<FollowUp>,
    /// The signal for work that already waits until the answer is written.
    pub(super) written: Option<CancellationToken>,
}

impl Asked {
    fn of(answer: Answer, report: Report, tasks: Vec<FollowUp>) -> Self {
        Self {
            answer,
            report,
            tasks,
            written: None,
        }
    }
}

/// One plugin's result.
enum Step {
    /// Not for this plugin.
    Pass,
    /// Handled, with the JSON text of a reply if there is one.
    Done(Option<String>),
    /// The call failed.
    Failed(CallError),
    /// The call continues after the answer.
    Late(CancellationToken),
}

/// Turn of a callback: its first, or a later one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Take {
    /// The event's number; none when callbacks are not stored.
    number: Option<i64>,
    /// 1 for the first time.
    attempt: u32,
}

impl Take {
    /// The first time of a callback that is not stored.
    pub(super) fn unstored() -> Self {
        Self {
            number: None,
            attempt: 1,
        }
    }

    pub(super) fn stored(number: i64, attempt: u32) -> Self {
        Self {
            number: Some(number),
            attempt,
        }
    }
}

/// A callback being routed.
struct Call<'a> {
    event: &'a Arc<Event>,
    arrival: Moment,
    take: Take,
    /// When the sender must have its answer.
    answer_by: Instant,
    budget: Duration,
}

impl Call<'_> {
    /// Returns the deadline of a plugin that leaves time for this many further commits or plugins. The first plugin always has
    /// half of the budget.
    fn leaves_time_for(&self, more: usize) -> Instant {
        let kept = (self.budget / KEPT_PART).max(KEPT_MIN.min(self.budget / 4));
        let kept = kept.saturating_mul(u32::try_from(more).unwrap_or(u32::MAX));
        let kept = kept.min(self.budget / 2);
        self.answer_by.checked_sub(kept).unwrap_or(self.answer_by)
    }
}

impl Call<'_> {
    /// Returns when the plugin's own limit ends a call that begins now.
    fn own_deadline(&self, plugin: &Plugin) -> Instant {
        match plugin.settings().limits.callback_ms_max {
            Some(own_ms) => Instant::now() + Duration::from_millis(own_ms),
            None => self.answer_by,
        }
    }
}

impl Inner {
    /// The plugins that are asked. A person who comes back from the authorize page belongs to the plugin that made the link; no
    /// other learns of it or may say that all went well.
    fn handlers<'a>(&self, table: &'a Table, event: &Event) -> Cow<'a, [Arc<Plugin>]> {
        let handlers = table.handlers_for(&event.app_id, &event.event_type);
        if event.schema != Schema::Redirect {
            return Cow::Borrowed(handlers);
        }
        let is_asked = |plugin: &&Arc<Plugin>| {
            plugin.may_authorize() && self.tokens.is_return_of(&event.app_id, &event.payload, plugin.name())
        };
        Cow::Owned(handlers.iter().filter(is_asked).cloned().collect())
    }

    /// Calls one plugin after the other until one handles it. After a plugin that crashes or is busy the others are still
    /// called, because the click may be theirs. A plugin that returns a failure has handled it.
    pub(super) async fn ask(self: &Arc<Self>, table: &Table, event: &Arc<Event>, arrival: Moment, take: Take) -> Asked {
        let call = Call {
            event,
            arrival,
            take,
            answer_by: self.answer_by(event, arrival),
            budget: self.settings.budget_of(event),
        };
        let handlers = self.handlers(table, event);
        let handlers = &*handlers;
        let is_incomplete = table.may_be_incomplete_for(&event.app_id, &event.event_type);
        if handlers.is_empty() && !is_incomplete {
            self.warn_once(event, &table.registered_handlers());
            return Asked::of(nothing(event), Report::of("no_handler"), Vec::new());
        }
        let mut tasks = Vec::new();
        let mut broken = None;
        let mut paused = None;
        for (others, plugin) in (0..handlers.len()).rev().zip(handlers) {
            if plugin.settings().paused {
                paused = paused.or(Some(plugin));
                continue;
            }
            let plugin = table.version_for(plugin, event);
            let json = match self.call(plugin, &call, others, &mut tasks).await {
                Step::Pass => continue,
                Step::Done(json) => json,
                Step::Late(written) => {
                    let body = reply::callback_late(&event.event_type).unwrap_or(reply::NOTHING);
                    let answer = Answer::Reply(body.into());
                    let report = Report {
                        outcome: "late",
                        ..done(plugin)
                    };
                    let mut asked = Asked::of(answer, report, tasks);
                    asked.written = Some(written);
                    return asked;
                }
                Step::Failed(error) => {
                    let report = failure(plugin, &error);
                    if error.is_own_word() {
                        return Asked::of(failed(event), report, tasks);
                    }
                    broken = broken.or(Some(report));
                    continue;
                }
            };
            if let Some(Report { plugin, error, .. }) = broken {
                tracing::error!(
                    event.id = &*event.id,
                    plugin.name = plugin.as_deref(),
                    error,
                    "A plugin failed before another one answered"
                );
            }
            let (answer, report) = answered(plugin, event, json.as_deref());
            return Asked::of(answer, report, tasks);
        }
        let (answer, report) = match broken {
            Some(report) if report.outcome == BACKING_OFF => (unavailable(event), report),
            Some(report) => (failed(event), report),
            None if is_incomplete => (loading::try_again(event), loading::report()),
            None => match paused {
                Some(plugin) => while_paused(plugin, event),
                None => (nothing(event), Report::of("passed")),
            },
        };
        Asked::of(answer, report, tasks)
    }

    async fn call(
        self: &Arc<Self>,
        plugin: &Arc<Plugin>,
        call: &Call<'_>,
        others: usize,
        tasks: &mut Vec<FollowUp>,
    ) -> Step {
        let mut context = CallContext {
            attempt: call.take.attempt,
            delivery: 0,
            begun: call.arrival,
            deadline: call.leaves_time_for(others + 1).min(call.own_deadline(plugin)),
            bound: Bound::Callback,
        };
        let result = match call.take.number {
            Some(number)
                if plugin.description().finishes_late && reply::callback_late(&call.event.event_type).is_some() =>
            {
                let begun_by = context.deadline;
                context.deadline = call.arrival.at + attempt_time(plugin);
                context.bound = Bound::Attempt;
                // Its own task, because it may outlive the answer.
                let mut work = {
                    let (plugin, event) = (Arc::clone(plugin), Arc::clone(call.event));
                    let span = call_span(&plugin);
                    let work = async move { plugin.handle_if_begun_by(&event, context, begun_by).await };
                    self.calls.spawn(trace::traced_then(span, work, note_call))
                };
                // Plugins after it lose nothing: if it passes in the end, they are called then. Two commits must come before
                // the answer: the late delivery and the reply.
                match timeout_at(call.leaves_time_for(2), &mut work).await {
                    Ok(joined) => joined.unwrap_or_else(|error| Err(CallError::crashed(&error))),
                    Err(_) => return self.late(plugin, call, number, work).await,
                }
            }
            _ => in_call(plugin, plugin.handle(call.event, context)).await,
        };
        match self.admitted(plugin, result, Chain::default()).await {
            Err(error) => Step::Failed(error),
            Ok(admitted) => {
                tasks.extend(admitted.tasks);
                match admitted.reply {
                    Reply::Pass => Step::Pass,
                    Reply::None => Step::Done(None),
                    Reply::Json(json) => Step::Done(Some(json)),
                }
            }
        }
    }

    /// Lets a call continue after its budget. From here on it is a delivery like any other: if this server dies, it is
    /// retried.
    async fn late(
        self: &Arc<Self>,
        plugin: &Arc<Plugin>,
        call: &Call<'_>,
        number: i64,
        work: JoinHandle<Result<Outcome, CallError>>,
    ) -> Step {
        let now_ms = call.arrival.now_ms();
        let expires_at_ms = call.arrival.unix_ms.saturating_add(millis(LATE_AGE_MAX));
        let late = NewLate {
            event: number,
            app: call.event.app_id.as_ref().to_owned(),
            plugin: plugin.name().to_owned(),
            now_ms,
            expires_at_ms,
        };
        // Half of the remaining time; the other half is for storing the reply.
        let now = Instant::now();
        let until = now + call.answer_by.saturating_duration_since(now) / 2;
        let delivery = match in_time(until, self.store.begin_late(late)).await {
            Ok(delivery) => delivery,
            Err(error) => {
                work.abort();
                tracing::error!(
                    event.id = &*call.event.id,
                    plugin.name = plugin.name(),
                    error = chain(&error),
                    "A call exceeded its time budget and could not be queued to finish later; it was cancelled"
                );
                let budget_ms = u32::try_from(millis(self.settings.budget)).unwrap_or(u32::MAX);
                let limits = &plugin.settings().limits;
                return Step::Failed(CallError::over_budget(budget_ms, Bound::Callback, limits));
            }
        };
        let written = CancellationToken::new();
        let inner = Arc::clone(self);
        let times = (now_ms, expires_at_ms);
        let held = self.held_late(delivery, number, plugin, call.event, times);
        let (plugin, begun, until) = (Arc::clone(plugin), call.arrival, written.clone());
        self.calls.spawn(async move {
            let result = work.await.unwrap_or_else(|error| Err(CallError::crashed(&error)));
            until.cancelled().await;
            inner.end_late(&held, &plugin, begun, result).await;
        });
        Step::Late(written)
    }
}

/// A plugin's call within a span of its own.
pub(super) fn in_call<F>(plugin: &Plugin, call: F) -> Traced<F, impl Fn(&F::Output)>
where
    F: Future<Output = Result<Outcome, CallError>>,
{
    trace::traced_then(call_span(plugin), call, note_call)
}

fn call_span(plugin: &Plugin) -> Option<Span> {
    let mut span = trace::child(SpanKind::Internal, "call")?;
    span.set("plugin.name", plugin.name().to_owned());
    Some(span)
}

/// Says in a call's span how it ended.
fn note_call(result: &Result<Outcome, CallError>) {
    match result {
        Ok(outcome) if outcome.reply == Reply::Pass => trace::note("outcome", "passed"),
        Ok(_) => trace::note("outcome", "ok"),
        Err(error) => {
            trace::note("outcome", error.code());
            trace::fail(error.code());
        }
    }
}

fn answered(plugin: &Plugin, event: &Event, json: Option<&str>) -> (Answer, Report) {
    match reply::callback_body(&event.event_type, event.schema, json) {
        Ok(body) => (said(event, body.into()), done(plugin)),
        Err(error) => {
            plugin.tally().add_bad_reply();
            let report = Report {
                outcome: "bad_reply",
                error: Some(chain(&error)),
                ..done(plugin)
            };
            (failed(event), report)
        }
    }
}

/// The answer to a callback that only a paused plugin might have handled. Nobody waits for it until the pause is over.
fn while_paused(plugin: &Plugin, event: &Event) -> (Answer, Report) {
    let body = Bytes::from_static(reply::callback_paused(&event.event_type).as_bytes());
    let report = Report {
        outcome: "paused",
        ..done(plugin)
    };
    (said(event, body), report)
}

fn done(plugin: &Plugin) -> Report {
    Report {
        plugin: Some(plugin.shared_name()),
        ..Report::of("ok")
    }
}

fn failure(plugin: &Plugin, error: &CallError) -> Report {
    Report {
        outcome: error.code(),
        error: Some(chain(error)),
        ..done(plugin)
    }
}
