//! Escaping of foreign text for a log line or a terminal: it cannot end the line, move the cursor or change the writing
//! direction.

use std::borrow::Cow;

/// Escapes control characters, line ends of any kind, and changes of writing direction.
pub fn escaped(text: &str) -> Cow<'_, str> {
    escape(text, is_unfit)
}

/// Does the same for a text of several lines, keeping its line ends.
pub fn escaped_lines(text: &str) -> Cow<'_, str> {
    escape(text, |character| character != '\n' && is_unfit(character))
}

/// The same with each stretch of white space as one space: what a parser says over several lines.
pub fn on_one_line(text: &str) -> String {
    escaped(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}

fn escape(text: &str, is_unfit: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_unfit) {
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

/// Whether a log line or a terminal shows something else than this character, or obeys it.
pub fn is_unfit(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::{escaped, escaped_lines, on_one_line};

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

    #[test]
    fn a_text_of_several_lines_becomes_one() {
        assert_eq!(
            on_one_line("expected=[\n    0x0,\n]\tgot \u{1b}"),
            "expected=[ 0x0, ] got \\u{1b}"
        );
    }

    #[test]
    fn a_text_of_several_lines_keeps_them() {
        assert_eq!(escaped_lines("a\nb\r\u{202e}c"), "a\nb\\r\\u{202e}c");
    }
}
