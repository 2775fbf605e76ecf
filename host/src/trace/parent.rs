//! The header `traceparent` (W3C Trace Context): from a proxy in front of the server, and to Lark.

use super::ids::{SpanId, TraceId};

/// Flag of a span that is recorded.
const SAMPLED: u8 = 1;

/// A caller's span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parent {
    pub(super) trace: TraceId,
    pub(super) span: SpanId,
    pub(super) is_sampled: bool,
}

impl Parent {
    /// Reads a header; one that is not as it must be is as none.
    pub(super) fn parse(header: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(header).ok()?;
        let mut parts = text.split('-');
        let [version] = bytes(parts.next()?)?;
        let (trace, span) = (bytes(parts.next()?)?, bytes(parts.next()?)?);
        let [flags] = bytes(parts.next()?)?;
        // A later version may append something; 255 is none.
        let ends = version != 0 || parts.next().is_none();
        let is_valid = version != 255 && ends && trace != [0; 16] && span != [0; 8];
        is_valid.then_some(Self {
            trace: TraceId(trace),
            span: SpanId(span),
            is_sampled: flags & SAMPLED != 0,
        })
    }
}

/// The header of a recorded span.
pub(super) fn header(trace: TraceId, span: SpanId) -> String {
    format!("00-{}-{}-01", hex::encode(trace.0), hex::encode(span.0))
}

/// Lower-case hexadecimal digits, exactly as many as wanted.
fn bytes<const BYTES: usize>(text: &str) -> Option<[u8; BYTES]> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let mut bytes = [0; BYTES];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_header_is_read_as_it_is_written() {
        let parent = Parent::parse(GOOD.as_bytes()).unwrap();
        assert!(parent.is_sampled);
        assert_eq!(header(parent.trace, parent.span), GOOD);
        let unsampled = GOOD.replace("-01", "-00");
        assert!(!Parent::parse(unsampled.as_bytes()).unwrap().is_sampled);
        let later = format!("cc{}-what-comes-later", &GOOD[2..]);
        assert!(Parent::parse(later.as_bytes()).is_some());
    }

    #[test]
    fn anything_else_is_no_parent() {
        for bad in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e47-00f067aa0ba902b7-01",
            "zz-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(Parent::parse(bad.as_bytes()), None, "{bad}");
        }
        assert_eq!(Parent::parse(&[0xff, 0xfe]), None);
    }
}
