//! The component side of a plugin: conversion between the border's types and this crate's.

mod http;
mod lark;
mod media;

pub(crate) use http::HttpSource;
pub(crate) use media::{DownloadSource, UploadSource, begin_upload, open_download};

use std::mem::ManuallyDrop;
use std::time::SystemTime;

pub use crate::bindings::export;
pub use crate::bindings::exports::lark_callback::plugin::handler::{Description, Guest, Want as BorderWant};
pub use crate::bindings::lark_callback::plugin::types;
use crate::bindings::lark_callback::plugin::{kv, log};
use crate::event::Mended;
use crate::kv::millis;
use crate::streams;
use crate::{Entry, Event, Failure, Kind, KvError, Level, NewTask, Outcome, Plugin, Reply, Task};

/// Implements `describe`, with the author's package name and version from `register!`.
pub fn describe<P: Plugin>(package_name: &str, package_version: &str) -> Description {
    let wants = P::WANTS.iter().map(|want| BorderWant {
        kind: want.kind.to_owned(),
        value: want.value.to_owned(),
        reason: want.reason.to_owned(),
    });
    // Loops and no chain of iterators: of a plugin without schedules and types nothing of them is left, and no JSON.
    let mut attributes = Vec::new();
    if let Some(pointer) = P::ORDERING_KEY {
        attributes.push(("ordering-key".to_owned(), pointer.to_owned()));
    }
    for schedule in P::SCHEDULES {
        attributes.push(schedule.attribute());
    }
    for want in P::WANTS {
        attributes.extend(want.attribute());
    }
    Description {
        name: P::NAME.unwrap_or(package_name).to_owned(),
        version: P::VERSION.unwrap_or(package_version).to_owned(),
        event_types: P::EVENTS.iter().map(|&event_type| event_type.to_owned()).collect(),
        wants: wants.collect(),
        finishes_late: P::FINISHES_LATE,
        attributes,
    }
}

// The memory ends with the call, so freeing anything earlier would only cost time.

/// Implements `handle`.
pub fn handle<P: Plugin + Default>(event: types::Event) -> Result<types::Outcome, types::Failure> {
    let outcome = P::default().handle(&SandboxHost, &ManuallyDrop::new(event.into()));
    streams::finish();
    outcome.map(Into::into).map_err(Into::into)
}

/// Implements `run`.
pub fn run<P: Plugin + Default>(task: types::Task) -> Result<types::Outcome, types::Failure> {
    let outcome = P::default().run(&SandboxHost, &ManuallyDrop::new(task.into()));
    streams::finish();
    outcome.map(Into::into).map_err(Into::into)
}

/// The real host, seen from inside the sandbox.
pub(crate) struct SandboxHost;

#[allow(
    clippy::disallowed_methods,
    reason = "in the sandbox the clock is the one that the host shows"
)]
pub(crate) fn now_ms() -> u64 {
    let since_1970 = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    // Without `as_millis`, which divides numbers of 128 bits in code of its own.
    since_1970
        .as_secs()
        .saturating_mul(1_000)
        .saturating_add(u64::from(since_1970.subsec_millis()))
}

impl From<Level> for log::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Debug => Self::Debug,
            Level::Info => Self::Info,
            Level::Warn => Self::Warn,
            Level::Error => Self::Error,
        }
    }
}

impl From<kv::Entry> for Entry {
    fn from(entry: kv::Entry) -> Self {
        Self {
            value: entry.value,
            version: entry.version,
        }
    }
}

impl From<kv::Error> for KvError {
    fn from(error: kv::Error) -> Self {
        match error {
            kv::Error::OverLimit(message) => Self::OverLimit(message),
            kv::Error::Unavailable(message) => Self::Unavailable(message),
        }
    }
}

impl From<types::Event> for Event {
    fn from(event: types::Event) -> Self {
        Self {
            id: event.id,
            event_type: event.event_type,
            kind: match event.kind {
                types::Kind::Callback => Kind::Callback,
                types::Kind::Event => Kind::Event,
            },
            schema: event.schema,
            app_id: event.app_id,
            tenant_key: event.tenant_key,
            create_time_ms: event.create_time_ms,
            payload: event.payload,
            attempt: event.attempt,
            budget_ms: event.budget_ms,
            attributes: event.attributes,
            mended: Mended::default(),
        }
    }
}

impl From<types::Task> for Task {
    fn from(task: types::Task) -> Self {
        Self {
            id: task.id,
            name: task.name,
            payload: task.payload,
            requested_by: task.requested_by,
            app_id: task.app_id,
            attempt: task.attempt,
            budget_ms: task.budget_ms,
            attributes: task.attributes,
            mended: Mended::default(),
        }
    }
}

impl From<Outcome> for types::Outcome {
    fn from(outcome: Outcome) -> Self {
        Self {
            reply: match outcome.reply {
                Reply::Pass => types::Reply::Pass,
                Reply::None => types::Reply::None,
                Reply::Json(text) => types::Reply::Json(text),
            },
            tasks: outcome.tasks.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<NewTask> for types::NewTask {
    fn from(task: NewTask) -> Self {
        Self {
            plugin: task.plugin,
            name: task.name,
            payload: task.payload,
            delay_ms: millis(task.delay),
        }
    }
}

impl From<Failure> for types::Failure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Retry { message, after } => Self::Retry(types::RetryLater {
                message,
                after_ms: after.map(millis),
            }),
            Failure::Permanent { message } => Self::Permanent(message),
        }
    }
}
