//! The limits of one call of a plugin.

/// No plugin may have more memory than this, whatever its settings say: a quarter of what its addresses could hold.
pub(super) const MEMORY_BYTES_CEILING: usize = 1 << 30;

/// The limits of one call. The operator raises them under `[limits]` in the plugin's `.toml`.
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
    /// The age in milliseconds at which a delivery to this plugin expires; the server's setting when absent.
    pub delivery_age_ms_max: Option<u64>,
    /// The age in milliseconds, by the time at which Lark created it, from which on an event is not delivered to this plugin;
    /// absent: any age.
    pub event_age_ms_max: Option<u64>,
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
    /// Tasks scheduled by this plugin that may wait at once.
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
            event_age_ms_max: None,
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

/// A limit that a call exceeded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what} is over the limit of {value}; the setting is `{setting} = {value}` under [limits] in the plugin's .toml"
)]
pub struct LimitHit {
    /// The counted quantity, in words.
    pub what: &'static str,
    /// The key under `[limits]`.
    pub setting: &'static str,
    /// The limit's value.
    pub value: u64,
}
