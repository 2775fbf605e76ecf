//! Secrets: given directly or as the path of a file, and kept exactly as the console shows them.

use crate::codes::{Text, told};
use std::path::Path;

use super::{read::Reader, setting::Setting, source::Value, text::read_text};

/// Number of secrets in a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Amount {
    One,
    /// One per line, as for previous secrets.
    Lines,
}

impl Reader<'_> {
    /// Reads a secret that belongs to no application.
    pub(super) fn secret(&mut self, setting: &Setting) -> Option<String> {
        let name = setting.name;
        let (direct, file) = (self.value(name), self.value(&format!("{name}_FILE")));
        self.one_of(name, direct, file, Amount::One)
    }

    pub(super) fn one_of(
        &mut self,
        name: &str,
        direct: Option<&Value>,
        file: Option<&Value>,
        amount: Amount,
    ) -> Option<String> {
        let (place, text) = match (direct, file) {
            (Some(direct), None) => (
                told!("{name} ({})", "{name}（{:#}）", direct.origin),
                direct.text.clone(),
            ),
            (None, Some(file)) => (
                told!("the file of {name} ({})", "{name} 的文件（{:#}）", file.origin),
                self.content(name, file)?,
            ),
            (Some(_), Some(file)) => {
                self.problems.push(told!(
                    "{name} is given directly and as a file ({}); keep one",
                    "{name} 既直接给出，又用文件给出（{:#}）；请只保留一个",
                    file.origin
                ));
                return None;
            }
            (None, None) => return None,
        };
        match fault(&text, amount) {
            Some(fault) => {
                self.problems.push(told!("{place} {fault}", "{place:#}{fault:#}"));
                None
            }
            None => Some(text),
        }
    }

    /// Reads a secret from a file, without the line break that editors add at the end.
    pub(super) fn content(&mut self, name: &str, file: &Value) -> Option<String> {
        if file.text.trim().is_empty() {
            self.problems.push(told!(
                "{name}_FILE ({}) is empty; give the path of the file that holds the secret, or remove the setting",
                "{name}_FILE（{:#}）为空；请填写保存密钥的文件路径，或删除该设置",
                file.origin
            ));
            return None;
        }
        let cannot_be_read = told!(
            "the file of {name} ({}) cannot be read",
            "无法读取 {name} 的文件（{:#}）",
            file.origin
        );
        match read_text(Path::new(&file.text)) {
            Ok(text) => {
                let text = text.strip_suffix('\n').unwrap_or(&text);
                Some(text.strip_suffix('\r').unwrap_or(text).to_owned())
            }
            Err(error) => {
                self.problems
                    .push(told!("{cannot_be_read}: {error}", "{cannot_be_read:#}：{error}"));
                None
            }
        }
    }
}

/// Detects content that makes a secret differ from what a person sees. Such a secret is never right: every request
/// would be refused although the keys look equal.
fn fault(text: &str, amount: Amount) -> Option<Text> {
    if text.is_empty() {
        return Some(told!(
            "is empty; set it, or remove the setting",
            "为空；请设置，或删除该设置"
        ));
    }
    if text.chars().all(is_unseen) {
        return Some(told!(
            "holds nothing but white space; set it, or remove the setting",
            "只有空白字符；请设置，或删除该设置"
        ));
    }
    match amount {
        Amount::One => fault_of_one(text),
        Amount::Lines => text.lines().filter(|line| !line.is_empty()).find_map(fault_of_one),
    }
}

fn fault_of_one(text: &str) -> Option<Text> {
    if text.starts_with(is_unseen) || text.ends_with(is_unseen) {
        return Some(told!(
            "begins or ends with white space or another invisible character, which would be part of it; remove that",
            "的开头或末尾有空白或其他不可见字符，它们会成为值的一部分；请删除"
        ));
    }
    if is_placeholder(text) {
        return Some(told!(
            "is a placeholder, and not the value; whatever was to fill it in did not",
            "是占位符而不是实际的值；本应替换它的程序没有替换"
        ));
    }
    text.contains(char::is_control).then_some(told!(
        "has a line break or another control character in it; a secret is one line",
        "含有换行或其他控制字符；密钥只能是一行"
    ))
}

/// Whether a template or an example left it: `${NAME}`, `$(NAME)`, `{{ name }}`, `<key>`.
fn is_placeholder(text: &str) -> bool {
    [("${", "}"), ("$(", ")"), ("{{", "}}"), ("<", ">")]
        .iter()
        .any(|(begin, end)| text.starts_with(begin) && text.ends_with(end))
}

/// Why a text cannot be a secret, if so; never repeats it.
pub fn secret_fault(text: &str) -> Option<Text> {
    fault(text, Amount::One)
}

/// White space, and invisible characters that come along when a secret is copied from a page.
fn is_unseen(symbol: char) -> bool {
    symbol.is_whitespace()
        || symbol.is_control()
        || matches!(symbol, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}
