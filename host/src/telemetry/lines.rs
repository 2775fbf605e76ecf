//! Writer thread of the log: the sender copies its line, and the thread writes all pending lines with one system call.

mod lost;

use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tracing::Event;
use tracing_subscriber::fmt::MakeWriter;

use self::lost::Lost;
use super::repeats::{Line, Repeats};

/// Maximum number of bytes waiting for a slow terminal or pipe: seconds of a busy server. Lines beyond that are dropped
/// and counted, because the log must never delay an answer.
const WAITING_BYTES_MAX: usize = 8 << 20;

/// Pause after each write, to batch lines. Waking the thread for every line took 2 to 4 % of a busy server's time; a
/// person at a terminal does not notice the pause.
const REST: Duration = Duration::from_millis(10);

/// Queue of whole lines; clones share one thread.
#[derive(Clone)]
pub(super) struct Lines(Arc<Shared>);

/// Handle of the thread; dropping it flushes the queue and ends the thread.
#[derive(Debug)]
pub(super) struct Writing {
    lines: Lines,
    thread: Option<JoinHandle<()>>,
}

/// Destination of the lines.
type Target = Box<dyn Write + Send>;

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    changed: Condvar,
    repeats: Repeats,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// New destination, not yet taken by the thread.
    target: Option<Target>,
    dropped: u64,
    /// The thread waits for a line, not just for the end of its pause.
    asleep: bool,
    /// Time at which repeated lines are to be summed up.
    sum_up_at: Option<Instant>,
    ended: bool,
}

/// Lines that waited, all of them.
struct Taken {
    target: Option<Target>,
    dropped: u64,
    is_to_sum_up: bool,
    ended: bool,
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lines")
    }
}

impl Lines {
    /// Starts the thread that writes to `target`.
    pub(super) fn start(target: impl Write + Send + 'static) -> io::Result<(Self, Writing)> {
        let lines = Self(Arc::default());
        let shared = Arc::clone(&lines.0);
        let thread = thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || shared.write_to(Box::new(target)))?;
        let writing = Writing {
            lines: lines.clone(),
            thread: Some(thread),
        };
        Ok((lines, writing))
    }

    /// Changes the destination of everything pushed from now on. Queued lines may still go to the old one; no line is
    /// lost or written twice.
    pub(super) fn redirect(&self, target: impl Write + Send + 'static) {
        self.0.lock().target = Some(Box::new(target));
    }

    /// Whether a line is to be written, rather than counted as a repeat.
    pub(super) fn admit(&self, event: &Event<'_>) -> bool {
        match self.0.repeats.count(event, Instant::now()) {
            Line::Written => true,
            Line::LeftOut => false,
            Line::LeftOutUntil(at) => {
                self.0.sum_up_at(at);
                false
            }
        }
    }

    /// Whether repeated lines are summed up.
    pub(super) fn collapse(&self, is_on: bool) {
        self.0.repeats.set(is_on);
    }

    /// Queues a line, including its line end.
    pub(super) fn push(&self, line: &[u8]) {
        let mut waiting = self.0.lock();
        if waiting.lines.len() + line.len() > WAITING_BYTES_MAX {
            waiting.dropped += 1;
            return;
        }
        waiting.lines.extend_from_slice(line);
        if std::mem::take(&mut waiting.asleep) {
            drop(waiting);
            self.0.changed.notify_one();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_to(&self, mut target: Target) {
        let mut lines = Vec::new();
        let mut lost = Lost::default();
        loop {
            let taken = self.take(&mut lines);
            if let Some(other) = taken.target {
                (target, lost.is_torn) = (other, false);
            }
            let is_written = lost.write(&mut target, &lines);
            lines.clear();
            // What is logged here is queued, together with everything else that waits.
            let mut is_logged = false;
            if taken.dropped > 0 {
                is_logged = true;
                tracing::warn!(
                    lines = taken.dropped,
                    "Log lines were dropped: they came faster than the output could take them"
                );
            }
            // If no line can be written, none can report that.
            if is_written && lost.lines > 0 {
                is_logged = true;
                tracing::warn!(
                    lines = std::mem::take(&mut lost.lines),
                    "Log lines were lost: the output did not take them, usually because the disk was full"
                );
            }
            if taken.is_to_sum_up {
                let (summaries, next) = self.repeats.sum_up(Instant::now(), taken.ended);
                is_logged |= summaries > 0;
                if let Some(next) = next {
                    self.sum_up_at(next);
                }
            }
            if taken.ended && !is_logged {
                return;
            }
        }
    }

    /// Has repeated lines summed up then.
    fn sum_up_at(&self, at: Instant) {
        let mut waiting = self.lock();
        waiting.sum_up_at = Some(waiting.sum_up_at.map_or(at, |earlier| earlier.min(at)));
        if std::mem::take(&mut waiting.asleep) {
            drop(waiting);
            self.changed.notify_one();
        }
    }

    /// Waits for lines, or for something else to do, and takes everything that waits.
    fn take(&self, lines: &mut Vec<u8>) -> Taken {
        let resting = self
            .changed
            .wait_timeout_while(self.lock(), REST, |waiting| !waiting.ended);
        let (mut waiting, _) = resting.unwrap_or_else(PoisonError::into_inner);
        let mut is_to_sum_up = waiting.ended;
        while waiting.lines.is_empty() && !waiting.ended && !is_to_sum_up {
            waiting.asleep = true;
            waiting = match waiting.sum_up_at {
                None => self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner),
                Some(at) => {
                    let left = at.saturating_duration_since(Instant::now());
                    is_to_sum_up = left.is_zero();
                    let waited = self.changed.wait_timeout(waiting, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        waiting.asleep = false;
        is_to_sum_up |= waiting.ended || waiting.sum_up_at.is_some_and(|at| at <= Instant::now());
        if is_to_sum_up {
            waiting.sum_up_at = None;
        }
        std::mem::swap(&mut waiting.lines, lines);
        Taken {
            target: waiting.target.take(),
            dropped: std::mem::take(&mut waiting.dropped),
            is_to_sum_up,
            ended: waiting.ended,
        }
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.lines.0.lock().ended = true;
        self.lines.0.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // It can only have panicked, and then nothing is left to log that.
            let _ = thread.join();
        }
    }
}

/// Used by the text format, which writes one line at a time.
impl<'a> MakeWriter<'a> for Lines {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> Self::Writer {
        self
    }
}

impl Write for &Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        sync::mpsc,
    };

    use super::{Lines, WAITING_BYTES_MAX};

    /// Hands every write over, and takes it only when the other side does.
    struct Pipe(mpsc::SyncSender<Vec<u8>>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let sent = self.0.send(bytes.to_vec());
            sent.map_err(|_gone| io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_written_without_waiting_for_a_second_one() {
        let (sender, written) = mpsc::sync_channel(0);
        let (lines, writing) = Lines::start(Pipe(sender)).expect("a thread");
        for line in [b"one\n", b"two\n"] {
            lines.push(line);
            assert_eq!(written.recv().expect("it is written"), line);
        }
        drop(writing);
    }

    #[test]
    fn lines_go_elsewhere_without_one_of_them_being_lost() {
        let (sender, written) = mpsc::sync_channel(100);
        let (other_sender, written_elsewhere) = mpsc::sync_channel(100);
        let (lines, writing) = Lines::start(Pipe(sender)).expect("a thread");
        lines.push(b"one\n");
        assert_eq!(written.recv().expect("it is written"), b"one\n");
        lines.redirect(Pipe(other_sender));
        lines.push(b"two\n");
        assert_eq!(written_elsewhere.recv().expect("it is written"), b"two\n");
        assert!(written.recv().is_err(), "the old target is closed");
        drop(writing);
    }

    #[test]
    fn what_still_waits_is_written_at_the_end() {
        let (sender, written) = mpsc::sync_channel(1_000);
        let (lines, writing) = Lines::start(Pipe(sender)).expect("a thread");
        for number in 0..1_000 {
            lines.push(format!("{number}\n").as_bytes());
        }
        drop(writing);
        let all: Vec<u8> = written.iter().flatten().collect();
        let all = String::from_utf8(all).expect("text");
        assert!(all.lines().eq((0..1_000).map(|number| number.to_string())));
    }

    #[test]
    fn a_target_that_takes_nothing_holds_nobody_up() {
        let (sender, written) = mpsc::sync_channel(0);
        let (lines, writing) = Lines::start(Pipe(sender)).expect("a thread");
        let line = [b'x'; 1 << 10];
        // The thread may hold one part while the other one fills up.
        for _ in 0..2 * (WAITING_BYTES_MAX >> 10) + 1 {
            lines.push(&line);
        }
        let reader = std::thread::spawn(move || written.iter().flatten().collect::<Vec<u8>>());
        drop(writing);
        let all = reader.join().expect("all is read");
        assert!(
            (WAITING_BYTES_MAX..=2 * WAITING_BYTES_MAX).contains(&all.len()),
            "{} bytes",
            all.len()
        );
    }
}
