//! A call that takes turns: it goes on for a slice at a time, on whichever thread has a turn for it.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::Handle;

use super::{CpuUsage, Shared};

/// Something that a plugin has to do.
pub(super) type BoxedWork = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A call, and where it stands.
pub(super) struct Task {
    pub(super) usage: Arc<CpuUsage>,
    threads: Arc<Shared>,
    /// Timers and sockets of the call belong to the runtime of its caller.
    runtime: Option<Handle>,
    state: AtomicU8,
    is_given_up: AtomicBool,
    work: Mutex<Option<BoxedWork>>,
}

/// It waits for something else than its turn.
const IDLE: u8 = 0;
/// It stands in the line.
const WAITING: u8 = 1;
/// It has its turn.
const RUNNING: u8 = 2;
/// It has its turn, and wants another one.
const RUNNING_AGAIN: u8 = 3;
/// There is nothing left to do.
const DONE: u8 = 4;

impl Task {
    /// Puts a call into the queue.
    pub(super) fn start(usage: &Arc<CpuUsage>, threads: &Arc<Shared>, work: BoxedWork) -> Arc<Self> {
        let task = Arc::new(Self {
            usage: Arc::clone(usage),
            threads: Arc::clone(threads),
            runtime: Handle::try_current().ok(),
            state: AtomicU8::new(IDLE),
            is_given_up: AtomicBool::new(false),
            work: Mutex::new(Some(work)),
        });
        task.wake_by_ref();
        task
    }

    /// Has the call dropped at its next turn, which comes before those of its plugin's other calls.
    pub(super) fn give_up(self: &Arc<Self>) {
        self.is_given_up.store(true, Ordering::Release);
        self.wake_by_ref();
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.is_given_up.load(Ordering::Acquire)
    }

    /// One turn.
    pub(super) fn run(self: Arc<Self>) {
        self.state.store(RUNNING, Ordering::Release);
        let before = thread_cpu();
        let has_ended = self.turn_ended();
        let cpu = thread_cpu().saturating_sub(before);
        self.usage.use_cpu(cpu, self.threads.plugins(), Instant::now());
        if has_ended {
            self.state.store(DONE, Ordering::Release);
            return;
        }
        let idle = self
            .state
            .compare_exchange(RUNNING, IDLE, Ordering::AcqRel, Ordering::Acquire);
        if idle.is_err() {
            self.state.store(WAITING, Ordering::Release);
            Arc::clone(&self.threads).push(self);
        }
    }

    /// Goes on with the work, and tells whether nothing is left of it.
    fn turn_ended(self: &Arc<Self>) -> bool {
        let _runtime = self.runtime.as_ref().map(Handle::enter);
        let mut slot = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(work) = slot.as_mut().filter(|_| !self.is_given_up()) else {
            // Here, and not on the thread that cancelled it: clearing a large memory takes time.
            drop_quietly(slot.take());
            return true;
        };
        let waker = Waker::from(Arc::clone(self));
        let polled = catch_unwind(AssertUnwindSafe(|| {
            work.as_mut().poll(&mut Context::from_waker(&waker))
        }));
        if matches!(polled, Ok(Poll::Pending)) {
            return false;
        }
        drop_quietly(slot.take());
        true
    }
}

/// The thread serves other calls too, and goes on whatever happens in one.
fn drop_quietly(work: Option<BoxedWork>) {
    // The panic hook has written it down.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(work)));
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let wanted = |state| match state {
            IDLE => Some(WAITING),
            RUNNING => Some(RUNNING_AGAIN),
            _ => None,
        };
        let before = self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, wanted);
        if before == Ok(IDLE) {
            self.threads.push(Arc::clone(self));
        }
    }
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task")
            .field("usage", &self.usage)
            .finish_non_exhaustive()
    }
}

/// Returns the CPU time that this thread has used so far.
pub(in crate::plugin) fn thread_cpu() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}
