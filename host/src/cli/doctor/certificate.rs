//! What a TLS certificate says of itself: as much of X.509 as it takes to tell when it ends and who has signed it.

/// Certificate as far as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    /// Whether it vouches for itself.
    pub(super) is_self_signed: bool,
    /// End of its validity, in seconds since 1970.
    pub(super) not_after: i64,
}

const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const VERSION: u8 = 0xa0;

impl Certificate {
    /// Reads a certificate in DER; none when it has another form.
    pub(super) fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate, _) = element(der)?;
        let (_, signed, _) = element(certificate)?;
        let mut rest = signed;
        let mut next = || {
            let (tag, content, after) = element(rest)?;
            rest = after;
            Some((tag, content))
        };
        let (tag, _) = next()?;
        if tag == VERSION {
            next()?; // the serial number
        }
        next()?; // the algorithm
        let (_, issuer) = next()?;
        let (tag, validity) = next()?;
        let (_, subject) = next()?;
        let (_, _, end) = element(validity)?;
        let (kind, end, _) = element(end)?;
        Some(Self {
            is_self_signed: issuer == subject,
            not_after: (tag == SEQUENCE).then(|| time(kind, end))??,
        })
    }
}

/// Tag, content, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        let bytes = rest.get(..count).filter(|_| (1..=4).contains(&count))?;
        let length = bytes
            .iter()
            .fold(0_usize, |length, byte| (length << 8) | usize::from(*byte));
        (length, rest.get(count..)?)
    };
    Some((tag, rest.get(..length)?, rest.get(length..)?))
}

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
fn time(kind: u8, text: &[u8]) -> Option<i64> {
    let digits: Vec<i64> = text
        .strip_suffix(b"Z")?
        .iter()
        .map(|byte| byte.is_ascii_digit().then(|| i64::from(byte - b'0')))
        .collect::<Option<_>>()?;
    let number = |from: usize, count: usize| {
        let part = digits.get(from..from + count)?;
        Some(part.iter().fold(0, |number, digit| number * 10 + digit))
    };
    let (year, at) = match (kind, digits.len()) {
        (UTC_TIME, 12) => {
            let short = number(0, 2)?;
            (if short < 50 { 2000 + short } else { 1900 + short }, 2)
        }
        (GENERALIZED_TIME, 14) => (number(0, 4)?, 4),
        _ => return None,
    };
    let [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map(|from| number(at + from, 2));
    Some(seconds_of(year, month?, day?, hour? * 3600 + minute? * 60 + second?))
}

/// Seconds since 1970 of a date and a time of day in UTC.
pub(super) fn seconds_of(year: i64, month: i64, day: i64, second_of_day: i64) -> i64 {
    // The year begins in March, so that the day that is sometimes missing is its last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = (month + 9) % 12;
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era - 719_468) * 86_400 + second_of_day
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_time_are_read() {
        assert_eq!(time(UTC_TIME, b"700101000001Z"), Some(1));
        assert_eq!(time(UTC_TIME, b"240229235959Z"), Some(1_709_251_199));
        assert_eq!(time(GENERALIZED_TIME, b"20991231000000Z"), Some(4_102_358_400));
        for wrong in [&b""[..], b"Z", b"2402292359Z", b"24022923595xZ", b"240229235959"] {
            assert_eq!(time(UTC_TIME, wrong), None);
        }
    }

    #[test]
    fn bytes_that_are_no_certificate_are_none() {
        for wrong in [
            &b""[..],
            &[0x30],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x30, 0x02, 0x30, 0x00],
            &[0x30; 64],
        ] {
            assert_eq!(Certificate::read(wrong), None, "{wrong:?}");
        }
    }
}
