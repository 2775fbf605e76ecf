//! Times of schedules: usual ones, and those at which clocks change.

use jiff::Timestamp;

use super::{Due, Schedule, ScheduleSpec, late_ms_max, no_payload};

fn spec(at: &str, zone: &str) -> ScheduleSpec {
    ScheduleSpec {
        task: "digest".to_owned(),
        at: at.to_owned(),
        zone: zone.to_owned(),
        payload: no_payload(),
        late_ms_max: late_ms_max(),
    }
}

fn schedule(at: &str, zone: &str) -> Schedule {
    spec(at, zone).read().unwrap()
}

fn ms(text: &str) -> u64 {
    text.parse::<Timestamp>().unwrap().as_millisecond().try_into().unwrap()
}

/// The next times after one, each in UTC.
fn times(schedule: &Schedule, after: &str, count: usize) -> Vec<String> {
    let mut at = ms(after);
    let mut times = Vec::new();
    for _ in 0..count {
        at = schedule.next_after(at).unwrap();
        times.push(Timestamp::from_millisecond(at.try_into().unwrap()).unwrap().to_string());
    }
    times
}

#[test]
fn nine_on_working_days_is_nine_where_it_is_meant() {
    let at_nine = schedule("0 9 * * 1-5", "Asia/Shanghai");
    // A Friday.
    let next = times(&at_nine, "2026-11-27T00:00:00Z", 2);
    assert_eq!(next, ["2026-11-27T01:00:00Z", "2026-11-30T01:00:00Z"]);
    assert_eq!(at_nine.shown(ms("2026-11-30T01:00:00Z")), "2026-11-30 09:00 CST");
}

/// The clocks of Berlin skip from two to three on 2026-03-29.
#[test]
fn a_time_that_a_clock_skips_comes_right_after_the_gap() {
    let at_half_past_two = schedule("30 2 * * *", "Europe/Berlin");
    let next = times(&at_half_past_two, "2026-03-28T12:00:00Z", 2);
    assert_eq!(next, ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
    let each_half_hour = schedule("*/30 * * * *", "Europe/Berlin");
    let next = times(&each_half_hour, "2026-03-29T00:00:00Z", 4);
    assert_eq!(
        next,
        [
            "2026-03-29T00:30:00Z",
            "2026-03-29T01:00:00Z",
            "2026-03-29T01:30:00Z",
            "2026-03-29T02:00:00Z"
        ]
    );
}

/// The clocks of Berlin go back from three to two on 2026-10-25.
#[test]
fn a_time_that_comes_twice_counts_once_and_an_interval_goes_on() {
    let at_half_past_two = schedule("30 2 * * *", "Europe/Berlin");
    let next = times(&at_half_past_two, "2026-10-24T12:00:00Z", 2);
    assert_eq!(next, ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    let each_half_hour = schedule("*/30 * * * *", "Europe/Berlin");
    let next = times(&each_half_hour, "2026-10-25T00:00:00Z", 4);
    assert_eq!(
        next,
        [
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:00:00Z",
            "2026-10-25T01:30:00Z",
            "2026-10-25T02:00:00Z"
        ]
    );
}

#[test]
fn times_that_have_come_are_counted_and_the_latest_is_told() {
    let hourly = schedule("0 * * * *", "UTC");
    let due = |from: &str, until: &str| hourly.due(ms(from), ms(until));
    assert_eq!(due("2026-11-27T09:00:00Z", "2026-11-27T09:59:59Z"), None);
    let latest_ms = ms("2026-11-27T12:00:00Z");
    assert_eq!(
        due("2026-11-27T09:00:00Z", "2026-11-27T12:00:00Z"),
        Some(Due { latest_ms, times: 3 })
    );
}

#[test]
fn years_of_minutes_are_passed_over() {
    let each_minute = schedule("* * * * *", "UTC");
    let due = each_minute
        .due(ms("2020-01-01T00:00:00Z"), ms("2026-11-27T09:00:30Z"))
        .unwrap();
    assert_eq!(due.latest_ms, ms("2026-11-27T09:00:00Z"));
}

#[test]
fn what_is_no_schedule_is_told_what_it_must_be() {
    let refused = |at: &str, zone: &str| spec(at, zone).read().unwrap_err();
    for at in ["9", "0 0 9 * * 1-5", "61 * * * *", "", "every day"] {
        let (member, wanted) = refused(at, "UTC");
        assert!(member == "at" && wanted.contains("`0 9 * * 1-5`"), "{at}: {wanted}");
    }
    assert!(refused("0 0 30 2 *", "UTC").1.contains("never comes"));
    let (member, wanted) = refused("0 9 * * *", "Asia/Shanghi");
    let told = "and is `Asia/Shanghi`; the nearest to it is `Asia/Shanghai`";
    assert!(member == "zone" && wanted.ends_with(told), "{wanted}");
}
