//! A connection while it lives. One task owns the socket: it reads, writes and keeps the time; pushes are handled elsewhere.

mod ending;
mod lost;

use std::{future::Future, sync::Arc, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use lark_protocol::long_connection::{Endpoint, Fragments, Frame, Inbound, Pace, Push};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{Semaphore, mpsc},
    time::{Instant, MissedTickBehavior, interval, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{self, Message},
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{
    moment::Moment,
    telemetry::{Connection, LineLimit, on_one_line},
};
use lost::closed;

pub(super) use lost::{End, Lost};

/// Time limit of one write.
const WRITING: Duration = Duration::from_secs(5);

/// Between two pings of the WebSocket, which Lark answers.
const WEBSOCKET_PING: Duration = Duration::from_secs(20);

/// Without anything inbound for so long the connection is dead: two pings and some loss.
const SILENT_MAX: Duration = Duration::from_secs(45);

/// Beside two intervals of Lark's own pings, should the WebSocket's never be answered; and what each ping of the WebSocket has
/// for its answer, also when it was sent late because the process was stopped for a while.
const SILENT_SPARE: Duration = Duration::from_secs(5);

/// Pushes in work. Lark's clients have no limit; this one bounds memory.
const IN_WORK_MAX: usize = 256;

/// Between two log lines about frames that are not handled.
const REFUSED_LINE: Duration = Duration::from_mins(1);

/// A push that was handled.
#[derive(Debug)]
pub(super) struct Handled {
    /// The answer.
    pub(super) answer: Frame,
    /// Dropped when the answer was written: the work that follows begins then.
    pub(super) written: Option<DropGuard>,
}

/// A connection, and what it knows of the other side.
pub(super) struct Live<'a, S, H> {
    pub(super) socket: WebSocketStream<S>,
    pub(super) state: &'a Connection,
    pub(super) handle: H,
    pub(super) now_ms: fn() -> u64,
    /// Told of the first sign of life, once: only that is a connection. An accepted upgrade may be half open.
    proved: Option<Box<dyn FnOnce() + Send + 'a>>,
    service_id: i32,
    began: Instant,
    pace: Pace,
    fragments: Fragments,
    /// The first sign of life.
    proved_at: Option<Instant>,
    /// The last one; the beginning before the first.
    heard_at: Instant,
    pinged_at: Instant,
    websocket_pinged_at: Instant,
    /// Whether the WebSocket's pings are answered, and whether Lark's own are.
    pongs: (bool, bool),
    refused_lines: LineLimit,
    in_work: Arc<Semaphore>,
    work: TaskTracker,
    answer: mpsc::Sender<Handled>,
}

/// Event that comes next.
enum Next {
    Stop,
    Answer(Handled),
    WebsocketPing,
    Ping,
    Inbound(Option<Result<Message, tungstenite::Error>>),
    Silence,
}

impl<'a, S, H, F> Live<'a, S, H>
where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Fn(Push, Moment) -> F,
    F: Future<Output = Option<Handled>> + Send + 'static,
{
    /// Lives on a socket until it is lost or the server stops. `proved` is called at the first sign of life.
    pub(super) async fn run(
        socket: WebSocketStream<S>,
        endpoint: &Endpoint,
        state: &'a Connection,
        handle: H,
        proved: Box<dyn FnOnce() + Send + 'a>,
        now_ms: fn() -> u64,
        stop: &CancellationToken,
    ) -> End {
        let (answer, answers) = mpsc::channel(IN_WORK_MAX);
        let now = Instant::now();
        let mut live = Self {
            socket,
            state,
            handle,
            now_ms,
            proved: Some(proved),
            service_id: endpoint.service_id,
            began: now,
            pace: endpoint.pace,
            fragments: Fragments::default(),
            proved_at: None,
            heard_at: now,
            pinged_at: now,
            websocket_pinged_at: now,
            pongs: (false, false),
            refused_lines: LineLimit::new(1, REFUSED_LINE),
            in_work: Arc::new(Semaphore::new(IN_WORK_MAX)),
            work: TaskTracker::new(),
            answer,
        };
        let lost = match live.ping().await {
            Ok(()) => live.serve(answers, stop).await,
            Err(lost) => lost,
        };
        live.leave(&lost).await;
        End {
            lost,
            lived: live.proved_at.map(|proved_at| live.heard_at - proved_at),
            pace: live.pace,
        }
    }

    async fn serve(&mut self, mut answers: mpsc::Receiver<Handled>, stop: &CancellationToken) -> Lost {
        // The first one at once: whichever ping is answered first proves the connection.
        let mut websocket_pings = interval(WEBSOCKET_PING);
        websocket_pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let ping_at = self.pinged_at + self.pace.ping;
            let silent_at = (self.heard_at + self.silent_max()).max(self.websocket_pinged_at + SILENT_SPARE);
            let next = tokio::select! {
                // What has come is read before silence is believed: a process that was stopped for a minute heard nothing.
                biased;
                () = stop.cancelled() => Next::Stop,
                Some(handled) = answers.recv() => Next::Answer(handled),
                _ = websocket_pings.tick() => Next::WebsocketPing,
                () = sleep_until(ping_at) => Next::Ping,
                message = self.socket.next() => Next::Inbound(message),
                () = sleep_until(silent_at) => Next::Silence,
            };
            let done = match next {
                Next::Stop => return self.end(answers).await,
                Next::Answer(handled) => self.write_answers(handled, &mut answers).await,
                Next::WebsocketPing => self.websocket_ping().await,
                Next::Ping => self.ping().await,
                Next::Inbound(message) => self.hear(message),
                Next::Silence => Err(Lost::Silent(self.silent_max())),
            };
            if let Err(lost) = done {
                return lost;
            }
        }
    }

    fn silent_max(&self) -> Duration {
        match self.pongs {
            (false, true) => self.pace.ping * 2 + SILENT_SPARE,
            _ => SILENT_MAX,
        }
    }

    async fn ping(&mut self) -> Result<(), Lost> {
        self.pinged_at = Instant::now();
        let ping = Frame::ping(self.service_id).encode();
        self.write(Message::Binary(ping.into())).await
    }

    async fn websocket_ping(&mut self) -> Result<(), Lost> {
        self.websocket_pinged_at = Instant::now();
        self.expire(self.websocket_pinged_at);
        self.write(Message::Ping(Vec::new().into())).await
    }

    async fn write_answer(&mut self, handled: Handled) -> Result<(), Lost> {
        let Handled { answer, written } = handled;
        let result = self.write(Message::Binary(answer.encode().into())).await;
        drop(written);
        result
    }

    /// Writes all answers that are ready with one flush: a busy connection needs fewer system calls.
    async fn write_answers(&mut self, first: Handled, more: &mut mpsc::Receiver<Handled>) -> Result<(), Lost> {
        let mut written = Vec::new();
        let socket = &mut self.socket;
        let writing = async {
            let mut next = Some(first);
            while let Some(handled) = next {
                socket.feed(Message::Binary(handled.answer.encode().into())).await?;
                written.extend(handled.written);
                next = more.try_recv().ok();
            }
            socket.flush().await
        };
        let result = match timeout(WRITING, writing).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Lost::Broken(Box::new(error))),
            Err(_elapsed) => Err(Lost::Stuck(WRITING)),
        };
        drop(written);
        result
    }

    async fn write(&mut self, message: Message) -> Result<(), Lost> {
        match timeout(WRITING, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Lost::Broken(Box::new(error))),
            Err(_elapsed) => Err(Lost::Stuck(WRITING)),
        }
    }

    fn hear(&mut self, message: Option<Result<Message, tungstenite::Error>>) -> Result<(), Lost> {
        let arrival = Moment::now((self.now_ms)());
        match message {
            Some(Ok(Message::Close(close))) => {
                // It ends what was a connection; one that is closed before anything else comes was none.
                if self.proved_at.is_some() {
                    self.note_life(arrival, false);
                }
                Err(closed(close.as_ref()))
            }
            Some(Ok(message)) => {
                self.note_life(arrival, message.is_binary());
                match message {
                    Message::Binary(bytes) => self.take(&bytes, arrival),
                    Message::Text(_) => self.refuse("text", "a text message, and frames are binary"),
                    // The library answers pings.
                    other => self.pongs.0 |= other.is_pong(),
                }
                Ok(())
            }
            Some(Err(tungstenite::Error::ConnectionClosed)) | None => Err(Lost::Closed(None)),
            Some(Err(tungstenite::Error::Capacity(error))) => {
                self.refuse("too_large", &error.to_string());
                Err(Lost::TooLarge)
            }
            Some(Err(error)) => Err(Lost::Broken(Box::new(error))),
        }
    }

    /// Notes a sign of life, which proves the connection if it is the first.
    fn note_life(&mut self, arrival: Moment, is_frame: bool) {
        self.heard_at = arrival.at;
        self.proved_at.get_or_insert(arrival.at);
        if let Some(proved) = self.proved.take() {
            proved();
        }
        self.state.change(|state| {
            state.hear(arrival.at, arrival.unix_ms);
            if is_frame {
                state.last_frame_ms = Some(arrival.unix_ms);
            }
        });
    }

    /// Takes a frame. One that cannot be read is not answered, and ends nothing.
    fn take(&mut self, bytes: &[u8], arrival: Moment) {
        let frame = match Frame::decode(bytes) {
            Ok(frame) => frame,
            Err(error) => return self.refuse("malformed", &error.to_string()),
        };
        match frame.inbound() {
            Ok(pong @ Inbound::Pong(_)) => {
                self.pongs.1 = true;
                pong.update(&mut self.pace);
            }
            Ok(Inbound::Ignored) => {}
            Ok(Inbound::Data { .. }) => self.push(frame, arrival),
            Err(error) => self.refuse("unknown", &error.to_string()),
        }
    }

    /// Gives up the messages whose other fragments did not come.
    fn expire(&mut self, now: Instant) {
        let expired = self.fragments.expire(now - self.began);
        if expired > 0 {
            let unfinished = self.fragments.len();
            self.state.change(|state| state.unfinished = unfinished);
        }
        for _ in 0..expired {
            self.refuse(
                "unfinished",
                "the other fragments of a message did not come; Lark sends events again",
            );
        }
    }

    fn push(&mut self, frame: Frame, arrival: Moment) {
        self.expire(arrival.at);
        let whole = self.fragments.add(frame, arrival.at - self.began);
        let unfinished = self.fragments.len();
        self.state.change(|state| {
            state.last_push_ms = Some(arrival.unix_ms);
            state.unfinished = unfinished;
        });
        let push = match whole {
            Ok(Some(push)) => push,
            Ok(None) => return,
            Err(error) => return self.refuse("fragment", &error.to_string()),
        };
        let Ok(permit) = Arc::clone(&self.in_work).try_acquire_owned() else {
            return self.refuse("overloaded", "too many pushes are in work; Lark sends events again");
        };
        let (answer, handling) = (self.answer.clone(), (self.handle)(push, arrival));
        self.work.spawn(async move {
            if let Some(handled) = handling.await {
                // Nobody receives it when the connection was lost: an answer goes out on its own connection or not at all.
                let _ = answer.send(handled).await;
            }
            drop(permit);
        });
    }

    fn refuse(&mut self, reason: &'static str, why: &str) {
        self.state
            .change(|state| *state.refused_frames.entry(reason).or_default() += 1);
        if self.refused_lines.admits() {
            let left_out = self.refused_lines.take_left_out();
            let app_id = self.state.now().app_id;
            tracing::warn!(
                app.id = &*app_id,
                reason,
                left_out,
                "A frame of the long connection was not handled, and not answered: {}",
                on_one_line(why)
            );
        }
    }
}

#[cfg(test)]
mod tests;
