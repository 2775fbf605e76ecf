//! Repair of JSON text with lone surrogates.

use std::borrow::Cow;

/// Replaces each lone surrogate with U+FFFD.
///
/// JSON text may hold them (JavaScript's `slice` can cut an emoji in half), but Lark and strict parsers reject the whole text.
pub fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    let mut mended = String::new();
    // The end of the part that is already copied.
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('\\')) {
        let escape = at + found;
        at = match unit(text, escape) {
            Some(0xD800..=0xDBFF) if matches!(unit(text, escape + 6), Some(0xDC00..=0xDFFF)) => escape + 12,
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
        return Cow::Borrowed(text);
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
    use std::borrow::Cow;

    use super::without_lone_surrogates;

    #[test]
    fn only_halves_that_stand_alone_are_replaced() {
        for (text, mended) in [
            (r#"{"a":"plain \" \\ é 😀"}"#, None),
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
            let shown = without_lone_surrogates(text);
            assert_eq!(shown, mended.unwrap_or(text), "{text}");
            assert_eq!(matches!(shown, Cow::Borrowed(_)), mended.is_none(), "{text}");
        }
    }
}
