//! A plugin's text made fit for a log line: nothing in it can end the line or move a terminal's cursor.

use std::borrow::Cow;

/// The text with control characters, line ends of any kind and changes of writing direction written out.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unfit) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unfit(character) {
            shown.extend(character.escape_default())
        } else {
            shown.push(character)
        }
    }
    Cow::Owned(shown)
}

fn is_unfit(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn ordinary_text_is_left_alone() {
        assert_eq!(escaped("已取消授权 \"ok\" \\ 😀"), "已取消授权 \"ok\" \\ 😀");
    }

    #[test]
    fn nothing_ends_the_line_or_moves_the_cursor() {
        assert_eq!(escaped("a\nb\r\tc"), "a\\nb\\r\\tc");
        assert_eq!(escaped("\u{1b}[2J\u{9b}"), "\\u{1b}[2J\\u{9b}");
        assert_eq!(escaped("\u{2028}\u{202e}"), "\\u{2028}\\u{202e}");
    }
}
