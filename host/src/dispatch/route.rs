//! From one event to the plugins that take it.

use super::{Arrival, Handled, Inner, Report, failed, nothing, said, tasks::FollowUp};
use crate::{
    lark::{Event, Kind, reply},
    plugin::{CallContext, CallError, Plugin, Reply, Table},
    telemetry::chain,
};

/// What one plugin made of it.
enum Step {
    /// Not its own.
    Pass,
    /// Done; JSON text of a reply, if it had something to say.
    Done(Option<String>),
    /// It could not.
    Failed(CallError),
}

impl Inner {
    /// Calls the plugins: a callback is asked of one after the other until one takes it, an event is told to all of them.
    pub(super) async fn route(&self, table: &Table, event: &Event, arrival: Arrival, attempt: u32) -> Handled {
        if table.handlers_for(&event.event_type).is_empty() {
            self.warn_once(event, &table.registered_handlers());
            return Handled {
                answer: nothing(event),
                report: Report::of("no_handler"),
                tasks: Vec::new(),
            };
        }
        let context = CallContext {
            attempt,
            now_ms: arrival.now_ms,
            deadline: arrival.at + self.settings.budget,
        };
        match event.kind {
            Kind::Callback => ask(table, event, context).await,
            Kind::Event => tell(table, event, context).await,
        }
    }
}

/// Until one takes it. A plugin that breaks or is busy has not said whether the click is its own, so the others are still
/// asked: a broken one must not take its neighbours' clicks with it. One that says "I could not" has taken it.
async fn ask(table: &Table, event: &Event, context: CallContext) -> Handled {
    let mut tasks = Vec::new();
    let mut broken = None;
    for plugin in table.handlers_for(&event.event_type) {
        let json = match call(plugin, event, context, &mut tasks).await {
            Step::Pass => continue,
            Step::Done(json) => json,
            Step::Failed(error) => {
                let report = failure(plugin, &error);
                if matches!(error, CallError::Retry { .. } | CallError::Permanent { .. }) {
                    return Handled {
                        answer: failed(event),
                        report,
                        tasks,
                    };
                }
                broken = broken.or(Some(report));
                continue;
            }
        };
        if let Some(Report { plugin, error, .. }) = broken {
            tracing::error!(
                event.id = event.id,
                plugin.name = plugin,
                error,
                "A plugin failed before another one answered"
            );
        }
        let (answer, report) = match reply::callback_body(&event.event_type, event.schema, json.as_deref()) {
            Ok(body) => (said(event, body.into()), done(plugin)),
            Err(error) => {
                let error = Some(chain(&error));
                (
                    failed(event),
                    Report {
                        outcome: "bad_reply",
                        error,
                        ..done(plugin)
                    },
                )
            }
        };
        return Handled { answer, report, tasks };
    }
    let (answer, report) = match broken {
        Some(report) => (failed(event), report),
        None => (nothing(event), Report::of("passed")),
    };
    Handled { answer, report, tasks }
}

/// Everybody is told, whatever the others made of it. A plugin that may succeed later has the event sent again.
async fn tell(table: &Table, event: &Event, context: CallContext) -> Handled {
    let mut told = Handled {
        answer: nothing(event),
        report: Report::of("passed"),
        tasks: Vec::new(),
    };
    for plugin in table.handlers_for(&event.event_type) {
        match call(plugin, event, context, &mut told.tasks).await {
            Step::Done(_) if told.report.error.is_none() => told.report = done(plugin),
            Step::Pass | Step::Done(_) => {}
            Step::Failed(error) => {
                // What will never work is not asked for again.
                if !matches!(error, CallError::Permanent { .. }) {
                    told.answer = failed(event);
                }
                told.report = failure(plugin, &error);
            }
        }
    }
    told
}

fn done(plugin: &Plugin) -> Report {
    Report {
        plugin: Some(plugin.name().to_owned()),
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

async fn call(plugin: &Plugin, event: &Event, context: CallContext, tasks: &mut Vec<FollowUp>) -> Step {
    match plugin.handle(event, context).await {
        Err(error) => Step::Failed(error),
        Ok(outcome) => {
            let requested_by = plugin.name();
            tasks.extend(outcome.tasks.into_iter().map(|task| FollowUp {
                requested_by: requested_by.to_owned(),
                task,
            }));
            match outcome.reply {
                Reply::Pass => Step::Pass,
                Reply::None => Step::Done(None),
                Reply::Json(json) => Step::Done(Some(json)),
            }
        }
    }
}
