//! Limits on concurrent calls, in total and for each plugin.
//!
//! A plugin may start a call while it has fewer running than there are permits free. So one plugin whose calls all hang gets
//! half of the permits, two get a third each, and there are always some left for the first calls of another.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use crate::plugin::error::CallError;

/// The interval at which waiting calls check again without being woken: the call that was woken may just have been cancelled.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The permits of all plugins.
#[derive(Debug)]
pub(super) struct Shared {
    places: u32,
    running: AtomicU32,
    /// The number of waiting calls of all plugins. At 0 there is nobody to wake.
    waiting: AtomicU32,
    /// The plugins with waiting calls, in round-robin order.
    line: Mutex<VecDeque<Arc<Own>>>,
}

/// The running and waiting calls of one plugin.
#[derive(Debug)]
struct Own {
    calls_max: u32,
    running: AtomicU32,
    waiting: AtomicU32,
    freed: Notify,
}

/// The permits for the calls of one plugin.
#[derive(Debug)]
pub(in crate::plugin) struct Permits {
    all: Arc<Shared>,
    own: Arc<Own>,
}

/// A permit, held while a call runs.
#[derive(Debug)]
pub(in crate::plugin) struct Permit {
    all: Arc<Shared>,
    own: Arc<Own>,
}

impl Shared {
    pub(super) fn new(places: u32) -> Arc<Self> {
        Arc::new(Self {
            places,
            running: AtomicU32::new(0),
            waiting: AtomicU32::new(0),
            line: Mutex::default(),
        })
    }

    /// Returns the number of running calls.
    pub(super) fn running(&self) -> u32 {
        self.running.load(Ordering::Relaxed)
    }

    /// Wakes a waiting call that may run now, of the plugin whose turn it is.
    fn tell_next(&self) {
        let mut line = self.lock();
        for _ in 0..line.len() {
            let Some(own) = line.pop_front() else { return };
            if own.waiting.load(Ordering::Acquire) == 0 {
                continue;
            }
            let may_run = own.may_begin(self.places.saturating_sub(self.running()));
            if may_run {
                own.freed.notify_one();
            }
            line.push_back(own);
            if may_run {
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Own>>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Own {
    fn may_begin(&self, free: u32) -> bool {
        let running = self.running.load(Ordering::Acquire);
        running < self.calls_max && running < free
    }
}

impl Permits {
    pub(super) fn new(all: &Arc<Shared>, calls_max: Option<u64>) -> Self {
        let calls_max = calls_max.map_or(u32::MAX, |calls_max| u32::try_from(calls_max).unwrap_or(u32::MAX));
        Self {
            all: Arc::clone(all),
            own: Arc::new(Own {
                calls_max,
                running: AtomicU32::new(0),
                waiting: AtomicU32::new(0),
                freed: Notify::new(),
            }),
        }
    }

    /// Waits for a permit, at most half of the remaining time: the call must still have time to run.
    pub(in crate::plugin) async fn acquire(&self, deadline: Instant) -> Result<Permit, CallError> {
        // Calls that are already waiting go first.
        if self.own.waiting.load(Ordering::Acquire) == 0
            && let Some(permit) = self.try_acquire()
        {
            return Ok(permit);
        }
        let now = Instant::now();
        let until = now + deadline.saturating_duration_since(now) / 2;
        let _waiting = Waiting::begin(self);
        loop {
            if let Some(permit) = self.try_acquire() {
                return Ok(permit);
            }
            let now = Instant::now();
            if now >= until {
                return Err(self.busy());
            }
            // It checks again whether it was woken or not.
            let _ = timeout_at(until.min(now + LOOK_AGAIN), self.own.freed.notified()).await;
        }
    }

    /// Counts the permit before checking whether one is free, so that no two calls take the same one.
    fn try_acquire(&self) -> Option<Permit> {
        let before = self.all.running.fetch_add(1, Ordering::AcqRel);
        if self.own.may_begin(self.all.places.saturating_sub(before)) {
            self.own.running.fetch_add(1, Ordering::AcqRel);
            return Some(Permit {
                all: Arc::clone(&self.all),
                own: Arc::clone(&self.own),
            });
        }
        self.all.running.fetch_sub(1, Ordering::AcqRel);
        None
    }

    fn busy(&self) -> CallError {
        let running = self.own.running.load(Ordering::Relaxed);
        if running >= self.own.calls_max {
            return CallError::Busy {
                whose: "the plugin",
                advice: "find out what they wait for, or raise `calls_max` under [limits] in the plugin's .toml",
                calls_max: self.own.calls_max,
            };
        }
        let (whose, calls_max) = if running > 0 {
            ("the plugin", running)
        } else {
            ("the server", self.all.places)
        };
        CallError::Busy {
            whose,
            advice: "find out what they wait for, or raise CALLBACK_INSTANCES_MAX: the calls of one plugin leave as many \
                     places free as they take",
            calls_max,
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.own.running.fetch_sub(1, Ordering::AcqRel);
        self.all.running.fetch_sub(1, Ordering::AcqRel);
        if self.all.waiting.load(Ordering::Acquire) > 0 {
            self.all.tell_next();
        }
    }
}

/// A waiting call.
struct Waiting<'a>(&'a Permits);

impl<'a> Waiting<'a> {
    fn begin(permits: &'a Permits) -> Self {
        let mut line = permits.all.lock();
        permits.all.waiting.fetch_add(1, Ordering::AcqRel);
        if permits.own.waiting.fetch_add(1, Ordering::AcqRel) == 0
            && !line.iter().any(|own| Arc::ptr_eq(own, &permits.own))
        {
            line.push_back(Arc::clone(&permits.own));
        }
        Self(permits)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.own.waiting.fetch_sub(1, Ordering::AcqRel);
        self.0.all.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests;
