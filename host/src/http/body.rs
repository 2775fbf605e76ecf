//! Reading of request bodies: encoding, size, time, and the memory that all bodies share.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, HeaderValue, header},
};
use http_body_util::BodyExt;

use super::rejection::Rejection;

/// Bytes of each body that do not count towards the shared budget. Most callbacks are smaller, so a stranger who
/// exhausts the budget cannot keep them out. The connection limit bounds the total.
const BYTES_FREE: usize = 16 * 1024;

/// Block size for bodies that arrive in pieces.
const BLOCK_BYTES: usize = BYTES_FREE;

/// Longest encoding name that is repeated in an answer or a log line; the known ones are shorter.
const NAME_BYTES_MAX: usize = 40;

/// Memory budget for all bodies while they are read.
#[derive(Debug)]
pub struct Bodies {
    left: AtomicUsize,
}

impl Bodies {
    /// Creates a budget of this many bytes.
    pub fn new(bytes_max: usize) -> Self {
        Self {
            left: AtomicUsize::new(bytes_max),
        }
    }

    fn take(&self, bytes: usize) -> bool {
        let take = |left: usize| left.checked_sub(bytes);
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .is_ok()
    }
}

/// Part of the budget held by one body; returned when dropped.
#[derive(Debug)]
struct Share<'a> {
    bodies: &'a Bodies,
    bytes: usize,
}

impl Share<'_> {
    /// Reserves this many bytes.
    fn grow(&mut self, bytes: usize) -> Result<(), Rejection> {
        let wanted = bytes.saturating_sub(BYTES_FREE);
        let more = wanted.saturating_sub(self.bytes);
        if more > 0 && !self.bodies.take(more) {
            return Err(Rejection::TooManyBodies);
        }
        self.bytes += more;
        Ok(())
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.bodies.left.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

/// Body that arrives in pieces. The pieces are copied, because each keeps alive the whole buffer it was read into; the
/// copies go into blocks of one size, because a growing buffer would leave gaps that nothing else fits into.
#[derive(Debug, Default)]
struct Blocks {
    blocks: Vec<Vec<u8>>,
    bytes: usize,
}

impl Blocks {
    fn add(&mut self, mut data: &[u8], share: &mut Share<'_>) -> Result<(), Rejection> {
        self.bytes += data.len();
        while !data.is_empty() {
            if self.blocks.last().is_none_or(|last| last.len() == BLOCK_BYTES) {
                share.grow((self.blocks.len() + 1) * BLOCK_BYTES)?;
                self.blocks.push(Vec::with_capacity(BLOCK_BYTES));
            }
            let Some(last) = self.blocks.last_mut() else { break };
            let (fits, rest) = data.split_at(data.len().min(BLOCK_BYTES - last.len()));
            last.extend_from_slice(fits);
            data = rest;
        }
        Ok(())
    }

    fn whole(self) -> Bytes {
        self.blocks.concat().into()
    }
}

/// Complete body.
#[derive(Debug)]
pub(super) struct Whole<'a> {
    pub(super) bytes: Bytes,
    _share: Share<'a>,
}

/// Refuses forms that Lark never sends and that could not be read: compressed bodies, and text that is not UTF-8.
pub(super) fn check_form(headers: &HeaderMap) -> Result<(), Rejection> {
    for (header, title, plain) in [
        (header::CONTENT_ENCODING, "Content-Encoding", &b"identity"[..]),
        // hyper has already removed the chunking.
        (header::TRANSFER_ENCODING, "Transfer-Encoding", b"chunked"),
    ] {
        let is_plain = |value: &&HeaderValue| {
            let mut names = value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
            names.all(|name| name.is_empty() || name.eq_ignore_ascii_case(plain))
        };
        if let Some(encoding) = headers.get_all(&header).iter().find(|value| !is_plain(value)) {
            return Err(Rejection::Encoding(title, name(encoding.as_bytes())));
        }
    }
    match headers.get(header::CONTENT_TYPE).and_then(charset) {
        Some(charset) if !["", "utf-8", "utf8", "us-ascii"].contains(&charset.to_ascii_lowercase().as_str()) => {
            Err(Rejection::Charset(name(charset.as_bytes())))
        }
        _ => Ok(()),
    }
}

/// The parameter `charset` of a media type.
fn charset(content_type: &HeaderValue) -> Option<&str> {
    let parameters = content_type.to_str().ok()?.split(';').skip(1);
    let (_, charset) = parameters
        .filter_map(|parameter| parameter.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"))?;
    Some(charset.trim().trim_matches('"'))
}

/// A stranger's name for it, sanitized for a log line and an answer.
fn name(sent: &[u8]) -> String {
    let fit = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b',' | b' ' => char::from(byte),
        _ => '?',
    };
    sent.iter().take(NAME_BYTES_MAX).map(|byte| fit(*byte)).collect()
}

/// Reads the whole body within its size limit, its time limit and the shared budget.
pub(super) async fn read(
    mut body: Body,
    bytes_max: usize,
    time_max: Duration,
    bodies: &Bodies,
) -> Result<Whole<'_>, Rejection> {
    // Checking the declared length first spares a sender that waits for `100 Continue` the transfer.
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(Rejection::TooLarge);
    }
    let mut share = Share { bodies, bytes: 0 };
    let collect = async {
        let mut blocks = Blocks::default();
        while let Some(frame) = body.frame().await {
            let Ok(data) = frame.map_err(|_cut_off| Rejection::Unread)?.into_data() else {
                continue;
            };
            let bytes = blocks.bytes.saturating_add(data.len());
            if bytes > bytes_max {
                return Err(Rejection::TooLarge);
            }
            // Most bodies arrive in one piece, which is used without a copy.
            if blocks.bytes == 0 && body.is_end_stream() {
                share.grow(bytes)?;
                return Ok(data);
            }
            blocks.add(&data, &mut share)?;
        }
        Ok(blocks.whole())
    };
    let collected = tokio::time::timeout(time_max, collect).await;
    let bytes = collected.map_err(|_elapsed| Rejection::TooSlow)??;
    Ok(Whole { bytes, _share: share })
}

#[cfg(test)]
mod tests;
