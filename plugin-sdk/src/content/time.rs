//! Moments in messages, which Lark writes as milliseconds since 1970.

use serde_json::Value;

/// Date and time of day in UTC, to the minute; `None` for what is no moment.
pub(super) fn minutes(ms: Option<&Value>) -> Option<String> {
    let ms = match ms? {
        Value::String(text) => text.parse().ok()?,
        number => number.as_u64()?,
    };
    if ms == 0 {
        return None;
    }
    let minutes = ms / 60_000;
    let (year, month, day) = date(minutes / 1440);
    let of_day = minutes % 1440;
    Some(format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02} UTC",
        of_day / 60,
        of_day % 60
    ))
}

/// The date of a day since 1970-01-01, in the calendar of ISO 8601. Years are counted from March, so that the day that is
/// not always there is the last one.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::minutes;

    #[test]
    fn a_moment_is_written_in_utc() {
        for (ms, text) in [
            (json!("1704067200000"), Some("2024-01-01 00:00 UTC")),
            (json!(1_709_164_740_000_u64), Some("2024-02-28 23:59 UTC")),
            (json!(1_709_251_199_999_u64), Some("2024-02-29 23:59 UTC")),
            (json!(1_709_251_200_000_u64), Some("2024-03-01 00:00 UTC")),
            (json!(4_107_542_400_000_u64), Some("2100-03-01 00:00 UTC")),
            (json!("0"), None),
            (json!("soon"), None),
            (json!(-1), None),
        ] {
            assert_eq!(minutes(Some(&ms)).as_deref(), text, "{ms}");
        }
        assert!(minutes(Some(&json!(u64::MAX))).is_some());
        assert_eq!(minutes(None), None);
    }
}
