//! The backoff of a plugin that crashes at every call: its calls are refused for a growing pause, and one trial call ends it.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::{call::Outcome, error::CallError, limits::Limits};
use crate::telemetry::chain;

/// The first pause; each trial call that crashes doubles it.
const PAUSE_MIN: Duration = Duration::from_secs(1);

/// The longest pause: a plugin whose cause has gone works again within a minute.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// Verdict of a call about the plugin that served it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The plugin came to a result of its own, a failure included.
    Own,
    /// The plugin crashed, or was stopped at one of its limits.
    Crashed,
    /// The call did not end in time, which may be due to somebody whom the plugin waited for.
    TimedOut,
    /// The plugin was not called, or had no part in the failure.
    NotCalled,
}

impl Ending {
    /// Returns what this result says.
    pub fn of(result: &Result<Outcome, CallError>) -> Self {
        match result {
            Ok(_) => Self::Own,
            Err(error) => match error {
                CallError::Retry { .. } | CallError::Permanent { .. } | CallError::Tasks(_) => Self::Own,
                CallError::OverLimit(_) if error.is_final() => Self::NotCalled,
                CallError::Trap { .. }
                | CallError::OverCpu { .. }
                | CallError::OverMemory { .. }
                | CallError::OverLimit(_) => Self::Crashed,
                CallError::OverBudget { .. } => Self::TimedOut,
                CallError::NoMemory(_)
                | CallError::Busy { .. }
                | CallError::BackingOff { .. }
                | CallError::Internal { .. } => Self::NotCalled,
            },
        }
    }
}

/// The state of the backoff, for lists and metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackoffStatus {
    /// Crashes since the last call that came to a result.
    pub crashes: u32,
    /// The time until the trial call may begin; zero when it may, or is running.
    pub left: Duration,
    /// The last crash.
    pub error: String,
}

/// The crashes of one loaded plugin. A plugin that is loaded again begins anew.
#[derive(Debug)]
pub(super) struct Backoff {
    /// The operator's `crashes_max`.
    crashes_max: u32,
    /// Crashes since the last call that came to a result. It is 0 or small for plugins that work, and then nothing is locked.
    crashes: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The end of the pause; none while calls are made.
    until: Option<Instant>,
    pause: Duration,
    /// Whether the trial call is running.
    is_tried: bool,
    error: String,
}

/// A call that may be made. Tell it how the call ended; a call that was dropped says nothing.
#[derive(Debug)]
pub(super) struct Admission<'a> {
    backoff: &'a Backoff,
    plugin: &'a str,
    is_trial: bool,
}

impl Backoff {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            crashes_max: u32::try_from(limits.crashes_max).unwrap_or(u32::MAX),
            crashes: AtomicU32::new(0),
            state: Mutex::default(),
        }
    }

    /// Lets a call begin, or refuses it during the pause and beside the trial call.
    pub(super) fn admit<'a>(&'a self, plugin: &'a str) -> Result<Admission<'a>, CallError> {
        let is_trial = self.crashes.load(Ordering::Relaxed) >= self.crashes_max && self.begin_trial()?;
        Ok(Admission {
            backoff: self,
            plugin,
            is_trial,
        })
    }

    fn begin_trial(&self) -> Result<bool, CallError> {
        let mut state = self.lock();
        let Some(until) = state.until else {
            return Ok(false);
        };
        let left = until.saturating_duration_since(Instant::now());
        if !left.is_zero() || state.is_tried {
            return Err(CallError::BackingOff {
                crashes: self.crashes.load(Ordering::Relaxed),
                crashes_max: self.crashes_max,
                left_ms: u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
                error: state.error.clone(),
            });
        }
        state.is_tried = true;
        Ok(true)
    }

    /// Returns whether a call would be refused now.
    pub(super) fn refuses(&self) -> bool {
        self.status()
            .is_some_and(|(status, is_tried)| is_tried || !status.left.is_zero())
    }

    /// Returns the state, unless calls are made as usual; and whether the trial call is running.
    pub(super) fn status(&self) -> Option<(BackoffStatus, bool)> {
        let crashes = self.crashes.load(Ordering::Relaxed);
        if crashes < self.crashes_max {
            return None;
        }
        let state = self.lock();
        let status = BackoffStatus {
            crashes,
            left: state.until?.saturating_duration_since(Instant::now()),
            error: state.error.clone(),
        };
        Some((status, state.is_tried))
    }

    fn worked(&self, plugin: &str) {
        if self.crashes.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut state = self.lock();
        let crashes = self.crashes.swap(0, Ordering::Relaxed);
        if std::mem::take(&mut *state).until.is_some() {
            tracing::info!(
                plugin.name = plugin,
                crashes,
                "Plugin {plugin} works again after {crashes} crashes in a row; its calls are made as before"
            );
        }
    }

    fn crashed(&self, plugin: &str, is_trial: bool, error: &CallError) {
        let mut state = self.lock();
        let crashes = self.crashes.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        let begins = state.until.is_none() && crashes >= self.crashes_max;
        if !begins && !is_trial {
            // It began before the pause.
            return;
        }
        state.pause = (state.pause * 2).clamp(PAUSE_MIN, PAUSE_MAX);
        state.until = Some(Instant::now() + state.pause);
        state.is_tried = false;
        state.error = chain(error);
        let pause_ms = u64::try_from(state.pause.as_millis()).unwrap_or(u64::MAX);
        drop(state);
        tracing::warn!(
            plugin.name = plugin,
            crashes,
            pause_ms,
            error = chain(error),
            "Plugin {plugin} crashed {crashes} times in a row; its calls are refused for {pause_ms} ms, then one is tried. \
             Clicks go to the next plugin or are answered with an error, events and tasks wait. Correct the plugin: loading it \
             again ends this at once; `crashes_max = {}` under [limits] in {plugin}.toml sets the number",
            self.crashes_max
        );
    }

    /// Gives the trial back that showed nothing; after a time-out the pause is made again.
    fn untried(&self, has_timed_out: bool) {
        let mut state = self.lock();
        state.is_tried = false;
        if has_timed_out && state.until.is_some() {
            state.until = Some(Instant::now() + state.pause);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Admission<'_> {
    /// Notes how the call ended.
    pub(super) fn ended(mut self, result: &Result<Outcome, CallError>) {
        let is_trial = std::mem::take(&mut self.is_trial);
        match (Ending::of(result), result) {
            (Ending::Own, _) => self.backoff.worked(self.plugin),
            (Ending::Crashed, Err(error)) => self.backoff.crashed(self.plugin, is_trial, error),
            (ending, _) if is_trial => self.backoff.untried(ending == Ending::TimedOut),
            _ => {}
        }
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if self.is_trial {
            self.backoff.untried(false);
        }
    }
}

#[cfg(test)]
mod tests;
