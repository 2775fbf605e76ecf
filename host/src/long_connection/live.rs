//! A connection while it lives. One task owns the socket: it reads, writes and keeps the time; pushes are handled elsewhere.

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
    tungstenite::{
        self, Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};

use crate::{
    moment::Moment,
    telemetry::{Connection, LineLimit, on_one_line},
};

/// Time limit of one write.
const WRITING: Duration = Duration::from_secs(5);

/// Between two pings of the WebSocket, which Lark answers.
const WEBSOCKET_PING: Duration = Duration::from_secs(20);

/// Without anything inbound for so long the connection is dead: two pings and some loss.
const SILENT_MAX: Duration = Duration::from_secs(45);

/// Beside two intervals of Lark's own pings, should the WebSocket's never be answered.
const SILENT_SPARE: Duration = Duration::from_secs(5);

/// Pushes in work. Lark's clients have no limit; this one bounds memory.
const IN_WORK_MAX: usize = 256;

/// How long pushes in work may take at a stop: longer than a callback's budget.
const DRAIN: Duration = Duration::from_secs(5);

/// At most so long is read on at a stop.
const READING_OUT: Duration = Duration::from_millis(500);

/// Nothing is on its way any more when nothing came for so long.
const QUIET: Duration = Duration::from_millis(50);

/// How long the other side may take to close.
const CLOSING: Duration = Duration::from_secs(1);

/// Between two log lines about frames that are not handled.
const REFUSED_LINE: Duration = Duration::from_mins(1);

/// Reason why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    /// This server stops.
    #[error("this server closed it")]
    Stopped,
    /// The other side closed it.
    #[error("Lark closed it{}", .0.as_deref().map(|told| format!(" with {told}")).unwrap_or_default())]
    Closed(Option<String>),
    /// The connection broke.
    #[error("the connection broke")]
    Broken(#[source] Box<tungstenite::Error>),
    /// A write was not taken.
    #[error("the network took nothing for {} s", WRITING.as_secs())]
    Stuck,
    /// Nothing came.
    #[error("nothing came for {} s, not even an answer to a ping", .0.as_secs())]
    Silent(Duration),
}

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
    service_id: i32,
    began: Instant,
    pace: Pace,
    fragments: Fragments,
    heard_at: Instant,
    pinged_at: Instant,
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
    /// Lives on a socket until it is lost or the server stops, and returns why, with the intervals that held at the end.
    pub(super) async fn run(
        socket: WebSocketStream<S>,
        endpoint: &Endpoint,
        state: &'a Connection,
        handle: H,
        now_ms: fn() -> u64,
        stop: &CancellationToken,
    ) -> (Lost, Pace) {
        let (answer, answers) = mpsc::channel(IN_WORK_MAX);
        let now = Instant::now();
        let mut live = Self {
            socket,
            state,
            handle,
            now_ms,
            service_id: endpoint.service_id,
            began: now,
            pace: endpoint.pace,
            fragments: Fragments::default(),
            heard_at: now,
            pinged_at: now,
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
        (lost, live.pace)
    }

    async fn serve(&mut self, mut answers: mpsc::Receiver<Handled>, stop: &CancellationToken) -> Lost {
        let mut websocket_pings = interval(WEBSOCKET_PING);
        websocket_pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        websocket_pings.reset();
        loop {
            let (ping_at, silent_at) = (self.pinged_at + self.pace.ping, self.heard_at + self.silent_max());
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
                Next::Answer(handled) => self.write_answer(handled).await,
                Next::WebsocketPing => self.write(Message::Ping(Vec::new().into())).await,
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

    async fn write_answer(&mut self, handled: Handled) -> Result<(), Lost> {
        let Handled { answer, written } = handled;
        let result = self.write(Message::Binary(answer.encode().into())).await;
        drop(written);
        result
    }

    async fn write(&mut self, message: Message) -> Result<(), Lost> {
        match timeout(WRITING, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Lost::Broken(Box::new(error))),
            Err(_elapsed) => Err(Lost::Stuck),
        }
    }

    fn hear(&mut self, message: Option<Result<Message, tungstenite::Error>>) -> Result<(), Lost> {
        self.heard_at = Instant::now();
        match message {
            Some(Ok(Message::Binary(bytes))) => self.take(&bytes),
            Some(Ok(Message::Text(_))) => self.refuse("text", "a text message, and frames are binary"),
            Some(Ok(Message::Pong(_))) => self.pongs.0 = true,
            // The library answers pings.
            Some(Ok(Message::Ping(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Close(close))) => return Err(Lost::Closed(close.as_ref().map(closed))),
            Some(Err(tungstenite::Error::ConnectionClosed)) | None => return Err(Lost::Closed(None)),
            Some(Err(error)) => return Err(Lost::Broken(Box::new(error))),
        }
        Ok(())
    }

    /// Takes a frame. One that cannot be read is not answered, and ends nothing.
    fn take(&mut self, bytes: &[u8]) {
        let arrival = Moment::now((self.now_ms)());
        self.state.change(|state| state.last_frame_ms = Some(arrival.unix_ms));
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

    fn push(&mut self, frame: Frame, arrival: Moment) {
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

    /// Takes what is on its way: a click that was sent and is not read would fail.
    async fn read_out(&mut self) -> Result<(), Lost> {
        let until = Instant::now() + READING_OUT;
        while Instant::now() < until {
            match timeout(QUIET, self.socket.next()).await {
                Ok(message) => self.hear(message)?,
                Err(_quiet) => break,
            }
        }
        Ok(())
    }

    /// Finishes the pushes in work, and closes in order: Lark counts connections that died for some minutes.
    async fn end(&mut self, mut answers: mpsc::Receiver<Handled>) -> Lost {
        if let Err(lost) = self.read_out().await {
            return lost;
        }
        self.work.close();
        let work = self.work.clone();
        let drained = timeout(DRAIN, async {
            loop {
                tokio::select! {
                    biased;
                    Some(handled) = answers.recv() => {
                        if self.write_answer(handled).await.is_err() {
                            return;
                        }
                    }
                    () = work.wait() => break,
                }
            }
            while let Ok(handled) = answers.try_recv() {
                if self.write_answer(handled).await.is_err() {
                    return;
                }
            }
        });
        // What is not done by then goes on in the dispatcher, which drains after this; only its answer is too late.
        let _ = drained.await;
        let bye = CloseFrame {
            code: CloseCode::Normal,
            reason: "".into(),
        };
        if self.write(Message::Close(Some(bye))).await.is_ok() {
            let socket = &mut self.socket;
            let _ = timeout(CLOSING, async { while let Some(Ok(_)) = socket.next().await {} }).await;
        }
        Lost::Stopped
    }
}

/// Text of a close frame.
fn closed(close: &CloseFrame) -> String {
    let code = u16::from(close.code);
    format!("{code} {}", on_one_line(&close.reason)).trim_end().to_owned()
}

#[cfg(test)]
mod tests;
