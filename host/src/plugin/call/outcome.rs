//! Validation of what a plugin returned: it may be hostile, and its tasks are stored.

use serde_json::value::RawValue;

use super::{NewTask, Outcome, Reply};
use crate::{
    plugin::{
        bindings::{exports::lark_callback::plugin::handler, lark_callback::plugin::types},
        error::{CallError, TASK_NAME_BYTES_MAX, TaskRefusal},
        grant,
        imports::Scope,
        limits::LimitHit,
        name::check_plugin_name,
    },
    telemetry::{escaped, is_unfit, shortened},
};

/// The size limit of a plugin's failure message, for the log line and the record of the attempt.
const MESSAGE_BYTES_MAX: usize = 4 << 10;

/// The shown part of a rejected name.
const SHOWN_BYTES_MAX: usize = 64;

/// Validates a plugin's answer.
pub(super) fn taken(answer: Result<handler::Outcome, handler::Failure>, scope: &Scope) -> Result<Outcome, CallError> {
    let outcome = answer.map_err(|failure| match failure {
        handler::Failure::Retry(retry) => CallError::Retry {
            message: shortened(scope.settings.masked(&retry.message).into_owned(), MESSAGE_BYTES_MAX),
            after_ms: retry.after_ms,
        },
        handler::Failure::Permanent(message) => CallError::Permanent {
            message: shortened(scope.settings.masked(&message).into_owned(), MESSAGE_BYTES_MAX),
        },
    })?;
    if !outcome.tasks.is_empty() {
        check_tasks(&outcome.tasks, scope).map_err(CallError::tasks)?;
    }
    Ok(Outcome {
        reply: match outcome.reply {
            types::Reply::Pass => Reply::Pass,
            types::Reply::None => Reply::None,
            types::Reply::Json(json) => Reply::Json(json),
        },
        tasks: outcome
            .tasks
            .into_iter()
            .map(|task| NewTask {
                plugin: task.plugin,
                name: task.name,
                payload: task.payload,
                delay_ms: task.delay_ms,
            })
            .collect(),
    })
}

fn check_tasks(tasks: &[types::NewTask], scope: &Scope) -> Result<(), TaskRefusal> {
    let limits = scope.limits();
    let at_most = |what, setting, number: u64, value| {
        if number <= value {
            return Ok(());
        }
        Err(TaskRefusal::OverLimit(LimitHit { what, setting, value }))
    };
    let count = tasks.len() as u64;
    at_most(
        "the number of tasks in one outcome",
        "tasks_max",
        count,
        limits.tasks_max,
    )?;
    for task in tasks {
        let name = &task.name;
        if name.is_empty() || name.len() > TASK_NAME_BYTES_MAX || name.contains(is_unfit) {
            return Err(TaskRefusal::Name { name: shown(name) });
        }
        let bytes = task.payload.len() as u64;
        at_most(
            "the payload of a task in bytes",
            "task_bytes_max",
            bytes,
            limits.task_bytes_max,
        )?;
        let delay_max = limits.task_delay_ms_max;
        at_most(
            "the delay of a task in milliseconds",
            "task_delay_ms_max",
            task.delay_ms,
            delay_max,
        )?;
        serde_json::from_str::<&RawValue>(&task.payload).map_err(|error| TaskRefusal::NotJson {
            name: shown(name),
            line: error.line(),
            column: error.column(),
        })?;
        if let Some(plugin) = task.plugin.as_deref().filter(|plugin| **plugin != *scope.plugin) {
            check_target(plugin, name, scope)?;
        }
    }
    Ok(())
}

/// Checks a task for another plugin: the operator must grant it, because the other plugin has grants of its own.
fn check_target(plugin: &str, name: &str, scope: &Scope) -> Result<(), TaskRefusal> {
    if check_plugin_name(plugin).is_err() {
        return Err(TaskRefusal::PluginName { plugin: shown(plugin) });
    }
    let wanted = format!("{plugin}/{name}");
    if grant::is_granted(&scope.settings.grant, grant::TASKS, &wanted) {
        return Ok(());
    }
    Err(TaskRefusal::NotGranted {
        name: shown(name),
        plugin: plugin.to_owned(),
        line: grant::line(&scope.settings.grant, grant::TASKS, &wanted),
        owner: scope.plugin.as_ref().to_owned(),
    })
}

fn shown(name: &str) -> String {
    escaped(&shortened(name.to_owned(), SHOWN_BYTES_MAX)).into_owned()
}
