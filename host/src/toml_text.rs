//! TOML that people wrote, with errors that never quote it, because any value in it may be a secret.

use std::ops::Range;

use serde::Deserialize as _;
use toml::{
    Table,
    de::{DeTable, Deserializer},
};

/// Reason why a text is not TOML, and the line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not TOML: {reason}")]
pub struct NotToml {
    /// Counted from 1.
    pub line: usize,
    /// The reason, in words that are the same for every value.
    pub reason: String,
}

/// Parses a whole file.
///
/// # Errors
/// [`NotToml`].
pub fn parse(text: &str) -> Result<Table, NotToml> {
    let at = |span: Option<Range<usize>>, reason: String| NotToml {
        line: line_of(text, span),
        reason,
    };
    // The parser proper speaks of syntax only. The deserializer behind it quotes the value that it cannot take.
    let parsed = DeTable::parse(text).map_err(|error| at(error.span(), error.message().replace('\n', " ")))?;
    Table::deserialize(Deserializer::from(parsed)).map_err(|error| {
        let reason = "a number must lie between -9223372036854775808 and 9223372036854775807; put quotes around it if it is a text";
        at(error.span(), reason.to_owned())
    })
}

fn line_of(text: &str, span: Option<Range<usize>>) -> usize {
    let before = span.and_then(|span| text.get(..span.start)).unwrap_or_default();
    before.matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::parse;

    const SECRET: &str = "98765432109876543210987654321";

    #[test]
    fn no_error_quotes_a_value_and_each_names_its_line() {
        let values = [
            SECRET.to_owned(),
            format!("-{SECRET}"),
            "0xffff98765432109876543210".to_owned(),
            // Fits into 64 bits without a sign.
            "9876543210987654321".to_owned(),
            format!("{SECRET}e98765432109876"),
            format!("[1, {{ key = {SECRET} }}]"),
            format!("{SECRET}abc"),
            format!("'{SECRET}"),
            format!("\"\\q{SECRET}\""),
            format!("\"{SECRET}\u{1}\""),
            format!("2026-11-29T{SECRET}"),
            format!("1\nsecret = {SECRET}"),
            format!("1\nsecret.{SECRET} = 1"),
            format!("1\n[secret]\n{SECRET} = 1"),
        ];
        for value in values {
            let error = parse(&format!("\nsecret = {value}\n")).unwrap_err();
            assert!((2..=3).contains(&error.line), "{value}: {error}");
            assert!(!error.to_string().contains("98765432109876"), "{value}: {error}");
        }
    }

    #[test]
    fn a_number_that_is_too_large_is_named_as_such() {
        let error = parse("a = 1\n\nb = 9223372036854775808").unwrap_err();
        assert_eq!(error.line, 3);
        assert!(
            error.reason.ends_with("put quotes around it if it is a text"),
            "{error}"
        );
        assert_eq!(parse("b = 9223372036854775807").unwrap().len(), 1);
    }
}
