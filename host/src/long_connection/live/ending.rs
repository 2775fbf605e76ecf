//! The end of a connection: at a stop nothing that was pushed is lost, and the other side is told whenever it can be.

use std::{future::Future, time::Duration};

use futures_util::{SinkExt as _, StreamExt as _};
use lark_protocol::long_connection::Push;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use super::{Handled, Live, Lost, Moment, Next};

/// How long pushes in work may take at a stop.
const DRAIN: Duration = Duration::from_secs(5);

/// So long pushes are taken at a stop while others are in work. The last one still has a callback's whole budget.
const READING_ON: Duration = Duration::from_millis(2_500);

/// Nothing is on its way any more when nothing came for so long.
const QUIET: Duration = Duration::from_millis(50);

/// How long the other side may take to close, or to take a close.
const CLOSING: Duration = Duration::from_secs(1);

impl<S, H, F> Live<'_, S, H>
where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Fn(Push, Moment) -> F,
    F: Future<Output = Option<Handled>> + Send + 'static,
{
    /// Finishes the pushes in work, and closes in order: Lark counts connections that died for some minutes.
    pub(super) async fn end(&mut self, answers: mpsc::Receiver<Handled>) -> Lost {
        if let Err(lost) = self.drain(answers).await {
            self.leave(&lost).await;
        } else if self.close(CloseCode::Normal).await {
            let socket = &mut self.socket;
            let _ = timeout(CLOSING, async { while let Some(Ok(_)) = socket.next().await {} }).await;
        }
        Lost::Stopped
    }

    /// Answers what was pushed until nothing is in work and nothing is on its way: Lark goes on pushing until it is told of the
    /// close, after which no answer can be sent. What is not done in time goes on in the dispatcher, which drains after this;
    /// only its answer is too late.
    async fn drain(&mut self, mut answers: mpsc::Receiver<Handled>) -> Result<(), Lost> {
        let began = Instant::now();
        let mut quiet_at = began + QUIET;
        self.work.close();
        let work = self.work.clone();
        loop {
            let is_reading = began.elapsed() < READING_ON;
            let next = tokio::select! {
                biased;
                Some(handled) = answers.recv() => Next::Answer(handled),
                message = self.socket.next(), if is_reading => Next::Inbound(message),
                () = sleep_until(began + DRAIN) => break,
                () = async { sleep_until(quiet_at).await; work.wait().await } => break,
            };
            match next {
                Next::Answer(handled) => self.write_answer(handled).await?,
                Next::Inbound(message) => {
                    self.hear(message)?;
                    quiet_at = Instant::now() + QUIET;
                }
                Next::Stop | Next::WebsocketPing | Next::Ping | Next::Silence => {}
            }
        }
        while let Ok(handled) = answers.try_recv() {
            self.write_answer(handled).await?;
        }
        Ok(())
    }

    /// Tells the other side, if it listens, that the connection is not used any more.
    pub(super) async fn leave(&mut self, lost: &Lost) {
        match lost {
            // The library has an answer to a close ready.
            Lost::Closed(_) | Lost::TooMany(_) => {
                let _ = timeout(CLOSING, self.socket.flush()).await;
            }
            Lost::TooLarge => {
                self.close(CloseCode::Size).await;
            }
            Lost::Stopped | Lost::Broken(_) | Lost::Stuck(_) | Lost::Silent(_) => {}
        }
    }

    async fn close(&mut self, code: CloseCode) -> bool {
        let close = CloseFrame {
            code,
            reason: "".into(),
        };
        let closing = timeout(CLOSING, self.socket.send(Message::Close(Some(close)))).await;
        matches!(closing, Ok(Ok(())))
    }
}
