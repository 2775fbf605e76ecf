//! Percent-encoding in the URL of a database, read strictly.

/// Text of one part of a URL, without its escapes.
///
/// `None` when a `%` begins no escape, or what comes out is not UTF-8: such a part was written without escapes, and decoding it
/// would make another one of it, in silence.
pub fn unescaped(part: &str) -> Option<String> {
    let begins_escape = |rest: &str| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    if !part.split('%').skip(1).all(begins_escape) {
        return None;
    }
    let text = percent_encoding::percent_decode_str(part).decode_utf8().ok()?;
    Some(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn a_percent_sign_that_begins_no_escape_is_refused() {
        for (part, text) in [("a%20b%2f", "a b/"), ("", ""), ("%E9%A3%9E", "飞"), ("%2541", "%41")] {
            assert_eq!(unescaped(part).as_deref(), Some(text), "{part}");
        }
        for part in ["100%", "a%b", "%zz", "%%41", "%4", "%飞", "%E9"] {
            assert_eq!(unescaped(part), None, "{part}");
        }
    }
}
