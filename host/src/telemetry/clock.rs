//! Times for people in this machine's zone (`TZ`, else `/etc/localtime`), and for programs in UTC.

use std::{fmt, sync::LazyLock};

use jiff::{Timestamp, Zoned, tz::TimeZone};
use tracing_subscriber::fmt::{format::Writer, time::FormatTime};

/// The zone, taken once: a process keeps it until it ends. The zones are part of this program, because a container may
/// have none.
static ZONE: LazyLock<Option<TimeZone>> = LazyLock::new(|| TimeZone::try_system().ok());

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

fn zone() -> TimeZone {
    ZONE.clone().unwrap_or(TimeZone::UTC)
}

fn zoned(ms: u64) -> Zoned {
    let moment = i64::try_from(ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok());
    moment.unwrap_or(Timestamp::MAX).to_zoned(zone())
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

    use super::{local, local_in_table, utc, utc_second};

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
    fn zones_are_there_without_those_of_the_machine() {
        for name in ["Asia/Shanghai", "Europe/Berlin", "America/New_York"] {
            let bundled = jiff::tz::TimeZoneDatabase::bundled().get(name);
            assert_eq!(bundled.unwrap().iana_name(), Some(name));
        }
        assert!(TimeZone::get("Asia/Shangai").is_err());
    }
}
