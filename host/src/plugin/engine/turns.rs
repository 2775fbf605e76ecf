//! A round-robin scheduler for long calls: a few threads of their own, on which the plugins get time slices in turn,
//! however many calls each has. A plugin that uses CPU time without end gets only what nobody else on the machine wants.

mod cpu_usage;
mod task;

use std::{
    collections::{BTreeMap, VecDeque},
    future::Future,
    io,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    thread,
    time::{Duration, Instant},
};

#[cfg(target_os = "linux")]
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
};
use tokio::sync::oneshot;

use self::task::Task;
pub(in crate::plugin) use self::{cpu_usage::CpuUsage, task::thread_cpu};

/// How much lower than the server's own the priority of these threads is (`nice`): a quarter of a CPU that both want.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// The idle threads are starved when none of them has ended a turn for so long although a call waits: other programs hold
/// all CPUs. Greedy plugins then get their turns at the ordinary threads, so that their calls become slow and do not stop.
/// A turn in which a memory of gigabytes is cleared takes a tenth of a second. Taken for starvation, it would set the other
/// greedy plugins against the thread that holds the lock of the address space, which all calls wait for.
const STARVED_AFTER: Duration = Duration::from_millis(500);

/// The threads, and who waits for them. They end when it is dropped.
#[derive(Debug)]
pub(in crate::plugin) struct Turns(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    queues: Mutex<Queues>,
    /// Tells the ordinary threads of a call in either queue.
    changed: Condvar,
    /// Tells the idle threads of a call in theirs.
    idle_changed: Condvar,
}

/// Waiting calls, by the threads that serve them.
#[derive(Debug)]
struct Queues {
    ordinary: Line,
    /// Calls of greedy plugins.
    idle: Line,
    /// Turns that are being taken at the threads of either class.
    ordinary_turns: usize,
    idle_turns: usize,
    /// At so many an idle thread waits: together the two classes take no more CPUs than one of them. With all of them taken, the
    /// kernel's own threads that write to the disk would wait for a slice of a plugin at each commit.
    turns_max: usize,
    /// When an idle thread last ended a turn, or a call came for it after there was none.
    idle_moved_at: Instant,
    /// Whether an ordinary thread looks after the idle ones from time to time.
    is_watched: bool,
    has_ended: bool,
}

/// Calls that wait: plugins in their order, and the calls of each in theirs.
#[derive(Debug, Default)]
struct Line {
    plugins: VecDeque<u64>,
    waiting: BTreeMap<u64, VecDeque<Arc<Task>>>,
}

/// Class of calls that a thread serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Those of plugins that are not greedy; the others when the idle threads are starved.
    Ordinary,
    /// Those of greedy plugins, with CPU time that nobody else on the machine wants.
    Idle,
}

/// A call that takes turns; it is ended when this is dropped.
#[derive(Debug)]
pub(in crate::plugin) struct Turn<T> {
    answer: oneshot::Receiver<T>,
    task: Arc<Task>,
}

impl Turns {
    /// Starts the threads: one CPU less than there are is for them, so that the server's own threads always find one.
    pub(super) fn start() -> io::Result<Self> {
        let cpus = thread::available_parallelism().map_or(1, usize::from);
        Self::with(cpus.saturating_sub(1).max(1))
    }

    /// So many threads of each class.
    fn with(threads: usize) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            queues: Mutex::new(Queues {
                ordinary: Line::default(),
                idle: Line::default(),
                ordinary_turns: 0,
                idle_turns: 0,
                turns_max: threads,
                idle_moved_at: Instant::now(),
                is_watched: false,
                has_ended: false,
            }),
            changed: Condvar::new(),
            idle_changed: Condvar::new(),
        });
        let turns = Self(Arc::clone(&shared));
        for (class, name) in [(Class::Ordinary, "plugin"), (Class::Idle, "plugin-idle")] {
            for number in 0..threads {
                let shared = Arc::clone(&shared);
                thread::Builder::new().name(format!("{name}-{number}")).spawn(move || {
                    class.step_back();
                    while let Some(task) = shared.next(class) {
                        task.run();
                        shared.end_turn(class);
                    }
                })?;
            }
        }
        Ok(turns)
    }

    /// Whether a plugin's calls take turns from the beginning, so that not even the first slices of a hundred calls are in the
    /// way of others.
    pub(in crate::plugin) fn are_for(&self, usage: &CpuUsage) -> bool {
        usage.is_heavy() || usage.is_counted() && usage.is_busy(self.0.plugins(), Instant::now())
    }

    /// Counts the CPU time of a call without a turn.
    pub(in crate::plugin) fn count(&self, usage: &CpuUsage, cpu: Duration) {
        usage.use_cpu(cpu, self.0.plugins(), Instant::now());
    }

    /// Lets work take turns under the name of a plugin.
    pub(in crate::plugin) fn take<T: Send + 'static>(
        &self,
        usage: &Arc<CpuUsage>,
        work: Pin<Box<dyn Future<Output = T> + Send>>,
    ) -> Turn<T> {
        let (tell, answer) = oneshot::channel();
        let work = async move {
            // The receiver is gone if the call was cancelled.
            let _ = tell.send(work.await);
        };
        let task = Task::start(usage, &self.0, Box::pin(work));
        Turn { answer, task }
    }
}

impl Drop for Turns {
    fn drop(&mut self) {
        self.0.lock().has_ended = true;
        self.0.changed.notify_all();
        self.0.idle_changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, task: Arc<Task>) {
        let now = Instant::now();
        let mut queues = self.lock();
        if task.usage.is_greedy(queues.plugins(), now) {
            if queues.idle.plugins.is_empty() {
                queues.idle_moved_at = now;
            }
            queues.idle.push(task);
            self.idle_changed.notify_one();
            if !queues.is_watched {
                self.changed.notify_one();
            }
        } else {
            queues.ordinary.push(task);
            self.changed.notify_one();
        }
    }

    /// Waits for the next call; `None` at shutdown.
    fn next(&self, class: Class) -> Option<Arc<Task>> {
        let mut queues = self.lock();
        loop {
            let now = Instant::now();
            if let Some(task) = queues.next(class, now) {
                return Some(task);
            }
            if queues.has_ended {
                return None;
            }
            queues = match class {
                Class::Idle => self.idle_changed.wait(queues).unwrap_or_else(PoisonError::into_inner),
                Class::Ordinary if queues.idle.plugins.is_empty() => {
                    self.changed.wait(queues).unwrap_or_else(PoisonError::into_inner)
                }
                Class::Ordinary => {
                    queues.is_watched = true;
                    let waited = self.changed.wait_timeout(queues, STARVED_AFTER);
                    let mut queues = waited.unwrap_or_else(PoisonError::into_inner).0;
                    queues.is_watched = false;
                    queues
                }
            };
        }
    }

    /// Plugins that want turns.
    fn plugins(&self) -> u32 {
        self.lock().plugins()
    }

    /// Tells that a thread is done with what it got.
    fn end_turn(&self, class: Class) {
        let mut queues = self.lock();
        match class {
            Class::Idle => {
                queues.idle_turns -= 1;
                queues.idle_moved_at = Instant::now();
            }
            Class::Ordinary => queues.ordinary_turns -= 1,
        }
        if queues.has_room_for_idle() && !queues.idle.plugins.is_empty() {
            self.idle_changed.notify_one();
        }
    }
}

impl Queues {
    fn plugins(&self) -> u32 {
        let plugins = self.ordinary.plugins.len() + self.idle.plugins.len();
        u32::try_from(plugins).unwrap_or(u32::MAX)
    }

    fn next(&mut self, class: Class, now: Instant) -> Option<Arc<Task>> {
        match class {
            Class::Idle => {
                let task = self.has_room_for_idle().then(|| self.idle.next()).flatten();
                self.idle_turns += usize::from(task.is_some());
                task
            }
            Class::Ordinary => {
                let is_starved = now.saturating_duration_since(self.idle_moved_at) > STARVED_AFTER;
                let task = self.ordinary.next();
                let task = task.or_else(|| is_starved.then(|| self.idle.next()).flatten());
                self.ordinary_turns += usize::from(task.is_some());
                task
            }
        }
    }

    /// Whether an idle thread may take a turn beside those that are being taken, and those that others wait for.
    fn has_room_for_idle(&self) -> bool {
        self.ordinary.plugins.is_empty() && self.ordinary_turns + self.idle_turns < self.turns_max
    }
}

impl Line {
    /// At the end of its plugin's calls; what is given up comes first, because it only has to be cleared away.
    fn push(&mut self, task: Arc<Task>) {
        let plugin = task.usage.number();
        let waiting = self.waiting.entry(plugin).or_default();
        if waiting.is_empty() {
            self.plugins.push_back(plugin);
        }
        if task.is_given_up() {
            waiting.push_front(task);
        } else {
            waiting.push_back(task);
        }
    }

    /// The longest waiting call of the plugin whose turn it is.
    fn next(&mut self) -> Option<Arc<Task>> {
        let plugin = self.plugins.pop_front()?;
        let waiting = self.waiting.get_mut(&plugin)?;
        let task = waiting.pop_front();
        if waiting.is_empty() {
            self.waiting.remove(&plugin);
        } else {
            self.plugins.push_back(plugin);
        }
        task
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
        self.task.give_up();
    }
}

impl Class {
    /// Lowers the priority of this thread, where a thread has one of its own. Without it the queues are as fair, and the
    /// server's own threads only as quick as these.
    #[cfg(target_os = "linux")]
    fn step_back(self) {
        // A thread that wakes up takes the CPU from an idle one at once; from one with a lower priority it would first wait
        // for the end of a slice, a few milliseconds at each of the threads that a click passes.
        let is_idle = self == Self::Idle
            && set_thread_priority_and_policy(
                thread_native_id(),
                ThreadPriority::Min,
                ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle),
            )
            .is_ok();
        if !is_idle {
            let _ = rustix::process::setpriority_process(None, NICENESS);
        }
    }

    /// Nothing: the priority belongs to the process.
    #[cfg(not(target_os = "linux"))]
    fn step_back(self) {}
}

#[cfg(test)]
mod tests;
