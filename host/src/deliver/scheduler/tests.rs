//! Steps of a schedule: after a stop, after a change, and with a clock that was wrong.

use serde_json::json;

use super::{AHEAD_MS_MAX, ScheduleRow, Step};
use crate::plugin::{Schedule, ScheduleSpec};

const HOUR_MS: u64 = 3_600_000;
/// A full hour.
const NOON_MS: u64 = 500_000 * HOUR_MS;

fn schedule(at: &str) -> Schedule {
    let spec = ScheduleSpec {
        task: "digest".to_owned(),
        at: at.to_owned(),
        zone: "UTC".to_owned(),
        payload: json!({}),
        late_ms_max: HOUR_MS / 2,
    };
    spec.read().unwrap()
}

fn row(schedule: &Schedule, after_ms: u64) -> ScheduleRow {
    ScheduleRow {
        plugin: "a".to_owned(),
        app: "cli_a".to_owned(),
        task: "digest".to_owned(),
        times: schedule.times(),
        after_ms,
        seen_ms: after_ms,
        last_ms: None,
        missed: 0,
    }
}

/// The step of a server that looks for the first time.
fn next_step(row: &ScheduleRow, schedule: &Schedule, now_ms: u64) -> Option<Step> {
    super::next_step(row, schedule, None, now_ms)
}

fn step(after_ms: u64, missed: u64, run_ms: Option<u64>) -> Option<Step> {
    Some(Step {
        after_ms,
        missed,
        run_ms,
    })
}

#[test]
fn a_time_runs_when_it_has_come_and_not_before() {
    let hourly = schedule("0 * * * *");
    let before = row(&hourly, NOON_MS - 30_000);
    assert_eq!(next_step(&before, &hourly, NOON_MS - 1), None);
    assert_eq!(next_step(&before, &hourly, NOON_MS), step(NOON_MS, 0, Some(NOON_MS)));
    assert_eq!(next_step(&row(&hourly, NOON_MS), &hourly, NOON_MS + 1), None);
}

#[test]
fn of_what_came_during_a_stop_the_latest_runs_unless_it_is_too_old() {
    let hourly = schedule("0 * * * *");
    let stopped = row(&hourly, NOON_MS);
    let soon = NOON_MS + 3 * HOUR_MS + HOUR_MS / 2;
    let latest = NOON_MS + 3 * HOUR_MS;
    assert_eq!(next_step(&stopped, &hourly, soon), step(latest, 2, Some(latest)));
    assert_eq!(next_step(&stopped, &hourly, soon + 1), step(latest, 3, None));
}

#[test]
fn times_that_are_new_count_from_when_the_old_ones_were_there_last() {
    let (old, new) = (schedule("0 0 * * *"), schedule("0 * * * *"));
    let mut before = row(&old, NOON_MS - 9 * HOUR_MS);
    before.seen_ms = NOON_MS + 1;
    assert_eq!(next_step(&before, &new, NOON_MS + 60_000), step(NOON_MS + 1, 0, None));
    before.seen_ms = NOON_MS - 60_000;
    assert_eq!(next_step(&before, &new, NOON_MS + 1), step(NOON_MS, 0, Some(NOON_MS)));
}

#[test]
fn a_row_of_a_clock_that_was_ahead_does_not_stop_the_schedule() {
    let hourly = schedule("0 * * * *");
    let ahead = row(&hourly, NOON_MS + 9_000 * HOUR_MS);
    assert_eq!(next_step(&ahead, &hourly, NOON_MS), step(NOON_MS, 0, None));
    // Another server's clock is a little ahead: it has run the time already.
    let just_ahead = row(&hourly, NOON_MS);
    assert_eq!(next_step(&just_ahead, &hourly, NOON_MS - AHEAD_MS_MAX / 2), None);
}

/// The server with the old version looks between the new one's time and its look.
#[test]
fn two_versions_side_by_side_miss_none_of_their_times_and_run_none_twice() {
    let (ours, theirs) = (schedule("0 * * * *"), schedule("30 * * * *"));
    let mut before = row(&theirs, NOON_MS - 1_800_000);
    before.seen_ms = NOON_MS + 300;
    let looked_ms = Some(NOON_MS - 30_000);
    let ran = super::next_step(&before, &ours, looked_ms, NOON_MS + 800);
    assert_eq!(ran, step(NOON_MS, 0, Some(NOON_MS)));
    // Another server with our version has run it.
    before.after_ms = NOON_MS;
    let ran = super::next_step(&before, &ours, looked_ms, NOON_MS + 800);
    assert_eq!(ran, step(NOON_MS, 0, None));
}
