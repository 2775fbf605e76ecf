//! Times for people in this machine's zone (`TZ`, else `/etc/localtime`), and for programs in UTC.

use std::{
    fmt,
    sync::LazyLock,
    time::{Duration, SystemTime},
};

use jiff::{Timestamp, Zoned, civil::DateTime, tz::TimeZone};
use tracing_subscriber::fmt::{format::Writer, time::FormatTime};

/// The zone, taken once: a process keeps it until it ends. The zones are part of this program, because a container may
/// have none.
static ZONE: LazyLock<Option<TimeZone>> = LazyLock::new(|| TimeZone::try_system().ok());

/// Form of a time in the name of a file; names are in the order of their times.
const STAMP: &str = "%Y%m%dT%H%M%S%.3fZ";

/// Whether the zone of this machine is not known, so that all times are in UTC.
pub fn is_zone_unknown() -> bool {
    ZONE.is_none()
}

/// Date and time of day in UTC, from milliseconds since 1970: `2026-11-23T21:56:09Z`.
pub fn utc(ms: u64) -> String {
    format!("{}Z", utc_second(ms / 1_000))
}

/// The same from seconds, and without the zone at its end.
pub(super) fn utc_second(seconds: u64) -> String {
    let second = i64::try_from(seconds)
        .ok()
        .and_then(|second| Timestamp::from_second(second).ok());
    second
        .unwrap_or(Timestamp::MAX)
        .strftime("%Y-%m-%dT%H:%M:%S")
        .to_string()
}

/// Date and time of day in this machine's zone, from milliseconds since 1970: `2026-11-24 05:56:09 +08:00`.
pub fn local(ms: u64) -> String {
    zoned(ms).strftime("%Y-%m-%d %H:%M:%S %:z").to_string()
}

/// The same without the zone, for a table that names it in its head.
pub fn local_in_table(ms: u64) -> String {
    zoned(ms).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Name of this machine's zone for the head of a table: `Asia/Shanghai`, or its offset at this moment.
pub fn zone_name(now_ms: u64) -> String {
    let zone = zone();
    match zone.iana_name() {
        Some(name) => name.to_owned(),
        None => zoned(now_ms).strftime("UTC%:z").to_string(),
    }
}

/// Seconds since the Unix epoch as a clock on this machine's wall would count them, so that days begin at its midnight.
pub(super) fn wall_seconds(seconds: i64) -> i64 {
    let timestamp = Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX);
    seconds.saturating_add(zone().to_offset(timestamp).seconds().into())
}

/// Time since 1970.
#[expect(clippy::disallowed_methods, reason = "a line tells when it was written")]
pub(super) fn since_1970() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

/// The same in milliseconds.
pub(super) fn now_ms() -> u64 {
    u64::try_from(since_1970().as_millis()).unwrap_or(u64::MAX)
}

/// Time for the name of a file, in UTC: `20261123T215609.123Z`.
pub(super) fn stamp(ms: u64) -> String {
    utc_moment(ms).strftime(STAMP).to_string()
}

/// Whether a text is such a time.
pub(super) fn is_stamp(text: &[u8]) -> bool {
    let time = std::str::from_utf8(text)
        .ok()
        .and_then(|text| DateTime::strptime(STAMP, text).ok());
    time.is_some_and(|time| time.strftime(STAMP).to_string().as_bytes() == text)
}

fn zone() -> TimeZone {
    ZONE.clone().unwrap_or(TimeZone::UTC)
}

fn zoned(ms: u64) -> Zoned {
    utc_moment(ms).to_zoned(zone())
}

fn utc_moment(ms: u64) -> Timestamp {
    let moment = i64::try_from(ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok());
    moment.unwrap_or(Timestamp::MAX)
}

/// Time of a line of text.
#[derive(Debug, Clone, Copy)]
pub(super) struct LocalTime;

impl FormatTime for LocalTime {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        let now = Timestamp::now().to_zoned(zone());
        write!(writer, "{}", now.strftime("%Y-%m-%dT%H:%M:%S%.6f%:z"))
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::{is_stamp, local, local_in_table, stamp, utc, utc_second};

    #[test]
    fn a_time_is_the_one_of_the_calendar() {
        assert_eq!(utc_second(0), "1970-01-01T00:00:00");
        assert_eq!(utc_second(951_782_400), "2000-02-29T00:00:00");
        assert_eq!(utc(1_795_384_569_999), "2026-11-22T21:56:09Z");
        assert_eq!(utc_second(4_107_542_399), "2100-02-28T23:59:59");
        assert!(utc(u64::MAX).starts_with("9999-12-"));
        assert!(local(u64::MAX).starts_with("9999-12-"));
        assert_eq!(local(0).get(..19), Some(local_in_table(0).as_str()));
    }

    #[test]
    fn a_stamp_is_known_again_and_nothing_else_is() {
        assert_eq!(stamp(1_795_384_569_007), "20261122T215609.007Z");
        for ms in [0, 1_795_384_569_000, 4_107_542_399_999] {
            assert!(is_stamp(stamp(ms).as_bytes()), "{ms}");
        }
        for other in [
            "",
            "1",
            "20261122",
            "20261122T215609Z",
            "20261122T215609.007Z.gz",
            "20261322T215609.007Z",
        ] {
            assert!(!is_stamp(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn zones_are_there_without_those_of_the_machine() {
        for name in ["Asia/Shanghai", "Europe/Berlin", "America/New_York"] {
            let bundled = jiff::tz::TimeZoneDatabase::bundled().get(name);
            assert_eq!(bundled.unwrap().iana_name(), Some(name));
        }
        assert!(TimeZone::get("Asia/Shangai").is_err());
    }
}
