//! Texts of cards: tables and mentions in Markdown.

/// Tables in Markdown: a line of cells, and under it a line of dashes. Those in a code block are none.
pub(crate) fn tables(markdown: &str) -> usize {
    if !markdown.contains('|') {
        return 0;
    }
    let (mut found, mut is_code, mut before) = (0, false, "");
    for line in markdown.lines() {
        let line = line.trim();
        if line.starts_with("```") || line.starts_with("~~~") {
            is_code = !is_code;
        } else if !is_code && before.contains('|') && is_rule(line) {
            found += 1;
        }
        before = line;
    }
    found
}

fn is_rule(line: &str) -> bool {
    let dashes = line.contains('-') && line.contains('|');
    dashes && line.chars().all(|of| matches!(of, '|' | '-' | ':' | ' ' | '\t'))
}

/// Whether a text has a mention in the form of text messages.
pub(crate) fn has_mention_of_text(text: &str) -> bool {
    text.contains("<at ") && {
        let mut tags = text.split("<at ").skip(1);
        tags.any(|tag| tag.trim_start().starts_with("user_id"))
    }
}
