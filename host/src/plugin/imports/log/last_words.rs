//! The last lines of a call that may tell why it broke: the message of a panic or an exception, and its place.

use std::collections::VecDeque;

use crate::telemetry::cut;

/// A traceback has a screenful; its end is what tells.
const LINES_MAX: usize = 12;

/// The size limit of a line, and of the reported text.
const BYTES_MAX: usize = 512;

/// The last lines on standard error, and those that the plugin logged as warnings or errors.
#[derive(Debug, Default)]
pub(super) struct LastWords(VecDeque<String>);

impl LastWords {
    pub(super) fn hear(&mut self, line: &str) {
        let line = line.trim_end();
        // Rust's generic hint.
        if line.trim().is_empty() || line.starts_with("note: run with `RUST_BACKTRACE") {
            return;
        }
        if self.0.len() == LINES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(cut(line, BYTES_MAX).to_owned());
    }

    /// The message with its place, as far as one of three languages has said both.
    pub(super) fn told(&self) -> Option<String> {
        let lines: Vec<&str> = self.0.iter().map(String::as_str).collect();
        let told = rust(&lines).or_else(|| python(&lines)).or_else(|| javascript(&lines))?;
        Some(cut(&told, BYTES_MAX).to_owned())
    }
}

/// `thread 'main' panicked at src/lib.rs:5:9:`, and the message on the next lines.
fn rust(lines: &[&str]) -> Option<String> {
    let at = lines.iter().rposition(|line| line.contains("panicked at "))?;
    let (_, place) = lines.get(at)?.split_once("panicked at ")?;
    let message = lines.get(at + 1..).unwrap_or_default().join(" ");
    Some(format!("panicked at {} {message}", place.trim()).trim_end().to_owned())
}

/// `Traceback …`, places as `  File "greeter.py", line 5, in handle`, and the message on the last line.
fn python(lines: &[&str]) -> Option<String> {
    let place = lines.iter().rfind(|line| line.trim_start().starts_with("File \""))?;
    Some(format!("{}, at {}", lines.last()?.trim(), place.trim()))
}

/// The message, and places as `    at handle (greeter.js:5)`, innermost first.
fn javascript(lines: &[&str]) -> Option<String> {
    let is_place = |line: &&str| line.trim_start().starts_with("at ");
    let last = lines.iter().rposition(|line| !is_place(line))?;
    let place = lines.get(last + 1).map_or("", |place| place.trim());
    Some(format!("{} {place}", lines.get(last)?.trim()).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::LastWords;

    fn told(lines: &[&str]) -> Option<String> {
        let mut words = LastWords::default();
        lines.iter().for_each(|line| words.hear(line));
        words.told()
    }

    #[test]
    fn a_panic_in_rust_is_told_with_its_place() {
        let lines = [
            "something before",
            "thread '<unnamed>' (1) panicked at src/lib.rs:5:9:",
            "boom",
            "note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace",
        ];
        assert_eq!(told(&lines).as_deref(), Some("panicked at src/lib.rs:5:9: boom"));
    }

    #[test]
    fn an_exception_of_python_is_told_with_its_place() {
        let lines = [
            "Traceback (most recent call last):",
            "  File \"/greeter.py\", line 30, in handle",
            "    raise ValueError(\"boom\")",
            "ValueError: boom",
        ];
        assert_eq!(
            told(&lines).as_deref(),
            Some("ValueError: boom, at File \"/greeter.py\", line 30, in handle")
        );
    }

    #[test]
    fn an_exception_of_javascript_is_told_with_its_place() {
        let lines = ["Error: boom", "    at handle (greeter.js:8)", "    at call (native)"];
        assert_eq!(told(&lines).as_deref(), Some("Error: boom at handle (greeter.js:8)"));
    }

    #[test]
    fn who_said_nothing_is_not_quoted_and_nobody_at_length() {
        assert_eq!(told(&[]), None);
        assert_eq!(told(&["", "  "]), None);
        let long = "x".repeat(5_000);
        assert_eq!(told(&[&long]).map(|told| told.len()), Some(512));
    }
}
