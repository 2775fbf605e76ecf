//! Errors of the tasks that a plugin schedules.

use crate::plugin::limits::LimitHit;

/// The plugin's own name for a kind of work.
pub(in crate::plugin) const TASK_NAME_BYTES_MAX: usize = 128;

/// A rejected task; the whole outcome is then rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskRefusal {
    /// More, larger or later than they may be.
    #[error(transparent)]
    OverLimit(LimitHit),
    /// Too much of the plugin's waits already.
    #[error("{0}; wait until the queue is shorter, or drop deliveries with `lark-callback deliveries drop`")]
    OverQuota(LimitHit),
    /// Nobody can have this name.
    #[error("it asks for a task of the plugin `{plugin}`, which is not a valid name: 1 to 64 of a-z, 0-9, - and _")]
    PluginName {
        /// The start of it.
        plugin: String,
    },
    /// Not a name.
    #[error("it asks for the task `{name}`, which is not a valid name: one line of 1 to {TASK_NAME_BYTES_MAX} bytes")]
    Name {
        /// The start of it.
        name: String,
    },
    /// Not what the border says.
    #[error("the payload of its task `{name}` is not JSON (line {line}, column {column})")]
    NotJson {
        /// Which task.
        name: String,
        /// Where.
        line: usize,
        /// Where.
        column: usize,
    },
    /// Another plugin's work, without the operator's word.
    #[error("its task `{name}` for the plugin `{plugin}` is not granted; add {line} in {owner}.toml")]
    NotGranted {
        /// Which task.
        name: String,
        /// Whose work it would be.
        plugin: String,
        /// The line to add.
        line: String,
        /// The plugin that schedules it.
        owner: String,
    },
    /// There is nobody to do it.
    #[error("its task `{name}` is for the plugin `{plugin}`, which is not loaded")]
    NotLoaded {
        /// Which task.
        name: String,
        /// Whose work it would be.
        plugin: String,
    },
}

impl TaskRefusal {
    /// Returns a stable, one-word code for logs and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OverLimit(_) => "over_limit",
            Self::OverQuota(_) => "over_quota",
            Self::PluginName { .. } | Self::Name { .. } | Self::NotJson { .. } => "bad_task",
            Self::NotGranted { .. } => "not_granted",
            Self::NotLoaded { .. } => "no_plugin",
        }
    }

    /// Whether the same call would come to the same end until somebody changes the plugin or its settings. A grant and a
    /// plugin may come while it is tried again, and what waits gets less.
    pub fn is_final(&self) -> bool {
        match self {
            Self::OverLimit(_) | Self::PluginName { .. } | Self::Name { .. } | Self::NotJson { .. } => true,
            Self::OverQuota(_) | Self::NotGranted { .. } | Self::NotLoaded { .. } => false,
        }
    }
}
