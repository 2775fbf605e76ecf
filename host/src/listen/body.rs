//! Request body that tells the connection when it is waiting for the peer.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use tokio::time::Instant;

use super::connection::Phase;

/// Body that sets the phase of its connection.
#[derive(Debug)]
pub(super) struct Marked {
    body: Incoming,
    phase: Phase,
    /// Start of the current wait. It is not reset by single bytes, so a trickle does not make a peer look busy.
    waits_since: Option<Instant>,
}

impl Marked {
    pub(super) fn new(body: Incoming, phase: Phase) -> Self {
        Self {
            body,
            phase,
            waits_since: None,
        }
    }
}

impl Body for Marked {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if polled.is_pending() {
            let since = *self.waits_since.get_or_insert_with(Instant::now);
            self.phase.waits_for_body(since);
        } else if self.waits_since.is_some() {
            self.phase.answering();
        }
        Poll::Ready(ready!(polled))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
