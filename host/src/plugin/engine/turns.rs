//! Turns for calls that take long: a few threads of their own, on which each plugin gets one slice after the other's,
//! however many calls it has.

use std::{
    collections::{BTreeMap, VecDeque},
    future::Future,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    thread,
};

use tokio::{runtime::Handle, sync::oneshot};

/// For each heavy call so many light ones have to follow until the plugin's calls begin with their caller again: a plugin that
/// burns the CPU at one click and passes at the next must not get a slice of the server's own threads at each of them.
const WARY_CALLS: u32 = 32;

/// However many were heavy.
const WARY_CALLS_MAX: u32 = 512;

/// How much lower than the server's own the priority of these threads is (`nice`): a quarter of a CPU that both want.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// Something that a plugin has to do.
type BoxedWork = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The threads, and who waits for them. They end when it is dropped.
#[derive(Debug)]
pub(in crate::plugin) struct Turns(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    line: Mutex<Line>,
    changed: Condvar,
}

/// Who waits: plugins in their order, and the calls of each in theirs.
#[derive(Debug, Default)]
struct Line {
    lanes: VecDeque<u64>,
    waiting: BTreeMap<u64, VecDeque<Arc<Task>>>,
    has_ended: bool,
}

/// The place of one plugin in the line.
#[derive(Debug)]
pub(in crate::plugin) struct Lane {
    number: u64,
    /// Light calls that are still to come before it is believed to be light.
    wary: AtomicU32,
}

/// A call that takes turns; it is ended when this is dropped.
#[derive(Debug)]
pub(in crate::plugin) struct Turn<T> {
    answer: oneshot::Receiver<T>,
    task: Arc<Task>,
}

struct Task {
    lane: u64,
    line: Arc<Shared>,
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

impl Lane {
    /// Of a plugin that is not known yet.
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            wary: AtomicU32::new(0),
        }
    }

    /// Whether its calls take turns from the beginning.
    pub(in crate::plugin) fn is_heavy(&self) -> bool {
        self.wary.load(Ordering::Relaxed) > 0
    }

    /// How a call was.
    pub(in crate::plugin) fn note(&self, is_heavy: bool) {
        let wary = self.wary.load(Ordering::Relaxed);
        let noted = if is_heavy {
            wary.saturating_add(WARY_CALLS).min(WARY_CALLS_MAX)
        } else {
            wary.saturating_sub(1)
        };
        if noted != wary {
            // Two calls at once may count as one; it is a rule of thumb.
            self.wary.store(noted, Ordering::Relaxed);
        }
    }
}

impl Turns {
    /// Starts the threads: one CPU less than there are is for them, so that the server's own threads always find one.
    pub(super) fn start() -> io::Result<Self> {
        let cpus = thread::available_parallelism().map_or(1, usize::from);
        Self::with(cpus.saturating_sub(1).max(1))
    }

    fn with(threads: usize) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let turns = Self(Arc::clone(&shared));
        for number in 0..threads {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name(format!("plugin-{number}")).spawn(move || {
                step_back();
                while let Some(task) = shared.next() {
                    task.run();
                }
            })?;
        }
        Ok(turns)
    }

    /// Lets work take turns under the name of a plugin.
    pub(in crate::plugin) fn take<T: Send + 'static>(
        &self,
        lane: &Lane,
        work: Pin<Box<dyn Future<Output = T> + Send>>,
    ) -> Turn<T> {
        let (tell, answer) = oneshot::channel();
        let work = async move {
            // The receiver is gone if the call was cancelled.
            let _ = tell.send(work.await);
        };
        let task = Arc::new(Task {
            lane: lane.number,
            line: Arc::clone(&self.0),
            runtime: Handle::try_current().ok(),
            state: AtomicU8::new(IDLE),
            is_given_up: AtomicBool::new(false),
            work: Mutex::new(Some(Box::pin(work))),
        });
        task.wake_by_ref();
        Turn { answer, task }
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        self.0.lock().has_ended = true;
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, task: Arc<Task>) {
        self.lock().push(task);
        self.changed.notify_one();
    }

    /// Waits for the next call; `None` at shutdown.
    fn next(&self) -> Option<Arc<Task>> {
        let mut line = self.lock();
        loop {
            if let Some(task) = line.next() {
                return Some(task);
            }
            if line.has_ended {
                return None;
            }
            line = self.changed.wait(line).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Line {
    /// At the end of its plugin's calls; what is given up comes first, because it only has to be cleared away.
    fn push(&mut self, task: Arc<Task>) {
        let lane = task.lane;
        let waiting = self.waiting.entry(lane).or_default();
        if waiting.is_empty() {
            self.lanes.push_back(lane);
        }
        if task.is_given_up.load(Ordering::Acquire) {
            waiting.push_front(task);
        } else {
            waiting.push_back(task);
        }
    }

    /// The longest waiting call of the plugin whose turn it is.
    fn next(&mut self) -> Option<Arc<Task>> {
        let lane = self.lanes.pop_front()?;
        let waiting = self.waiting.get_mut(&lane)?;
        let task = waiting.pop_front();
        if waiting.is_empty() {
            self.waiting.remove(&lane);
        } else {
            self.lanes.push_back(lane);
        }
        task
    }
}

impl Task {
    /// One turn.
    fn run(self: Arc<Self>) {
        self.state.store(RUNNING, Ordering::Release);
        if self.turn_ended() {
            self.state.store(DONE, Ordering::Release);
            return;
        }
        let idle = self
            .state
            .compare_exchange(RUNNING, IDLE, Ordering::AcqRel, Ordering::Acquire);
        if idle.is_err() {
            self.state.store(WAITING, Ordering::Release);
            Arc::clone(&self.line).push(self);
        }
    }

    /// Goes on with the work, and tells whether nothing is left of it.
    fn turn_ended(self: &Arc<Self>) -> bool {
        let _runtime = self.runtime.as_ref().map(Handle::enter);
        let mut slot = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(work) = slot.as_mut().filter(|_| !self.is_given_up.load(Ordering::Acquire)) else {
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
            self.line.push(Arc::clone(self));
        }
    }
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Task").field("lane", &self.lane).finish_non_exhaustive()
    }
}

impl<T> Future for Turn<T> {
    /// Nothing, when the work broke.
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<T>> {
        Pin::new(&mut self.answer).poll(task).map(Result::ok)
    }
}

impl<T> Drop for Turn<T> {
    fn drop(&mut self) {
        self.task.is_given_up.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

/// Lowers the priority of this thread, where a thread has one of its own.
fn step_back() {
    #[cfg(target_os = "linux")]
    {
        // Without it the line is as fair, and the server's own threads only as quick as these.
        let _ = rustix::process::setpriority_process(None, NICENESS);
    }
}

#[cfg(test)]
mod tests;
