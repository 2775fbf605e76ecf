//! Uploads and downloads of plugins: what is under way, and what one call has used of its limits.

use super::{
    high_water::HighWater,
    limits::Limits,
    web::{UsedUp, within},
};
use crate::openapi::{Download, Upload};

/// Amounts that one call has used so far.
#[derive(Debug, Default)]
pub(super) struct Transferred {
    open: u64,
    sent_bytes: u64,
    received_bytes: u64,
}

impl Transferred {
    /// Checks whether there may be one more.
    pub(super) fn check_open(&self, limits: &Limits) -> Result<(), UsedUp> {
        within(
            self.open.saturating_add(1),
            "the number of uploads and downloads that this call has open is",
            "media_open_max",
            limits.media_open_max,
        )
    }

    /// Counts an upload with all its bytes before it begins, so that none is sent in vain.
    pub(super) fn send(&mut self, bytes: u64, limits: &Limits) -> Result<(), UsedUp> {
        let sent_bytes = self.sent_bytes.saturating_add(bytes);
        within(
            sent_bytes,
            "the bytes that this call uploads to Lark are",
            "media_sent_bytes_max",
            limits.media_sent_bytes_max,
        )?;
        self.sent_bytes = sent_bytes;
        Ok(())
    }

    /// Checks the announced size of a download.
    pub(super) fn check_size(&self, bytes: u64, limits: &Limits) -> Result<(), UsedUp> {
        within(
            self.received_bytes.saturating_add(bytes),
            "the bytes that this call downloads from Lark are",
            "media_received_bytes_max",
            limits.media_received_bytes_max,
        )
    }

    /// Counts what has come.
    pub(super) fn receive(&mut self, bytes: usize, limits: &Limits) -> Result<(), UsedUp> {
        self.received_bytes = self.received_bytes.saturating_add(bytes as u64);
        self.check_size(0, limits)
    }

    /// Tells how near it came to the limits.
    pub(super) fn tell(&self, high_water: &HighWater) {
        high_water.media_sent_bytes(self.sent_bytes);
        high_water.media_received_bytes(self.received_bytes);
    }

    pub(super) fn open(&mut self) {
        self.open += 1;
    }

    pub(super) fn close(&mut self) {
        self.open = self.open.saturating_sub(1);
    }

    /// Whether one is open.
    pub(super) fn is_open(&self) -> bool {
        self.open > 0
    }
}

/// An upload of a plugin; absent when it has ended.
#[derive(Debug)]
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Uploading(pub(super) Option<Upload>);

/// A download of a plugin.
#[derive(Debug)]
#[allow(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Downloading {
    pub(super) download: Download,
    /// For the log.
    pub(super) path: String,
}
