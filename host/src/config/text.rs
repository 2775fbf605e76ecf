//! Text files as people and their editors write them.

/// Why a file holds no text that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// What Windows calls "Unicode".
    #[error("it is UTF-16; save it as UTF-8")]
    Utf16,
    /// Anything else.
    #[error("it is not UTF-8")]
    NotUtf8,
}

/// The text of a file, without the byte order mark that some editors put in front of it: that is no part of the first name
/// or of a secret.
///
/// # Errors
/// When the file is in another encoding.
pub fn text_of(bytes: Vec<u8>) -> Result<String, TextError> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(TextError::Utf16);
    }
    let mut text = String::from_utf8(bytes).map_err(|_not_utf8| TextError::NotUtf8)?;
    if text.starts_with('\u{feff}') {
        text.remove(0);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{TextError, text_of};

    #[test]
    fn a_byte_order_mark_is_not_part_of_the_text() {
        assert_eq!(text_of(b"\xef\xbb\xbfkey".to_vec()).as_deref(), Ok("key"));
        assert_eq!(text_of(b"key".to_vec()).as_deref(), Ok("key"));
        assert_eq!(text_of(b"\xff\xfek\0".to_vec()), Err(TextError::Utf16));
        assert_eq!(text_of(b"k\xff".to_vec()), Err(TextError::NotUtf8));
    }
}
