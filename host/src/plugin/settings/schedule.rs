//! The section `[schedule]` of a plugin's settings: one section for each task.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::{SettingsError, unknown, values::plain, wrong};
use crate::plugin::schedule::OperatorSchedule;

const KEYS: [&str; 5] = ["enabled", "at", "zone", "payload", "late_ms_max"];

/// More than anybody plans by hand.
const TASKS_MAX: usize = 64;

/// Reads the section.
pub(super) fn read(section: Table) -> Result<BTreeMap<String, OperatorSchedule>, SettingsError> {
    if section.len() > TASKS_MAX {
        return Err(wrong(
            "schedule",
            &format!("at most {TASKS_MAX} sections, one for each task"),
        ));
    }
    section
        .into_iter()
        .map(|(task, value)| {
            let Value::Table(section) = value else {
                return Err(wrong(
                    &format!("schedule.{task}"),
                    &format!("a section: [schedule.{task}] with `at = \"0 9 * * 1-5\"`"),
                ));
            };
            let schedule = one(&task, section)?;
            Ok((task, schedule))
        })
        .collect()
}

fn one(task: &str, section: Table) -> Result<OperatorSchedule, SettingsError> {
    let mut schedule = OperatorSchedule::default();
    let place = format!("schedule.{task}.");
    for (key, value) in section {
        let wanted = |wanted: &str| wrong(&format!("{place}{key}"), wanted);
        match key.as_str() {
            "enabled" => schedule.enabled = Some(value.as_bool().ok_or_else(|| wanted("true or false"))?),
            "at" => schedule.at = Some(text(value).ok_or_else(|| wanted("a text like \"0 9 * * 1-5\""))?),
            "zone" => schedule.zone = Some(text(value).ok_or_else(|| wanted("a text like \"Asia/Shanghai\""))?),
            "late_ms_max" => {
                let number = value.as_integer().and_then(|number| u64::try_from(number).ok());
                schedule.late_ms_max = Some(number.ok_or_else(|| wanted("a number of milliseconds"))?);
            }
            "payload" => schedule.payload = Some(plain(value)),
            _ => return Err(unknown(&place, &key, &KEYS)),
        }
    }
    let checked = schedule.check(task);
    checked.map_err(|(member, wanted)| wrong(&format!("{place}{member}"), &wanted))?;
    Ok(schedule)
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}
