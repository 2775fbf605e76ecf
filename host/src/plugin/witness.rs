//! A witness of calls on an author's workbench: the host calls in their order, and what a call used. A server has none.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Calls of the host that are kept; an endless loop makes no endless list.
const HOST_CALLS_MAX: usize = 1_000;

/// Record of what calls did and used; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Witness(Arc<Mutex<Seen>>);

/// Observations of a witness.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The calls of the host, the first ones.
    pub host_calls: Vec<HostCall>,
    /// CPU time of the plugin's code and of the host's side of its calls.
    pub cpu: Duration,
    /// Memory of the instance at the end of the call, or of its last slice of CPU time for one that was stopped.
    pub memory_bytes: u64,
}

/// Call of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostCall {
    /// The interface, the function and its subject: `openapi POST /open-apis/im/v1/messages`, `kv get count`.
    pub what: String,
    /// Arguments.
    pub sent: Option<String>,
    /// Result, in words.
    pub result: String,
}

impl HostCall {
    /// A call that ended like this: by the words for a result, or by an error.
    pub(super) fn new<T, E: fmt::Debug>(
        what: String,
        sent: Option<String>,
        result: &Result<T, E>,
        words: impl FnOnce(&T) -> String,
    ) -> Self {
        Self {
            what,
            sent,
            result: match result {
                Ok(value) => words(value),
                Err(error) => format!("failed: {error:?}"),
            },
        }
    }
}

impl Witness {
    /// Takes what was seen since the last time.
    pub fn take(&self) -> Seen {
        std::mem::take(&mut *self.lock())
    }

    pub(super) fn host_call(&self, call: HostCall) {
        let mut seen = self.lock();
        if seen.host_calls.len() < HOST_CALLS_MAX {
            seen.host_calls.push(call);
        }
    }

    pub(super) fn memory(&self, bytes: u64) {
        self.lock().memory_bytes = bytes;
    }

    /// Makes a call, and counts the CPU time of the threads that it runs on, by their clock.
    pub(super) async fn timed<T>(&self, call: impl Future<Output = T>, thread_cpu: fn() -> Duration) -> T {
        let mut call = pin!(call);
        poll_fn(|task| {
            let before = thread_cpu();
            let polled = call.as_mut().poll(task);
            self.lock().cpu += thread_cpu().saturating_sub(before);
            polled
        })
        .await
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
