//! Parser for `.env` files that keeps each value exactly as written.
//!
//! Programs that read such files disagree about escapes, variables and quotes inside a value. A secret must not depend
//! on that, so ambiguous values of this server's settings are reported instead of guessed.

use super::names;
use crate::codes::{Text, told};

/// One `NAME=value`, or a problem with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    Variable {
        name: String,
        value: String,
        /// Of its first line, counted from 1.
        number: usize,
    },
    Problem {
        problem: Text,
        /// Variable whose value could not be read; absent when everything after it could not be read either.
        name: Option<String>,
    },
}

/// One `NAME=value` as it stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Name of the variable.
    pub name: String,
    /// Its value; absent when the line belongs to another program and is not clear to us.
    pub value: Option<String>,
    /// The text, byte for byte: several lines when a quoted value has them.
    pub text: String,
}

/// All variables of a file, those of other programs too.
///
/// # Errors
/// With every line that is not clear.
pub fn entries(text: &str) -> Result<Vec<Entry>, Vec<Text>> {
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    for statement in statements(text) {
        match statement.and_then(|statement| Ok((statement.read()?, statement))) {
            Ok((value, Statement { name, text, .. })) => entries.push(Entry { name, value, text }),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(entries)
    } else {
        Err(problems)
    }
}

/// A value as it must stand in the file to be read back byte for byte; none for a value that no line can hold.
pub fn written(value: &str) -> Option<String> {
    let is_plain = |symbol: char| symbol.is_ascii_alphanumeric() || "-_./:@%+=,".contains(symbol);
    if value.contains(char::is_control) {
        return None;
    }
    if !value.is_empty() && value.chars().all(is_plain) {
        // Other programs that read such files take this as it is too, also those that keep quotes.
        return Some(value.to_owned());
    }
    if !value.contains('\'') {
        return Some(format!("'{value}'"));
    }
    (!value.contains(['"', '$', '\\', '`'])).then(|| format!("\"{value}\""))
}

/// Parses all lines except empty ones and comments. A problem names its line but never quotes it, because it may
/// contain a secret.
pub(super) fn parse(text: &str) -> Vec<Line> {
    let mut parsed = Vec::new();
    for statement in statements(text) {
        let (problem, name) = match statement.map(|statement| (statement.read(), statement)) {
            Ok((Ok(Some(value)), Statement { name, number, .. })) => {
                parsed.push(Line::Variable { name, value, number });
                continue;
            }
            // Settings of other programs are their own business.
            Ok((Ok(None), _)) => continue,
            Ok((Err(problem), Statement { name, .. })) => (problem, Some(name)),
            Err(problem) => (problem, None),
        };
        parsed.push(Line::Problem { problem, name });
    }
    parsed
}

/// `NAME=value` before the value is understood.
struct Statement {
    name: String,
    /// With its quotes and its comment.
    value: String,
    text: String,
    /// Of its first line, counted from 1.
    number: usize,
}

impl Statement {
    /// The value; none when it is another program's and not clear to us.
    fn read(&self) -> Result<Option<String>, Text> {
        match read(&self.name, &self.value) {
            Ok(value) => Ok(Some(value)),
            Err(what) if names::is_ours(&self.name) => Err(told!("line {}: {what}", "第 {} 行：{what:#}", self.number)),
            Err(_) => Ok(None),
        }
    }
}

fn statements(text: &str) -> Vec<Result<Statement, Text>> {
    let mut lines = text.lines().zip(1_usize..);
    let mut statements = Vec::new();
    while let Some((whole, number)) = lines.next() {
        let line = whole.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let problem = |what: Text| Err(told!("line {number}: {what}", "第 {number} 行：{what:#}"));
        let (name, value) = match line.strip_prefix("export ").unwrap_or(line).split_once('=') {
            Some((name, value)) if is_name(name.trim()) => (name.trim().to_owned(), value.trim()),
            _ => {
                statements.push(problem(told!("this is not NAME=value", "不是 NAME=value 的形式")));
                continue;
            }
        };
        let (mut value, mut text) = (value.to_owned(), whole.to_owned());
        let quote = value.chars().next().filter(|first| matches!(first, '\'' | '"'));
        if let Some(quote) = quote.filter(|quote| closing(&value, *quote).is_none()) {
            // Only the new line is looked at, because a file may be long and an escape does not reach over a line end.
            loop {
                let Some((more, _)) = lines.next() else {
                    statements.push(problem(told!("the quote is not closed", "引号没有闭合")));
                    return statements;
                };
                for text in [&mut value, &mut text] {
                    text.push('\n');
                    text.push_str(more);
                }
                if unescaped(more, quote).is_some() {
                    break;
                }
            }
        }
        statements.push(Ok(Statement {
            name,
            value,
            text,
            number,
        }));
    }
    statements
}

fn is_name(name: &str) -> bool {
    let is_letter = |symbol: char| symbol.is_ascii_alphanumeric() || matches!(symbol, '_' | '.' | '-');
    !name.is_empty() && name.chars().all(is_letter)
}

/// Position of the quote that closes a value, which begins with one.
fn closing(value: &str, quote: char) -> Option<usize> {
    unescaped(value.get(1..)?, quote).map(|at| at + 1)
}

/// Position of the first quote that is not escaped.
fn unescaped(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (at, symbol) in text.char_indices() {
        if symbol == quote && !is_escaped {
            return Some(at);
        }
        is_escaped = quote == '"' && symbol == '\\' && !is_escaped;
    }
    None
}

fn read(name: &str, value: &str) -> Result<String, Text> {
    let Some(quote) = value.chars().next().filter(|first| matches!(first, '\'' | '"')) else {
        return read_bare(value);
    };
    let end = closing(value, quote).ok_or_else(|| told!("the quote is not closed", "引号没有闭合"))?;
    let (inner, rest) = (
        value.get(1..end).unwrap_or_default(),
        value.get(end + 1..).unwrap_or_default(),
    );
    if !(rest.is_empty() || rest.starts_with(char::is_whitespace) && is_comment(rest.trim_start())) {
        return Err(told!(
            "something follows the closing quote; put the whole value in single quotes: NAME='value'",
            "引号之后还有内容；请把整个值放在单引号中：NAME='value'"
        ));
    }
    if quote == '\'' {
        return Ok(inner.to_owned());
    }
    // Previous secrets are given one per line, and this is the escape for a line break.
    let inner = if name.ends_with("_PREVIOUS") {
        inner.replace("\\n", "\n")
    } else {
        inner.to_owned()
    };
    unambiguous(&inner).map(|()| inner)
}

/// Reads an unquoted value, which ends at a comment.
fn read_bare(value: &str) -> Result<String, Text> {
    if is_comment(value) {
        return Ok(String::new());
    }
    let comment = value.match_indices('#').find(|(at, _)| {
        value
            .get(..*at)
            .is_some_and(|before| before.ends_with(char::is_whitespace))
    });
    let value = value
        .get(..comment.map_or(value.len(), |(at, _)| at))
        .unwrap_or_default();
    let value = value.trim_end();
    unambiguous(value)?;
    if value.contains(['\'', '"']) {
        return Err(told!(
            "quotes in the middle of a value would be removed; put the whole value in single quotes: \
                    NAME='value'",
            "值中间的引号会被去掉；请把整个值放在单引号中：NAME='value'"
        ));
    }
    if value.contains(char::is_whitespace) {
        return Err(told!(
            "put a value with spaces in single quotes: NAME='value'",
            "带空格的值请放在单引号中：NAME='value'"
        ));
    }
    Ok(value.to_owned())
}

fn is_comment(text: &str) -> bool {
    text.is_empty() || text.starts_with('#')
}

fn unambiguous(value: &str) -> Result<(), Text> {
    if value.contains('$') {
        return Err(told!(
            "a $ outside of single quotes would be taken for a variable; write NAME='value'",
            "单引号以外的 $ 会被当作变量；请写成 NAME='value'"
        ));
    }
    if value.contains('\\') {
        return Err(told!(
            "a \\ outside of single quotes would be taken for an escape; write NAME='value'",
            "单引号以外的 \\ 会被当作转义；请写成 NAME='value'"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Line, entries, parse, written};
    use crate::codes::same;

    fn value(text: &str) -> String {
        match parse(text).as_slice() {
            [Line::Variable { value, .. }] => value.clone(),
            other => panic!("{text}: {other:?}"),
        }
    }

    fn problem(text: &str) -> String {
        match parse(text).as_slice() {
            [Line::Problem { problem, .. }] => problem.to_string(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_value_is_taken_as_it_is_written() {
        for (line, wanted) in [
            ("LARK_ENCRYPT_KEY=key", "key"),
            ("export LARK_ENCRYPT_KEY = key  # of the console", "key"),
            ("LARK_ENCRYPT_KEY=a#b=c`d", "a#b=c`d"),
            ("LARK_ENCRYPT_KEY=", ""),
            ("LARK_ENCRYPT_KEY= # none", ""),
            (r"LARK_ENCRYPT_KEY='a\\b\n$c' # x", r"a\\b\n$c"),
            (r"LARK_ENCRYPT_KEY='ends in \'", r"ends in \"),
            ("LARK_ENCRYPT_KEY='say \"hi\"'", "say \"hi\""),
            ("LARK_ENCRYPT_KEY=\"it's # it\"", "it's # it"),
            ("LARK_ENCRYPT_KEY=' key '", " key "),
            ("LARK_ENCRYPT_KEY_PREVIOUS='one\ntwo'", "one\ntwo"),
            (r#"LARK_ENCRYPT_KEY_PREVIOUS="one\ntwo""#, "one\ntwo"),
        ] {
            assert_eq!(value(line), wanted, "{line}");
        }
    }

    #[test]
    fn what_would_be_changed_in_silence_is_told_by_its_line_and_not_shown() {
        for (line, wanted) in [
            (r"LARK_ENCRYPT_KEY=planted\\cd", "escape"),
            (r"LARK_ENCRYPT_KEY=planted\ncd", "escape"),
            (r#"LARK_ENCRYPT_KEY="planted\"cd""#, "escape"),
            ("LARK_ENCRYPT_KEY=planted'c'd", "quotes in the middle"),
            ("LARK_ENCRYPT_KEY='planted'cd", "follows the closing quote"),
            ("LARK_ENCRYPT_KEY=planted$cd", "variable"),
            ("LARK_ENCRYPT_KEY=planted cd", "spaces"),
            ("LARK_ENCRYPT_KEY='planted", "not closed"),
            ("planted", "not NAME=value"),
        ] {
            let problem = problem(line);
            assert!(
                problem.starts_with("line 1: ") && problem.contains(wanted) && !problem.contains("planted"),
                "{line}: {problem}"
            );
        }
        let later = problem("# a comment\n\nLARK_APP_SECRET=a\\b\n");
        assert!(later.starts_with("line 3: "), "{later}");
    }

    #[test]
    fn what_is_written_is_read_back_byte_for_byte_or_is_not_written_at_all() {
        for value in [
            "key",
            "",
            " ",
            "a b",
            "a#b",
            "#",
            "$HOME",
            r"a\b\n",
            "say \"hi\"",
            "it's",
            "钥匙",
            "a=b",
            "'",
            "\"",
            "`x`",
            "export",
            " padded ",
            "it's # it",
            "é\u{a0}",
        ] {
            let line = written(value).unwrap_or_else(|| panic!("{value} has no line"));
            assert_eq!(
                self::value(&format!("LARK_ENCRYPT_KEY={line}  # of the console")),
                value
            );
        }
        for value in ["it's $5", "'\"", "a\nb", r"'\", "a\0", "\t"] {
            assert_eq!(written(value), None, "{value:?}");
        }
    }

    #[test]
    fn settings_of_other_programs_may_be_written_as_they_like() {
        let text = "COMPOSE_PATH=$HOME/x\nGREETING=hello world\nLARK_ENCRYPT_KEY_PREVIOUS='one\ntwo'  # both\n";
        assert_eq!(parse(text).len(), 1);
        let entries = entries(text).unwrap();
        let texts: Vec<_> = entries.iter().map(|entry| entry.text.as_str()).collect();
        assert_eq!(texts.join("\n") + "\n", text);
        assert_eq!(entries[0].value, None);
        assert_eq!(entries[2].value.as_deref(), Some("one\ntwo"));
    }

    #[test]
    fn a_wrong_file_with_a_quote_in_it_is_told_at_once() {
        let log = "a line of a log that is no setting\n".repeat(100_000);
        let lines = parse(&format!("GREETING='hello\n{log}"));
        let problem = same("line 1: the quote is not closed");
        assert_eq!(lines, [Line::Problem { problem, name: None }]);
    }
}
