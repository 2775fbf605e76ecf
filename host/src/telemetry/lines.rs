//! Writer thread of the log: the sender copies its line, and the thread writes all pending lines with one system call.

use std::{
    fmt,
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use tracing_subscriber::fmt::MakeWriter;

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
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// New destination, not yet taken by the thread.
    target: Option<Target>,
    dropped: u64,
    /// The thread waits for a line, not just for the end of its pause.
    asleep: bool,
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
        loop {
            let (dropped, ended, other) = self.take(&mut lines);
            target = other.unwrap_or(target);
            // If no line can be written, none can report that.
            let _ = target.write_all(&lines);
            let _ = target.flush();
            lines.clear();
            if dropped > 0 {
                // This is queued as a line, together with everything else that waits.
                tracing::warn!(
                    lines = dropped,
                    "Log lines were dropped: they came faster than the output could take them"
                );
            } else if ended {
                return;
            }
        }
    }

    /// Waits for lines and takes them all. Returns how many were dropped, whether these are the last, and the new
    /// destination if it changed.
    fn take(&self, lines: &mut Vec<u8>) -> (u64, bool, Option<Target>) {
        let resting = self
            .changed
            .wait_timeout_while(self.lock(), REST, |waiting| !waiting.ended);
        let (mut waiting, _) = resting.unwrap_or_else(PoisonError::into_inner);
        while waiting.lines.is_empty() && !waiting.ended {
            waiting.asleep = true;
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        waiting.asleep = false;
        std::mem::swap(&mut waiting.lines, lines);
        (
            std::mem::take(&mut waiting.dropped),
            waiting.ended,
            waiting.target.take(),
        )
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
