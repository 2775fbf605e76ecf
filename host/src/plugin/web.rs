//! HTTP requests of plugins: a response while it is read, and what one call has used of its limits.

pub(super) mod headers;
pub(super) mod sign;

use std::sync::Arc;

use bytes::Bytes;

use super::{high_water::HighWater, limits::Limits};
use crate::outward::{Incoming, Mask, WebError};

/// Amounts that one call has used so far.
#[derive(Debug, Default)]
pub(super) struct Used {
    requests: u64,
    open: u64,
    sent_bytes: u64,
    received_bytes: u64,
}

/// A limit that a call has used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} over the limit; the setting is `{setting} = {value}` under [limits]")]
pub(super) struct UsedUp {
    what: &'static str,
    setting: &'static str,
    value: u64,
}

impl Used {
    /// Counts a request with everything that it sends.
    pub(super) fn request(&mut self, bytes: u64, limits: &Limits) -> Result<(), UsedUp> {
        let requests = self.requests.saturating_add(1);
        let sent_bytes = self.sent_bytes.saturating_add(bytes);
        within(
            requests,
            "the number of this call's HTTP requests is",
            "http_requests_max",
            limits.http_requests_max,
        )?;
        within(
            sent_bytes,
            "the bytes that this call sends over HTTP are",
            "http_sent_bytes_max",
            limits.http_sent_bytes_max,
        )?;
        let open_max = limits.http_open_max;
        let what = "the number of responses that this call reads at once is";
        within(self.open.saturating_add(1), what, "http_open_max", open_max)?;
        (self.requests, self.sent_bytes) = (requests, sent_bytes);
        Ok(())
    }

    /// Counts what has come.
    pub(super) fn receive(&mut self, bytes: usize, limits: &Limits) -> Result<(), UsedUp> {
        self.received_bytes = self.received_bytes.saturating_add(bytes as u64);
        within(
            self.received_bytes,
            "the bytes that this call receives over HTTP are",
            "http_received_bytes_max",
            limits.http_received_bytes_max,
        )
    }

    /// Tells how near it came to the limits.
    pub(super) fn tell(&self, high_water: &HighWater) {
        high_water.http_requests(self.requests);
        high_water.http_sent_bytes(self.sent_bytes);
        high_water.http_received_bytes(self.received_bytes);
    }

    pub(super) fn open(&mut self) {
        self.open += 1;
    }

    /// Whether a response is open.
    pub(super) fn reads(&self) -> bool {
        self.open > 0
    }

    fn close(&mut self) {
        self.open = self.open.saturating_sub(1);
    }
}

/// Holds an amount to the limit of a setting.
pub(super) fn within(used: u64, what: &'static str, setting: &'static str, value: u64) -> Result<(), UsedUp> {
    if used > value {
        return Err(UsedUp { what, setting, value });
    }
    Ok(())
}

/// A response that a plugin reads. Its connection is closed when it is dropped.
#[derive(Debug)]
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Opened {
    /// Whose response it is: `https://api.example.com`.
    pub(super) origin: Arc<str>,
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    body: Body,
    /// Bytes that have come and were not read yet.
    left: Bytes,
    mask: Mask,
}

#[derive(Debug)]
enum Body {
    Open(Box<Incoming>),
    Complete,
    /// It broke off, so it never looks as if it were complete.
    Broken,
}

/// Reason why there is no more of a body.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum BodyError {
    #[error(transparent)]
    UsedUp(#[from] UsedUp),
    #[error(transparent)]
    Web(#[from] WebError),
    #[error("the body has ended with an error before")]
    Before,
}

impl Opened {
    pub(super) fn new(incoming: Incoming, headers: Vec<(String, String)>, mask: Mask, origin: &str) -> Self {
        Self {
            origin: origin.into(),
            status: incoming.status(),
            headers,
            body: Body::Open(Box::new(incoming)),
            left: Bytes::new(),
            mask,
        }
    }

    /// Waits for more of the body; nothing at its end.
    pub(super) async fn read(
        &mut self,
        bytes_max: usize,
        used: &mut Used,
        limits: &Limits,
    ) -> Result<Bytes, BodyError> {
        loop {
            if !self.left.is_empty() {
                return Ok(self.left.split_to(self.left.len().min(bytes_max)));
            }
            let incoming = match &mut self.body {
                Body::Open(incoming) => incoming,
                Body::Complete => return Ok(Bytes::new()),
                Body::Broken => return Err(BodyError::Before),
            };
            match incoming.part().await {
                Ok(Some(part)) => {
                    if let Err(over) = used.receive(part.len(), limits) {
                        self.end(Body::Broken, used);
                        return Err(over.into());
                    }
                    self.left = self.mask.part(part);
                }
                Ok(None) => {
                    self.end(Body::Complete, used);
                    self.left = self.mask.rest();
                }
                Err(error) => {
                    self.end(Body::Broken, used);
                    return Err(error.into());
                }
            }
        }
    }

    /// Closes it.
    pub(super) fn close(mut self, used: &mut Used) {
        self.end(Body::Broken, used);
    }

    fn end(&mut self, end: Body, used: &mut Used) {
        if matches!(self.body, Body::Open(_)) {
            used.close();
            self.body = end;
        }
    }
}
