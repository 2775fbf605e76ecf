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

/// JSON whose texts a terminal shows and does not obey: still JSON, and of the same value.
pub fn escaped_json(json: &str) -> Cow<'_, str> {
    // JSON writes those below a blank so already; the others stand in texts only.
    escape_as_json(json, |character| character != '\n' && is_unfit(character))
}

/// Does the same for a page: a reader sees every character that would change how the page reads, in payloads as JSON has it.
pub fn escaped_html(html: &str) -> Cow<'_, str> {
    escape_as_json(html, |character| {
        !matches!(character, '\n' | '\t') && is_unfit(character)
    })
}

/// Text with each stretch of white space as one space: what a parser says over several lines.
pub fn on_one_line(text: &str) -> String {
    escaped(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned()
}

fn escape_as_json(text: &str, is_unfit: impl Fn(char) -> bool) -> Cow<'_, str> {
    let mut units = [0; 2];
    escape_with(text, is_unfit, move |character, shown| {
        let units = character.encode_utf16(&mut units).iter();
        shown.extend(units.map(|unit| format!("\\u{unit:04x}")));
    })
}

fn escape(text: &str, is_unfit: impl Fn(char) -> bool) -> Cow<'_, str> {
    escape_with(text, is_unfit, |character, shown| {
        shown.extend(character.escape_default())
    })
}

fn escape_with(text: &str, is_unfit: impl Fn(char) -> bool, mut write: impl FnMut(char, &mut String)) -> Cow<'_, str> {
    if !text.contains(&is_unfit) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_unfit(character) {
            write(character, &mut shown);
        } else {
            shown.push(character);
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
    use super::{escaped, escaped_html, escaped_json, escaped_lines, on_one_line};

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
    fn json_for_a_terminal_has_the_same_value() {
        let value = serde_json::json!({"text": "\u{1b}[2J\u{9b}31m\u{7f}\u{202e}授权 \"\n"});
        for json in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let shown = escaped_json(&json);
            assert!(
                !shown.chars().any(|symbol| symbol != '\n' && super::is_unfit(symbol)),
                "{shown}"
            );
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
            assert_eq!(shown.lines().count(), json.lines().count());
        }
    }

    #[test]
    fn a_text_of_several_lines_keeps_them() {
        assert_eq!(escaped_lines("a\nb\r\u{202e}c"), "a\nb\\r\\u{202e}c");
    }

    #[test]
    fn a_page_shows_what_would_turn_it_around() {
        let html = "<td>\n\ta\u{202e}b\u{1b}\u{85}\u{2067}</td>";
        assert_eq!(escaped_html(html), "<td>\n\ta\\u202eb\\u001b\\u0085\\u2067</td>");
        assert_eq!(escaped_html("<p>שלום\u{200f} 😀"), "<p>שלום\u{200f} 😀");
    }
}
