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
        } else if !is_code && before.contains('|') && !is_rule(before) && is_rule(line) {
            found += 1;
        }
        before = line;
    }
    found
}

/// Markdown with at most this many tables; further ones become blocks of code, which Lark takes.
///
/// What a language model writes may have any number of them.
///
/// ```
/// let answer = "| a | b |\n|---|---|\n| 1 | 2 |\n";
/// assert_eq!(lark_card::tables_as_code(answer, 1), answer);
/// assert_eq!(lark_card::tables_as_code(answer, 0), format!("```\n{answer}```\n"));
/// ```
pub fn tables_as_code(markdown: &str, tables_max: usize) -> String {
    if tables(markdown) <= tables_max {
        return markdown.to_owned();
    }
    let lines: Vec<&str> = markdown.lines().collect();
    let (mut text, mut found, mut is_code, mut is_table) =
        (String::with_capacity(markdown.len() + 64), 0, false, false);
    for (index, line) in lines.iter().copied().enumerate() {
        let trimmed = line.trim();
        if is_table && !trimmed.contains('|') {
            text.push_str("```\n");
            is_table = false;
        }
        if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
            is_code = !is_code;
        }
        let rule = lines.get(index + 1).map_or("", |next| next.trim());
        if !is_code && !is_table && trimmed.contains('|') && is_rule(rule) && !is_rule(trimmed) {
            found += 1;
            if found > tables_max {
                text.push_str("```\n");
                is_table = true;
            }
        }
        text.push_str(line);
        text.push('\n');
    }
    if is_table {
        text.push_str("```\n");
    }
    text
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
