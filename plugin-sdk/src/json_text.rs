//! Reading of JSON text, and its repair where it has lone surrogates, which JavaScript clients can produce.

use std::borrow::Cow;
use std::str;

use serde::Deserialize;
use serde::de::Error as _;

/// Reads bytes as JSON text. All of a plugin reads from a `str`: a second reader, of bytes, would be 7 KiB more.
pub(crate) fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, serde_json::Error> {
    let text = str::from_utf8(bytes).map_err(|_found| serde_json::Error::custom("it is not UTF-8"))?;
    serde_json::from_str(text)
}

/// Replaces each lone surrogate with U+FFFD. JSON text may contain them, but no Rust string can, and `serde_json` would
/// reject the whole text.
pub(crate) fn without_lone_surrogates(text: Cow<'_, str>) -> Cow<'_, str> {
    let mut mended = String::new();
    // The end of the part that is already copied.
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        let escape = at + found;
        at = match unit(&text, escape) {
            Some(0xD800..=0xDBFF) if matches!(unit(&text, escape + 6), Some(0xDC00..=0xDFFF)) => escape + 12,
            Some(0xD800..=0xDFFF) => {
                mended.push_str(text.get(copied..escape).unwrap_or_default());
                mended.push_str("\\ufffd");
                copied = escape + 6;
                copied
            }
            Some(_) => escape + 6,
            None => escape + 2,
        };
    }
    if copied == 0 {
        return text;
    }
    mended.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(mended)
}

/// The UTF-16 unit of the escape at this position (`\u` and four digits), if there is one.
fn unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::without_lone_surrogates;

    #[test]
    fn only_halves_that_stand_alone_are_replaced() {
        for (text, mended) in [
            (r#"{"a":"plain \" \\ é"}"#, None),
            (r#""\ud83d\ude00""#, None),
            (r#""\\ud83d""#, None),
            (r#""\ud83d""#, Some(r#""\ufffd""#)),
            (r#""\uDE00 \uD83D""#, Some(r#""\ufffd \ufffd""#)),
            (r#""\ud83d\ud83d\ude00""#, Some(r#""\ufffd\ud83d\ude00""#)),
            (r#""\\\ud83d\n""#, Some(r#""\\\ufffd\n""#)),
            (r#""\ud8""#, None),
            ("\\", None),
            ("\\中", None),
        ] {
            assert_eq!(without_lone_surrogates(text.into()), mended.unwrap_or(text), "{text}");
        }
    }
}
