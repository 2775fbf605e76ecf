//! What one call of a plugin may use, and the meter that holds its memory to it.

use std::sync::Arc;

use wasmtime::ResourceLimiter;

use super::engine::Share;

/// No plugin may have more memory than this, whatever its settings say: a quarter of what its addresses could hold.
pub(super) const MEMORY_BYTES_CEILING: usize = 1 << 30;

/// What one call may use. The operator raises a limit under `[limits]` in the plugin's `.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// CPU time in milliseconds. A handler needs one; 500 leaves room for an interpreter and still answers inside Lark's
    /// three seconds.
    pub cpu_ms_max: u64,
    /// Bytes of all its memories together.
    pub memory_bytes_max: u64,
    /// Elements of all its tables together; an interpreter has 12 000.
    pub table_elements_max: u64,
    /// Bytes in one crossing from the plugin to the host: a reply, a value, a log line.
    pub host_call_bytes_max: u64,
    /// Handles that are open at once: streams, timers.
    pub handles_max: u64,
    /// Bytes that one call may log; the rest is cut, with a line that says so.
    pub log_bytes_max: u64,
    /// Bytes of one kv value.
    pub kv_value_bytes_max: u64,
    /// Bytes of all kv keys and values of the plugin, and 64 for each row.
    pub kv_bytes_max: u64,
    /// Calls at once; absent: as many as leave room for as many of others, so that no slow plugin ever stops the others.
    pub calls_max: Option<u64>,
    /// After so many milliseconds an event is of no use to this plugin any more; absent: the server's own setting.
    pub delivery_age_ms_max: Option<u64>,
    /// Tasks that one outcome may ask for. A handler needs one or two; a commit takes the rows of 256 callers.
    pub tasks_max: u64,
    /// Bytes of one task's payload.
    pub task_bytes_max: u64,
    /// How far ahead a task may be due, in milliseconds: as long as metadata is kept.
    pub task_delay_ms_max: u64,
    /// Tasks that may follow from one another, the first from an event: one that asks for itself again ends here.
    pub task_generations_max: u64,
    /// Tasks that may follow from one event, all generations together.
    pub chain_tasks_max: u64,
    /// Tasks of this plugin's asking that may wait at once.
    pub waiting_tasks_max: u64,
    /// Bytes of their payloads together.
    pub waiting_bytes_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_ms_max: 500,
            memory_bytes_max: 64 << 20,
            table_elements_max: 30_000,
            host_call_bytes_max: 2 << 20,
            handles_max: 256,
            log_bytes_max: 64 << 10,
            kv_value_bytes_max: 256 << 10,
            kv_bytes_max: 16 << 20,
            calls_max: None,
            delivery_age_ms_max: None,
            tasks_max: 16,
            task_bytes_max: 256 << 10,
            task_delay_ms_max: 30 * 24 * 3_600_000,
            task_generations_max: 64,
            chain_tasks_max: 256,
            waiting_tasks_max: 10_000,
            waiting_bytes_max: 64 << 20,
        }
    }
}

/// A limit that a call ran into.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what} is over the limit of {value}; the setting is `{setting} = {value}` under [limits] in the plugin's .toml"
)]
pub struct LimitHit {
    /// What was counted, in words.
    pub what: &'static str,
    /// The key under `[limits]`.
    pub setting: &'static str,
    /// The limit's value.
    pub value: u64,
}

/// Bytes of an element of a table, as the host keeps it.
const TABLE_ELEMENT_BYTES: u64 = 8;

/// Adds up memories and tables of one call, and takes them out of what all calls share; given back when it is dropped.
/// Refusing traps: a plugin that only sees "no more memory" aborts later, with a message that names no limit.
#[derive(Debug)]
pub(super) struct MemoryMeter {
    memory_bytes: u64,
    memory_bytes_max: u64,
    table_elements: u64,
    table_elements_max: u64,
    /// The most that the host has kept for the call at once.
    host_bytes: u64,
    share: Arc<Share>,
    taken_bytes: u64,
}

impl MemoryMeter {
    pub(super) fn new(limits: &Limits, share: &Arc<Share>) -> Self {
        Self {
            memory_bytes: 0,
            memory_bytes_max: limits.memory_bytes_max,
            table_elements: 0,
            table_elements_max: limits.table_elements_max,
            host_bytes: 0,
            share: Arc::clone(share),
            taken_bytes: 0,
        }
    }

    /// Counts what the host keeps for the call while the call waits: what it hands over to be stored or sent, and the answer.
    pub(super) fn host_keeps(&mut self, bytes: usize) -> wasmtime::Result<()> {
        let more = (bytes as u64).saturating_sub(self.host_bytes);
        if more > 0 {
            self.take(more)?;
            self.host_bytes = bytes as u64;
        }
        Ok(())
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
        self.memory_bytes = self.memory_bytes.saturating_add(more);
        if self.memory_bytes > self.memory_bytes_max {
            return Err(LimitHit {
                what: "the plugin's memory in bytes",
                setting: "memory_bytes_max",
                value: self.memory_bytes_max,
            }
            .into());
        }
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
