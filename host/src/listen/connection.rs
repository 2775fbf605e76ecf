//! Connection with timeouts: for an idle peer, for sending a header, and for reading an answer.
//!
//! hyper has a single timeout for idling and for headers. It would either close a reverse proxy's idle connections
//! after seconds (a race that shows as 502) or let a slow sender hold a connection for a minute at a time.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep, sleep_until},
};
use tokio_util::sync::DropGuard;

/// Timeouts of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Maximum time between two requests, and without progress in reading an answer. Longer than the keep-alive of
    /// common reverse proxies (nginx: 60 s), so that the proxy closes first.
    pub idle: Duration,
    /// Maximum time from the first byte of a request to the end of its header; also for the first byte of a new
    /// connection and for the rest of a refused body.
    pub header: Duration,
}

/// Guard dropped when the answer has been written. Travels with the answer.
#[derive(Debug, Clone)]
pub struct Written {
    _guard: Arc<DropGuard>,
}

impl Written {
    /// Releases the guard once the answer is written.
    pub fn new(guard: DropGuard) -> Self {
        Self {
            _guard: Arc::new(guard),
        }
    }
}

/// Phase of the connection; the service marks the end of a header and the end of an answer.
#[derive(Debug, Clone)]
pub(super) struct Phase(Arc<State>);

#[derive(Debug)]
struct State {
    opened: Instant,
    phase: AtomicU8,
    /// Start of the wait for the peer in this phase, in milliseconds since the connection was accepted.
    waits_since_ms: AtomicU32,
    /// Start of the wait for the peer to read more of an answer.
    stuck_since_ms: AtomicU32,
    /// Spares answers without a guard, which are nearly all, the lock.
    has_written: AtomicBool,
    /// Whether the next answer is the last one of this connection.
    ends_soon: AtomicBool,
    written: Mutex<Vec<Written>>,
}

/// Nothing has been read yet.
const FRESH: u8 = 0;
const IDLE: u8 = 1;
const HEADER: u8 = 2;
const ANSWERING: u8 = 3;
const LEAVING: u8 = 4;
const BODY: u8 = 5;

/// Time not recorded: the phase began just now, or there is no wait.
const NOT_NOTED: u32 = u32::MAX;

impl Phase {
    fn new() -> Self {
        Self(Arc::new(State {
            opened: Instant::now(),
            phase: AtomicU8::new(FRESH),
            waits_since_ms: AtomicU32::new(0),
            stuck_since_ms: AtomicU32::new(NOT_NOTED),
            has_written: AtomicBool::new(false),
            ends_soon: AtomicBool::new(false),
            written: Mutex::default(),
        }))
    }

    /// How long the server has waited for the peer; absent while the peer waits for the server.
    pub(super) fn kept_waiting(&self) -> Option<Duration> {
        let stuck_since_ms = self.0.stuck_since_ms.load(Ordering::Relaxed);
        let since_ms = if stuck_since_ms != NOT_NOTED {
            stuck_since_ms
        } else if self.get() == ANSWERING {
            return None;
        } else {
            self.0.waits_since_ms.load(Ordering::Relaxed)
        };
        let waited = self
            .0
            .opened
            .elapsed()
            .checked_sub(Duration::from_millis(since_ms.into()));
        Some(waited.unwrap_or_default())
    }

    /// Records since when the server has been waiting for more of a body.
    pub(super) fn waits_for_body(&self, since: Instant) {
        self.set(BODY);
        self.waits(since);
    }

    /// Whether the phase has begun, and its wait has not.
    fn begins_to_wait(&self) -> bool {
        self.0.waits_since_ms.load(Ordering::Relaxed) == NOT_NOTED
    }

    fn waits(&self, since: Instant) {
        self.0.waits_since_ms.store(self.at_ms(since), Ordering::Relaxed);
    }

    fn stuck(&self, since: Option<Instant>) {
        let since_ms = since.map_or(NOT_NOTED, |since| self.at_ms(since));
        self.0.stuck_since_ms.store(since_ms, Ordering::Relaxed);
    }

    fn at_ms(&self, moment: Instant) -> u32 {
        let ms = moment.saturating_duration_since(self.0.opened).as_millis();
        u32::try_from(ms).unwrap_or(NOT_NOTED - 1)
    }

    pub(super) fn answering(&self) {
        self.set(ANSWERING);
    }

    pub(super) fn idle(&self) {
        self.set(IDLE);
    }

    /// Whether nothing has been read yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.get() == FRESH
    }

    /// Whether the last request is answered and the next one has not begun.
    pub(super) fn is_idle(&self) -> bool {
        self.get() == IDLE
    }

    /// Whether a request has begun to arrive.
    pub(super) fn is_reading(&self) -> bool {
        self.get() == HEADER
    }

    /// Marks the first byte of a request, unless the service has set the phase already.
    fn reading(&self) {
        if matches!(self.get(), FRESH | IDLE) {
            self.set(HEADER);
        }
    }

    fn set(&self, phase: u8) {
        // The clock is read only on a wait, not for each request.
        self.0.waits_since_ms.store(NOT_NOTED, Ordering::Relaxed);
        self.0.phase.store(phase, Ordering::Relaxed);
    }

    fn get(&self) -> u8 {
        self.0.phase.load(Ordering::Relaxed)
    }

    /// Keeps the guard until everything answered so far has been written or the connection has ended.
    pub(super) fn when_written(&self, written: Written) {
        self.lock().push(written);
        self.0.has_written.store(true, Ordering::Release);
    }

    fn written(&self) {
        if self.0.has_written.swap(false, Ordering::Acquire) {
            self.lock().clear();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Written>> {
        self.0.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the next answer close the connection.
    pub(super) fn end_soon(&self) {
        self.0.ends_soon.store(true, Ordering::Relaxed);
    }

    /// Whether the next answer closes the connection.
    pub(super) fn ends_soon(&self) -> bool {
        self.0.ends_soon.load(Ordering::Relaxed)
    }

    /// Marks the answer as the last one; parts of the request may still be in transit.
    pub(super) fn leaving(&self) {
        self.set(LEAVING);
    }
}

/// Stream with a read timeout. The timeout is suspended while an answer is prepared: the body has its own timeout and
/// the answer its budget.
#[derive(Debug)]
pub(super) struct Patient<S> {
    stream: S,
    patience: Patience,
    phase: Phase,
    /// Rings at the deadline or before it: it is not moved for each request.
    clock: Pin<Box<Sleep>>,
    deadline: Instant,
    /// Runs while the peer reads nothing of an answer.
    write_clock: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, patience: Patience) -> (Self, Phase) {
        let phase = Phase::new();
        let deadline = Instant::now() + patience.header;
        let clock = Box::pin(sleep_until(deadline));
        (
            Self {
                stream,
                patience,
                phase: phase.clone(),
                clock,
                deadline,
                write_clock: None,
            },
            phase,
        )
    }

    /// Begins the timeout of each wait; ready when it has expired.
    fn poll_clock(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let patience = match self.phase.get() {
            IDLE => self.patience.idle,
            FRESH | HEADER | LEAVING => self.patience.header,
            _ => return Poll::Pending,
        };
        // Also in the same phase as before: a request that came and was answered at once was never waited for.
        if self.phase.begins_to_wait() {
            let now = Instant::now();
            self.phase.waits(now);
            self.deadline = now + patience;
            if self.deadline < self.clock.deadline() {
                self.clock.as_mut().reset(self.deadline);
            }
        }
        loop {
            ready!(self.clock.as_mut().poll(context));
            if self.deadline <= Instant::now() {
                return Poll::Ready(());
            }
            self.clock.as_mut().reset(self.deadline);
        }
    }

    /// Applies the timeout to a write; progress rearms it.
    fn poll_written<T>(&mut self, written: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if self.write_clock.take().is_some() {
                self.phase.stuck(None);
            }
            return written;
        }
        let (idle, phase) = (self.patience.idle, &self.phase);
        let clock = self.write_clock.get_or_insert_with(|| {
            phase.stuck(Some(Instant::now()));
            Box::pin(sleep(idle))
        });
        ready!(clock.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

/// Nothing more will be written, so the guards are released.
impl<S> Drop for Patient<S> {
    fn drop(&mut self) {
        self.phase.written();
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buf);
        if polled.is_ready() && buf.filled().len() > before {
            self.phase.reading();
        }
        if polled.is_ready() {
            return polled;
        }
        ready!(self.poll_clock(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncRead + Unpin> Patient<S> {
    /// Reads and discards until the peer closes or the timeout expires: closing over unread bytes resets the
    /// connection, and a reset can destroy an answer that the peer has not read yet.
    fn poll_rest(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut scratch = [0; 8 * 1024];
        loop {
            let mut buf = ReadBuf::new(&mut scratch);
            let polled = Pin::new(&mut self.stream).poll_read(context, &mut buf);
            let is_over = matches!(polled, Poll::Ready(Err(_))) || polled.is_ready() && buf.filled().is_empty();
            // The deadline also holds for a peer that keeps sending.
            if is_over || self.poll_clock(context).is_ready() || self.deadline <= Instant::now() {
                return Poll::Ready(());
            }
            ready!(polled.map(drop));
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, buf);
        self.poll_written(written, context)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        // hyper flushes once its own buffer is empty, so all earlier answers have been handed to the system.
        self.phase.written();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(context))?;
        if self.phase.get() == LEAVING {
            ready!(self.poll_rest(context));
        }
        Poll::Ready(Ok(()))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, bufs);
        self.poll_written(written, context)
    }
}

#[cfg(test)]
mod tests;
