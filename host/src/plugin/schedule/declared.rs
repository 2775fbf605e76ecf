//! Schedules that a plugin names in the attributes of its description.

use super::ScheduleSpec;
use crate::telemetry::escaped;

/// The attribute that holds one schedule, as JSON.
const SCHEDULE: &str = "schedule";

/// More than anybody plans.
const SCHEDULES_MAX: usize = 32;

const FORM: &str = "JSON like {\"task\":\"digest\",\"at\":\"0 9 * * 1-5\",\"zone\":\"Asia/Shanghai\"}";

/// The schedules among the attributes, each checked.
///
/// # Errors
/// The field that is wrong, and what it must be.
pub(in crate::plugin) fn declared(attributes: &[(String, String)]) -> Result<Vec<ScheduleSpec>, (String, String)> {
    let mut schedules: Vec<ScheduleSpec> = Vec::new();
    for (_, text) in attributes.iter().filter(|(name, _)| name == SCHEDULE) {
        let spec: ScheduleSpec =
            serde_json::from_str(text).map_err(|_other| ("the attribute `schedule`".to_owned(), FORM.to_owned()))?;
        let of = |member: &str| format!("`{member}` of the schedule `{}`", escaped(&spec.task));
        if schedules.iter().any(|other| other.task == spec.task) {
            let once = "a task that it schedules once; several times are separated by commas";
            return Err((of("task"), once.to_owned()));
        }
        if schedules.len() >= SCHEDULES_MAX {
            return Err(("the number of schedules".to_owned(), format!("at most {SCHEDULES_MAX}")));
        }
        let read = spec.clone().read();
        read.map_err(|(member, wanted)| (of(member), wanted))?;
        schedules.push(spec);
    }
    Ok(schedules)
}
