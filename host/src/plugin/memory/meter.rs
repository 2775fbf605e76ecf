//! The memory of one call: counted, held to the plugin's limits, and taken out of what all calls share.

use std::sync::Arc;

use wasmtime::ResourceLimiter;

use super::budget::Share;
use crate::plugin::limits::{LimitHit, Limits};

/// Bytes of an element of a table, as the host keeps it.
const TABLE_ELEMENT_BYTES: u64 = 8;

/// The part of the limit that a plugin may have beyond it once it was refused more. An interpreter makes an error with a place
/// of that, and needs memory to tell it: an arena of Python's has 256 KiB.
const PART_TO_TELL: u64 = 16;

/// Refusals after which a plugin that goes on to ask is stopped. An allocator asks twice for each piece, and an interpreter for some
/// pieces until its error is told.
const REFUSALS_MAX: u32 = 1_000;

/// Adds up memories and tables of one call, and takes them out of what all calls share; given back when it is dropped.
///
/// At its limit a plugin is told that there is no more memory: interpreters raise an error of their language, which says where it
/// was. The call fails with the limit whatever the plugin makes of it, unless it does without. A plugin that goes on and on to
/// ask traps.
#[derive(Debug)]
pub(in crate::plugin) struct MemoryMeter {
    memory_bytes: u64,
    memory_bytes_max: u64,
    refusals: u32,
    table_elements: u64,
    table_elements_max: u64,
    /// The most that the host has kept for the call at once.
    host_bytes: u64,
    share: Arc<Share>,
    taken_bytes: u64,
}

impl MemoryMeter {
    pub(in crate::plugin) fn new(limits: &Limits, share: &Arc<Share>) -> Self {
        Self {
            memory_bytes: 0,
            memory_bytes_max: limits.memory_bytes_max,
            refusals: 0,
            table_elements: 0,
            table_elements_max: limits.table_elements_max,
            host_bytes: 0,
            share: Arc::clone(share),
            taken_bytes: 0,
        }
    }

    /// Counts what the host keeps for the call while the call waits: what it hands over to be stored or sent, and the answer.
    pub(in crate::plugin) fn host_keeps(&mut self, bytes: usize) -> wasmtime::Result<()> {
        let more = (bytes as u64).saturating_sub(self.host_bytes);
        if more > 0 {
            self.take(more)?;
            self.host_bytes = bytes as u64;
        }
        Ok(())
    }

    /// Returns the bytes of all memories.
    pub(in crate::plugin) fn memory_bytes(&self) -> u64 {
        self.memory_bytes
    }

    /// The limit of memory, if the plugin was refused more.
    pub(in crate::plugin) fn refused(&self) -> Option<LimitHit> {
        (self.refusals > 0).then(|| self.hit())
    }

    fn hit(&self) -> LimitHit {
        LimitHit {
            what: "the plugin's memory in bytes",
            setting: "memory_bytes_max",
            value: self.memory_bytes_max,
        }
    }

    /// Gives back what the host kept for a call that has ended, while its instance is kept for the next one.
    pub(in crate::plugin) fn host_lets_go(&mut self) {
        self.share.give_back(self.host_bytes);
        self.taken_bytes = self.taken_bytes.saturating_sub(self.host_bytes);
        self.host_bytes = 0;
    }

    fn take(&mut self, bytes: u64) -> wasmtime::Result<()> {
        self.share.take(bytes)?;
        self.taken_bytes += bytes;
        Ok(())
    }
}

impl Drop for MemoryMeter {
    fn drop(&mut self) {
        self.share.give_back(self.taken_bytes);
    }
}

impl ResourceLimiter for MemoryMeter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            // Its own declaration stops it, so nothing is to be counted.
            return Ok(true);
        }
        let more = desired.saturating_sub(current) as u64;
        let whole = self.memory_bytes.saturating_add(more);
        let to_tell = if self.refusals > 0 {
            self.memory_bytes_max / PART_TO_TELL
        } else {
            0
        };
        if whole > self.memory_bytes_max.saturating_add(to_tell) {
            // A memory that is too large from the beginning is nothing that a plugin could tell of.
            if current == 0 || self.refusals >= REFUSALS_MAX {
                return Err(self.hit().into());
            }
            self.refusals += 1;
            return Ok(false);
        }
        self.memory_bytes = whole;
        self.take(more)?;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(true);
        }
        let more = desired.saturating_sub(current) as u64;
        self.table_elements = self.table_elements.saturating_add(more);
        if self.table_elements > self.table_elements_max {
            return Err(LimitHit {
                what: "the number of the plugin's table elements",
                setting: "table_elements_max",
                value: self.table_elements_max,
            }
            .into());
        }
        self.take(more.saturating_mul(TABLE_ELEMENT_BYTES))?;
        Ok(true)
    }
}
