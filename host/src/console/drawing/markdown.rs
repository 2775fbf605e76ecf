//! The Markdown of cards, read into blocks of lines.

/// Levels of a list that differ in the drawing.
const LIST_LEVELS_MAX: usize = 3;

/// Block of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block<'a> {
    Heading {
        level: usize,
        text: &'a str,
    },
    Paragraph(String),
    Item {
        level: usize,
        mark: Mark<'a>,
        text: &'a str,
    },
    Code(String),
    Quote(String),
    Rule,
    Table(Vec<Vec<&'a str>>),
}

/// Mark before an item of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark<'a> {
    Dot,
    Number(&'a str),
}

/// Reads a text.
pub(super) fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().peekable();
    let mut is_after_gap = true;
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        if trimmed.is_empty() {
            is_after_gap = true;
            continue;
        }
        if let Some(fence) = fence(trimmed) {
            let mut code = Vec::new();
            for line in lines.by_ref() {
                if line.trim().starts_with(fence) {
                    break;
                }
                code.push(line);
            }
            blocks.push(Block::Code(code.join("\n")));
        } else if is_rule(trimmed) {
            blocks.push(Block::Rule);
        } else if let Some(heading) = heading(trimmed) {
            blocks.push(heading);
        } else if let Some(quoted) = trimmed.strip_prefix('>') {
            let quoted = quoted.trim_start();
            match blocks.last_mut() {
                Some(Block::Quote(before)) if !is_after_gap => joined(before, quoted),
                _ => blocks.push(Block::Quote(quoted.to_owned())),
            }
        } else if let Some(item) = item(line) {
            blocks.push(item);
        } else if trimmed.contains('|') && lines.peek().is_some_and(|next| is_table_rule(next)) {
            lines.next();
            let mut rows = vec![cells(trimmed)];
            while let Some(row) = lines.next_if(|line| line.contains('|')) {
                rows.push(cells(row));
            }
            blocks.push(Block::Table(rows));
        } else {
            match blocks.last_mut() {
                Some(Block::Paragraph(before)) if !is_after_gap => joined(before, trimmed),
                _ => blocks.push(Block::Paragraph(trimmed.to_owned())),
            }
        }
        is_after_gap = false;
    }
    blocks
}

fn joined(before: &mut String, line: &str) {
    before.push('\n');
    before.push_str(line);
}

fn fence(line: &str) -> Option<&'static str> {
    ["```", "~~~"].into_iter().find(|fence| line.starts_with(fence))
}

fn is_rule(line: &str) -> bool {
    let of = |mark: char| line.len() >= 3 && line.chars().all(|it| it == mark);
    matches!(line, "<hr>" | "<hr/>" | "<hr />") || of('-') || of('*') || of('_')
}

fn heading(line: &str) -> Option<Block<'_>> {
    let text = line.trim_start_matches('#');
    let level = line.len() - text.len();
    let is_one = (1..=6).contains(&level) && text.starts_with(' ');
    is_one.then(|| Block::Heading {
        level,
        text: text.trim(),
    })
}

fn item(line: &str) -> Option<Block<'_>> {
    let text = line.trim_start();
    let indent: usize = line
        .chars()
        .take_while(|of| of.is_whitespace())
        .map(|of| if of == '\t' { 4 } else { 1 })
        .sum();
    let level = (indent / 2).min(LIST_LEVELS_MAX);
    if let Some(text) = text
        .strip_prefix("- ")
        .or_else(|| text.strip_prefix("* "))
        .or_else(|| text.strip_prefix("+ "))
    {
        return Some(Block::Item {
            level,
            mark: Mark::Dot,
            text: text.trim(),
        });
    }
    let (number, text) = text.split_once(". ")?;
    let is_number = (1..=6).contains(&number.len()) && number.bytes().all(|of| of.is_ascii_digit());
    is_number.then(|| Block::Item {
        level,
        mark: Mark::Number(number),
        text: text.trim(),
    })
}

fn is_table_rule(line: &str) -> bool {
    let line = line.trim();
    let has_both = line.contains('-') && line.contains('|');
    has_both && line.chars().all(|of| matches!(of, '|' | '-' | ':' | ' ' | '\t'))
}

fn cells(line: &str) -> Vec<&str> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let line = line.strip_suffix('|').unwrap_or(line);
    line.split('|').map(str::trim).collect()
}
