//! Contents of a TLS certificate: as much of X.509 as it takes to tell when it ends and who has signed it.

use jiff::{civil::DateTime, tz::TimeZone};

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

/// `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`, in seconds since 1970.
fn time(kind: u8, text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?;
    let digits = text.strip_suffix('Z')?;
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let digits = match (kind, digits.len()) {
        (UTC_TIME, 12) if is_plain && digits < "50" => format!("20{digits}"),
        (UTC_TIME, 12) if is_plain => format!("19{digits}"),
        (GENERALIZED_TIME, 14) if is_plain => digits.to_owned(),
        _ => return None,
    };
    let moment = DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
    Some(TimeZone::UTC.to_timestamp(moment).ok()?.as_second())
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
