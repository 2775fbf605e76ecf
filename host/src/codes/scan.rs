//! Search for codes in a text: a code alone, several of them, or whole log lines.

use super::{Entry, SECTIONS, Section, find};

/// Codes in a text.
#[derive(Debug, Default)]
pub struct Scanned {
    /// Codes of the table, in the order of the text.
    pub found: Vec<(&'static Section, &'static Entry)>,
    /// Codes that are not in the table, each once.
    pub unknown: Vec<String>,
    /// Whether there were more of them than a person reads.
    pub has_more_unknown: bool,
}

/// Unknown codes of one text; a whole log may hold thousands.
const UNKNOWN_MAX: usize = 20;

/// Codes that somebody types at once; more numbers are a table of something else.
const LISTED_MAX: usize = 50;

/// Length of a word that can be a code; those of the table are shorter.
const CODE_BYTES_MAX: usize = 64;

/// Codes with fewer digits are too common in a log line to be recognised without their name in front.
const BARE_DIGITS_MIN: usize = 5;

/// Word of a text, with the one that names it: `reason` in `"reason":"token"`.
struct Word<'a> {
    label: &'a str,
    text: &'a str,
}

/// Finds all codes in a text.
pub fn scan(text: &str) -> Scanned {
    let text = without_colours(text);
    let mut scanned = Scanned::default();
    let whole = text.trim();
    let alone = find(whole).into_iter().chain(find(&format!("exit {whole}")));
    for found in alone {
        scanned.add(found);
    }
    if !scanned.found.is_empty() {
        return scanned;
    }
    if scanned.list(whole) {
        return scanned;
    }
    scanned.phrases(whole);
    for word in words(whole) {
        scanned.word(&word);
    }
    let is_one_word = !whole.is_empty() && !whole.contains(char::is_whitespace);
    if scanned.found.is_empty() && scanned.unknown.is_empty() && is_one_word {
        scanned.add_unknown(whole);
    }
    scanned
}

/// Numbers that a text calls a code: `code 230099`, `ErrCode: 11310`, `"lark.code":10014`.
pub(super) fn lark_codes(text: &str) -> impl Iterator<Item = i64> {
    let named = words(text).filter(|word| is_code(word.label));
    named.filter_map(|word| word.text.parse().ok())
}

impl Scanned {
    /// Takes a text that is nothing but codes, as somebody types them: `514 403`, `over_cpu, 200340`. In a log line a bare
    /// number of three digits would be a duration or a status.
    fn list(&mut self, text: &str) -> bool {
        let is_separator = |symbol: char| symbol.is_whitespace() || matches!(symbol, ',' | ';' | '，' | '；' | '、');
        let items: Vec<_> = text.split(is_separator).filter(|item| !item.is_empty()).collect();
        let is_code = |item: &&str| item.bytes().all(|byte| byte.is_ascii_digit()) || !find(item).is_empty();
        if items.len() < 2 || items.len() > LISTED_MAX || !items.iter().all(is_code) {
            return false;
        }
        for item in items {
            let found: Vec<_> = find(item).into_iter().chain(find(&format!("exit {item}"))).collect();
            if found.is_empty() {
                self.add_unknown(item);
            }
            for found in found {
                self.add(found);
            }
        }
        true
    }

    fn add(&mut self, (section, entry): (&'static Section, &'static Entry)) {
        if !self.found.iter().any(|(_, known)| std::ptr::eq(*known, entry)) {
            self.found.push((section, entry));
        }
    }

    fn add_unknown(&mut self, code: &str) {
        if code.len() > CODE_BYTES_MAX || self.unknown.iter().any(|known| known == code) {
            return;
        }
        if self.unknown.len() < UNKNOWN_MAX {
            self.unknown.push(code.to_owned());
        } else {
            self.has_more_unknown = true;
        }
    }

    /// Sentences of the developer console, whatever the spaces between their words.
    fn phrases(&mut self, text: &str) {
        let without_spaces: String = text.split_whitespace().collect();
        for section in SECTIONS {
            for entry in section.entries.iter().filter(|entry| !entry.code.is_ascii()) {
                let phrase: String = entry.code.split_whitespace().collect();
                if without_spaces.contains(&phrase) {
                    self.add((section, entry));
                }
            }
        }
    }

    fn word(&mut self, word: &Word<'_>) {
        let is_number = !word.text.is_empty() && word.text.bytes().all(|byte| byte.is_ascii_digit());
        if word.label.eq_ignore_ascii_case("exit") || word.label == "exit code" {
            for found in find(&format!("exit {}", word.text)) {
                self.add(found);
            }
        } else if is_number {
            self.number(word);
        } else {
            self.name(word);
        }
    }

    fn number(&mut self, word: &Word<'_>) {
        let is_named = is_code(word.label);
        let measures = [
            "_ms", "_us", "id", "port", "line", "bytes", "seconds", "EVENT", "DELIVERY",
        ];
        if !is_named && (word.text.len() < BARE_DIGITS_MIN || measures.iter().any(|unit| word.label.ends_with(unit))) {
            return;
        }
        let found = find(word.text);
        if found.is_empty() && is_named && word.text != "0" {
            self.add_unknown(word.text);
        }
        for found in found {
            self.add(found);
        }
    }

    fn name(&mut self, word: &Word<'_>) {
        let sections: &[&str] = match word.label {
            "reason" => &["refused", "operator", "authorization", "connection"],
            "outcome" => &["outcome", "authorization"],
            "diagnosis" => &["diagnosis"],
            label if is_code(label) => &["refused", "operator", "outcome", "diagnosis"],
            _ if word.text.contains('_') => &["refused", "operator", "outcome", "diagnosis", "authorization"],
            _ => return,
        };
        for found in find(word.text) {
            if sections.contains(&found.0.name) {
                self.add(found);
            }
        }
    }
}

/// Whether a word announces a code.
fn is_code(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    label == "code" || label.ends_with("errcode") || label.ends_with(".code") || label.ends_with("_code")
}

fn words(text: &str) -> impl Iterator<Item = Word<'_>> {
    let mut rest = text;
    let mut label = "";
    std::iter::from_fn(move || {
        let start = rest.find(is_part)?;
        let (between, from) = rest.split_at(start);
        let end = from.find(|symbol| !is_part(symbol)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        let is_named = between
            .chars()
            .all(|symbol| matches!(symbol, '"' | '\'' | ':' | '=' | ' ' | '：' | '\\'));
        let text = word.trim_end_matches('.');
        let named = Word {
            label: if is_named { label } else { "" },
            text,
        };
        rest = after;
        label = match (label, text) {
            ("exit" | "exited", "code" | "status" | "with") => "exit code",
            ("exit code", "code" | "status") => label,
            _ => text,
        };
        Some(named)
    })
}

fn is_part(symbol: char) -> bool {
    symbol.is_ascii_alphanumeric() || matches!(symbol, '_' | '.')
}

/// Removes the colours of a line that was copied from a terminal.
fn without_colours(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|symbol: char| symbol.is_ascii_alphabetic())
            .map_or(part.len(), |at| at + 1);
        plain.push_str(part.get(end..).unwrap_or_default());
    }
    plain
}
