//! The section `[limits]` of a plugin's settings.

use toml::Table;

use super::{SettingsError, unknown, wrong};
use crate::plugin::limits::{Limits, MEMORY_BYTES_CEILING};

/// Reads the section; absent keys keep their defaults.
pub(super) fn read(section: Table) -> Result<Limits, SettingsError> {
    let mut limits = Limits::default();
    let mut calls_max = 0;
    let mut delivery_age_ms_max = 0;
    let mut event_age_ms_max = 0;
    for (key, value) in section {
        let (limit, most) = match key.as_str() {
            // A minute: by then Lark has long given up, and an event has its own time limit.
            "cpu_ms_max" => (&mut limits.cpu_ms_max, 60_000),
            "memory_bytes_max" => (&mut limits.memory_bytes_max, MEMORY_BYTES_CEILING as u64),
            "table_elements_max" => (&mut limits.table_elements_max, 1 << 20),
            "host_call_bytes_max" => (&mut limits.host_call_bytes_max, 256 << 20),
            "handles_max" => (&mut limits.handles_max, 1 << 20),
            "log_bytes_max" => (&mut limits.log_bytes_max, 64 << 20),
            "kv_value_bytes_max" => (&mut limits.kv_value_bytes_max, 64 << 20),
            "kv_bytes_max" => (&mut limits.kv_bytes_max, 1 << 40),
            "calls_max" => (&mut calls_max, 1 << 20),
            // As long as metadata is kept.
            "delivery_age_ms_max" => (&mut delivery_age_ms_max, 30 * 24 * 3_600_000),
            "event_age_ms_max" => (&mut event_age_ms_max, 366 * 24 * 3_600_000),
            // Rows of one commit.
            "tasks_max" => (&mut limits.tasks_max, 256),
            "task_bytes_max" => (&mut limits.task_bytes_max, 64 << 20),
            "task_delay_ms_max" => (&mut limits.task_delay_ms_max, 366 * 24 * 3_600_000),
            "task_generations_max" => (&mut limits.task_generations_max, 1_000_000),
            "chain_tasks_max" => (&mut limits.chain_tasks_max, 1_000_000),
            "waiting_tasks_max" => (&mut limits.waiting_tasks_max, 10_000_000),
            "waiting_bytes_max" => (&mut limits.waiting_bytes_max, 1 << 40),
            _ => return Err(unknown("limits.", &key, &LIMITS)),
        };
        *limit = value
            .as_integer()
            .and_then(|number| u64::try_from(number).ok())
            .filter(|number| (1..=most).contains(number))
            .ok_or_else(|| wrong(&format!("limits.{key}"), &format!("a number from 1 to {most}")))?;
    }
    limits.calls_max = (calls_max > 0).then_some(calls_max);
    limits.delivery_age_ms_max = (delivery_age_ms_max > 0).then_some(delivery_age_ms_max);
    limits.event_age_ms_max = (event_age_ms_max > 0).then_some(event_age_ms_max);
    Ok(limits)
}

/// Every key of the section.
pub(super) const LIMITS: [&str; 18] = [
    "cpu_ms_max",
    "memory_bytes_max",
    "table_elements_max",
    "host_call_bytes_max",
    "handles_max",
    "log_bytes_max",
    "kv_value_bytes_max",
    "kv_bytes_max",
    "calls_max",
    "delivery_age_ms_max",
    "event_age_ms_max",
    "tasks_max",
    "task_bytes_max",
    "task_delay_ms_max",
    "task_generations_max",
    "chain_tasks_max",
    "waiting_tasks_max",
    "waiting_bytes_max",
];
