//! Truncation of foreign texts to a length that fits a log line and a column.

/// Longest prefix of at most this many bytes.
pub fn cut(text: &str, bytes_max: usize) -> &str {
    let end = text.len().min(bytes_max);
    let end = (0..=end)
        .rev()
        .find(|&end| text.is_char_boundary(end))
        .unwrap_or_default();
    text.get(..end).unwrap_or_default()
}

/// The text itself if it is short enough, otherwise its start and the number of bytes left out.
pub fn shortened(text: String, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text;
    }
    let start = cut(&text, bytes_max);
    format!("{start}… ({} bytes more)", text.len() - start.len())
}

#[cfg(test)]
mod tests {
    use super::{cut, shortened};

    #[test]
    fn a_text_is_never_cut_inside_a_character() {
        assert_eq!(cut("授权", 4), "授");
        assert_eq!(cut("授权", 2), "");
        assert_eq!(cut("ab", 5), "ab");
    }

    #[test]
    fn what_is_missing_is_told() {
        assert_eq!(shortened("abc".to_owned(), 3), "abc");
        assert_eq!(shortened("abcd".to_owned(), 3), "abc… (1 bytes more)");
        assert_eq!(shortened("授权".to_owned(), 4), "授… (3 bytes more)");
    }
}
