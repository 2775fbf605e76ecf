//! Lines of the input, of which none takes more memory than the longest that is allowed.

use std::io::{BufRead, Read as _};

/// Longest line. A request with the arguments of a tool is far shorter.
const LINE_BYTES_MAX: usize = 1 << 20;

/// Line of the input.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Its bytes, without the end.
    Whole(Vec<u8>),
    /// It was too long, and is skipped.
    TooLong,
}

/// Reads the next line that is not empty; none at the end of the input, or when it cannot be read any more.
pub(super) fn read_line(input: &mut impl BufRead) -> Option<Line> {
    loop {
        let mut bytes = Vec::new();
        let read = input
            .by_ref()
            .take(LINE_BYTES_MAX as u64 + 1)
            .read_until(b'\n', &mut bytes)
            .ok()?;
        if read == 0 {
            return None;
        }
        if bytes.last() != Some(&b'\n') && bytes.len() > LINE_BYTES_MAX {
            skip_line(input)?;
            return Some(Line::TooLong);
        }
        while bytes.last().is_some_and(u8::is_ascii_whitespace) {
            bytes.pop();
        }
        if !bytes.is_empty() {
            return Some(Line::Whole(bytes));
        }
    }
}

/// Skips the rest of a line, a buffer at a time.
fn skip_line(input: &mut impl BufRead) -> Option<()> {
    loop {
        let buffer = input.fill_buf().ok()?;
        if buffer.is_empty() {
            return Some(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(buffer.len(), |end| end + 1);
        input.consume(used);
        if end.is_some() {
            return Some(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_too_long_is_skipped_and_the_next_one_is_read() {
        let long = "x".repeat(LINE_BYTES_MAX + 5);
        let text = format!("{{}}\r\n\n{long}\n[]\nlast");
        let mut input = text.as_bytes();
        assert_eq!(read_line(&mut input), Some(Line::Whole(b"{}".to_vec())));
        assert_eq!(read_line(&mut input), Some(Line::TooLong));
        assert_eq!(read_line(&mut input), Some(Line::Whole(b"[]".to_vec())));
        assert_eq!(read_line(&mut input), Some(Line::Whole(b"last".to_vec())));
        assert_eq!(read_line(&mut input), None);
    }
}
