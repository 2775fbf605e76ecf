//! Schedules as they stand in the database.

use super::tasks::NewTask;

/// Who asks for the task of a schedule; no plugin can have this name.
pub const SCHEDULER: &str = "@schedule";

/// A schedule of a plugin for one application, as far as it was dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleRow {
    /// The plugin.
    pub plugin: String,
    /// The application.
    pub app: String,
    /// The task that runs.
    pub task: String,
    /// Its times, as text, as the server that looked at it last has them.
    pub times: String,
    /// Time up to which everything has run or was missed; in milliseconds since 1970.
    pub after_ms: u64,
    /// When a server last looked at it.
    pub seen_ms: u64,
    /// The latest time that was run.
    pub last_ms: Option<u64>,
    /// How many times were missed.
    pub missed: u64,
}

/// A step of a schedule: the times up to a moment are dealt with.
#[derive(Debug, Clone)]
pub struct ScheduleStep {
    /// The row before it; the step is made only if nobody else has made one meanwhile.
    pub before: ScheduleRow,
    /// Its times as this server has them.
    pub times: String,
    /// Up to which moment they are dealt with.
    pub after_ms: u64,
    /// How many of them are missed.
    pub missed: u64,
    /// The task that runs for the latest of them, if one does.
    pub run: Option<NewTask>,
    /// The time, in milliseconds since 1970.
    pub now_ms: u64,
}
