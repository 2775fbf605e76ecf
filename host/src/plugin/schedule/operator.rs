//! The operator's part in schedules: `[schedule.TASK]` in a plugin's settings.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::{Schedule, ScheduleSpec, late_ms_max, no_payload, utc};
use crate::plugin::grant;

/// Operator's part in one schedule; what is absent is as the plugin says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OperatorSchedule {
    /// False switches a schedule of the plugin off.
    pub enabled: Option<bool>,
    /// See [`ScheduleSpec::at`].
    pub at: Option<String>,
    /// See [`ScheduleSpec::zone`].
    pub zone: Option<String>,
    /// See [`ScheduleSpec::payload`].
    pub payload: Option<Json>,
    /// See [`ScheduleSpec::late_ms_max`].
    pub late_ms_max: Option<u64>,
}

impl OperatorSchedule {
    /// The schedule of the plugin with what the operator says.
    fn of(&self, task: &str, own: Option<&ScheduleSpec>) -> Option<ScheduleSpec> {
        let at = self.at.clone().or_else(|| own.map(|own| own.at.clone()))?;
        Some(ScheduleSpec {
            task: task.to_owned(),
            at,
            zone: self
                .zone
                .clone()
                .or_else(|| own.map(|own| own.zone.clone()))
                .unwrap_or_else(utc),
            payload: self
                .payload
                .clone()
                .or_else(|| own.map(|own| own.payload.clone()))
                .unwrap_or_else(no_payload),
            late_ms_max: self
                .late_ms_max
                .or_else(|| own.map(|own| own.late_ms_max))
                .unwrap_or_else(late_ms_max),
        })
    }

    /// Checks what can be checked without the plugin.
    ///
    /// # Errors
    /// The member that is wrong, and what it must be.
    pub(in crate::plugin) fn check(&self, task: &str) -> Result<(), (&'static str, String)> {
        let always = OperatorSchedule {
            at: Some(self.at.clone().unwrap_or_else(|| "0 0 * * *".to_owned())),
            ..self.clone()
        };
        always.of(task, None).map_or(Ok(()), |spec| spec.read().map(|_| ()))
    }
}

/// The schedules of a plugin: its own, as the operator changed them, and those of the operator.
///
/// # Errors
/// An entry of the operator's without times for a task that the plugin does not schedule.
pub(in crate::plugin) fn merged(
    own: &[ScheduleSpec],
    operators: &BTreeMap<String, OperatorSchedule>,
) -> Result<Vec<Schedule>, String> {
    let mut merged: BTreeMap<&str, ScheduleSpec> = own.iter().map(|spec| (spec.task.as_str(), spec.clone())).collect();
    for (task, operators) in operators {
        let before = own.iter().find(|spec| spec.task == *task);
        if operators.enabled == Some(false) {
            merged.remove(task.as_str());
            continue;
        }
        let Some(spec) = operators.of(task, before) else {
            let known: Vec<&str> = own.iter().map(|spec| spec.task.as_str()).collect();
            let hint = if known.is_empty() {
                String::new()
            } else {
                format!(
                    "; the nearest that it schedules itself is `{}`",
                    grant::nearest(task, &known)
                )
            };
            return Err(format!(
                "`schedule.{task}` lacks `at`, and the plugin schedules no such task itself{hint}"
            ));
        };
        merged.insert(task, spec);
    }
    let read = |spec: ScheduleSpec| {
        let task = spec.task.clone();
        spec.read()
            .map_err(|(member, wanted)| format!("`schedule.{task}.{member}` must be {wanted}"))
    };
    merged.into_values().map(read).collect()
}
