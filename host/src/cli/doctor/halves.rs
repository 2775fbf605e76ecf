//! A body that comes in two halves, to see who waits for the whole of it.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

/// Time between the halves: long beside the time on the way, short beside what a server waits for a body.
pub(super) const PAUSE: Duration = Duration::from_millis(400);

/// Body whose second half waits.
pub(super) struct Halves {
    first: Option<Bytes>,
    second: Option<Bytes>,
    pause: Pin<Box<Sleep>>,
}

impl Halves {
    pub(super) fn of(body: &[u8]) -> Self {
        let (first, second) = body.split_at(body.len() / 2);
        Self {
            first: Some(Bytes::copy_from_slice(first)),
            second: Some(Bytes::copy_from_slice(second)),
            pause: Box::pin(sleep(PAUSE)),
        }
    }
}

impl Body for Halves {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(first) = self.first.take() {
            self.pause.as_mut().reset(Instant::now() + PAUSE);
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        if self.second.is_none() {
            return Poll::Ready(None);
        }
        ready!(self.pause.as_mut().poll(cx));
        Poll::Ready(self.second.take().map(|second| Ok(Frame::data(second))))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.second.is_none()
    }

    /// The whole length, so that it is sent with a length and not in chunks.
    fn size_hint(&self) -> SizeHint {
        let halves = [&self.first, &self.second].into_iter().flatten();
        SizeHint::with_exact(halves.map(|half| half.len() as u64).sum())
    }
}
