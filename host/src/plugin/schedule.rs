//! Schedules: times at which a task of a plugin runs, named by the plugin or by the operator.

mod declared;
mod operator;

use std::{fmt, sync::LazyLock};

use croner::{
    Cron,
    parser::{CronParser, Seconds, Year},
};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::{error::TASK_NAME_BYTES_MAX, grant};
use crate::telemetry::{escaped, is_unfit, shortened};

pub use self::operator::OperatorSchedule;
pub(super) use self::{declared::declared, operator::merged};

/// Zone of times without one.
const ZONE: &str = "UTC";

/// Age up to which a missed time is made up for: whoever wants a report at nine wants it at ten, and not the day after.
const LATE_MS_MAX: u64 = 3_600_000;

/// Longest time for which a missed time may be made up for: half a year, as long as a task may be planned.
const LATE_MS_CEILING: u64 = 366 * 24 * 3_600_000;

/// Length of the five fields; longer ones are generated, and nobody can read them.
const AT_BYTES_MAX: usize = 256;

/// Part of a wrong value that is shown.
const SHOWN_BYTES_MAX: usize = 64;

/// Size of a payload.
const PAYLOAD_BYTES_MAX: usize = 64 << 10;

/// Times of one look that are counted one by one. More were missed only after a month of a task that runs every minute.
const COUNTED_MAX: u64 = 50_000;

/// A schedule as it is written, by the plugin in its description or completed by the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleSpec {
    /// The task that runs.
    pub task: String,
    /// Minute, hour, day of the month, month and day of the week, as in a crontab.
    pub at: String,
    /// Name of a time zone.
    #[serde(default = "utc")]
    pub zone: String,
    /// Payload of the task.
    #[serde(default = "no_payload")]
    pub payload: serde_json::Value,
    /// Milliseconds after which a missed time is not made up for.
    #[serde(default = "late_ms_max")]
    pub late_ms_max: u64,
}

fn utc() -> String {
    ZONE.to_owned()
}

fn no_payload() -> serde_json::Value {
    serde_json::Value::Object(serde_json::Map::new())
}

fn late_ms_max() -> u64 {
    LATE_MS_MAX
}

/// A schedule that can be asked for its times.
#[derive(Clone)]
pub struct Schedule {
    /// As it is written.
    pub spec: ScheduleSpec,
    cron: Cron,
    zone: TimeZone,
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.spec.fmt(f)
    }
}

/// Times of a schedule that have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The latest of them, in milliseconds since 1970.
    pub latest_ms: u64,
    /// All of them.
    pub times: u64,
}

impl ScheduleSpec {
    /// Reads the times.
    ///
    /// # Errors
    /// The member that is wrong, and what it must be.
    pub fn read(self) -> Result<Schedule, (&'static str, String)> {
        let task = &self.task;
        if task.is_empty() || task.len() > TASK_NAME_BYTES_MAX || task.contains(is_unfit) {
            return Err(("task", format!("one line of 1 to {TASK_NAME_BYTES_MAX} bytes")));
        }
        if !(60_000..=LATE_MS_CEILING).contains(&self.late_ms_max) {
            return Err((
                "late_ms_max",
                format!("a number from 60000 (a minute) to {LATE_MS_CEILING}"),
            ));
        }
        if self.payload.to_string().len() > PAYLOAD_BYTES_MAX {
            return Err(("payload", format!("at most {PAYLOAD_BYTES_MAX} bytes of JSON")));
        }
        let zone = zone(&self.zone).map_err(|wanted| ("zone", wanted))?;
        let cron = cron(&self.at).map_err(|wanted| ("at", wanted))?;
        let schedule = Schedule { spec: self, cron, zone };
        // The thirtieth of February; four centuries are a whole turn of the calendar, and leap days come within eight years.
        if schedule.next_after(946_684_800_000).is_none() {
            return Err(("at", "times that exist; this one never comes".to_owned()));
        }
        Ok(schedule)
    }
}

fn zone(name: &str) -> Result<TimeZone, String> {
    static NAMES: LazyLock<Vec<String>> =
        LazyLock::new(|| jiff::tz::db().available().map(|name| name.to_string()).collect());
    TimeZone::get(name).map_err(|_unknown| {
        let names: Vec<&str> = NAMES.iter().map(String::as_str).collect();
        format!(
            "the name of a time zone, like `Asia/Shanghai`, and is `{}`; the nearest to it is `{}`",
            shown(name),
            grant::nearest(name, &names)
        )
    })
}

fn cron(at: &str) -> Result<Cron, String> {
    const FORM: &str =
        "five fields as in a crontab: minute, hour, day of the month, month, day of the week, like `0 9 * * 1-5`";
    if at.len() > AT_BYTES_MAX || at.contains(char::is_control) {
        return Err(FORM.to_owned());
    }
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build();
    parser
        .parse(at)
        .map_err(|error| format!("{FORM}, and is `{}` ({error})", shown(at)))
}

/// A wrong value, for whoever wrote it.
fn shown(value: &str) -> String {
    escaped(&shortened(value.to_owned(), SHOWN_BYTES_MAX)).into_owned()
}

impl Schedule {
    /// Identity of its times: a change begins anew.
    pub fn times(&self) -> String {
        format!("{} {}", self.spec.at, self.spec.zone)
    }

    /// The first time after this one, in milliseconds since 1970.
    pub fn next_after(&self, ms: u64) -> Option<u64> {
        let from = self.local(ms)?;
        let next = self.cron.find_next_occurrence(&from, false).ok()?;
        u64::try_from(next.timestamp().as_millisecond()).ok()
    }

    /// The times after one and up to another; none if there are none.
    pub fn due(&self, after_ms: u64, now_ms: u64) -> Option<Due> {
        let mut latest_ms = self.next_after(after_ms).filter(|first| *first <= now_ms)?;
        let mut times = 1;
        while let Some(next) = self.next_after(latest_ms).filter(|next| *next <= now_ms) {
            latest_ms = next;
            times += 1;
            if times >= COUNTED_MAX {
                // The rest is passed over; the latest is what counts.
                latest_ms = self.last_until(now_ms).unwrap_or(latest_ms);
                break;
            }
        }
        Some(Due { latest_ms, times })
    }

    fn last_until(&self, ms: u64) -> Option<u64> {
        let last = self.cron.find_previous_occurrence(&self.local(ms)?, true).ok()?;
        u64::try_from(last.timestamp().as_millisecond()).ok()
    }

    /// A moment in the schedule's zone, for people.
    pub fn shown(&self, ms: u64) -> String {
        let shown = self.local(ms).map(|at| at.strftime("%Y-%m-%d %H:%M %Z").to_string());
        shown.unwrap_or_default()
    }

    fn local(&self, ms: u64) -> Option<Zoned> {
        let at = Timestamp::from_millisecond(i64::try_from(ms).ok()?).ok()?;
        Some(at.to_zoned(self.zone.clone()))
    }
}

#[cfg(test)]
mod tests;
