//! Codes that the server answers or logs, and Lark's own: each with its cause and its cure, in English and Chinese.
//!
//! The one owner of these texts: log lines, the operator's lists, `explain` and the manual take them from here.

#[macro_use]
mod row;
#[macro_use]
mod text;
mod api;
mod authorization;
mod backoff;
mod callback_outcomes;
mod cards;
mod clicks;
mod console;
mod diagnoses;
mod exits;
mod long_connection;
mod media;
mod messages;
mod oauth;
mod operator;
mod outcomes;
mod page;
mod ranges;
mod recorded;
mod refusals;
mod scan;
mod states;

use std::fmt;

use row::Told;

pub use backoff::backing_off;
pub use exits::Exit;
pub use page::{exit_table, page};
pub use ranges::{Range, nearest_range};
pub use recorded::recorded;
pub use scan::{Scanned, scan};
pub use states::{any_state, state};
pub(crate) use text::told;
pub use text::{Text, both, same};

/// Language of the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// English.
    En,
    /// Simplified Chinese.
    Zh,
}

/// Code with its cause and its cure. Displayed in English, as the end of a log line.
#[derive(Debug)]
pub struct Entry {
    /// Code as it is written in answers and logs.
    pub code: &'static str,
    /// Whether it was compared with Lark's documentation or SDKs; codes of this server always are.
    pub is_verified: bool,
    link: &'static str,
    en: Told,
    zh: Told,
}

/// Codes of one kind. The same word may mean something else in another section.
#[derive(Debug)]
pub struct Section {
    /// Stable word for programs.
    pub name: &'static str,
    title: [&'static str; 2],
    /// Page for codes that have none of their own.
    link: &'static str,
    /// Codes of this kind, in the order of the manual.
    pub entries: &'static [Entry],
}

/// All codes.
pub static SECTIONS: [&Section; 16] = [
    &refusals::SECTION,
    &diagnoses::SECTION,
    &outcomes::SECTION,
    &callback_outcomes::SECTION,
    &authorization::SECTION,
    &operator::SECTION,
    &exits::SECTION,
    &console::SECTION,
    &long_connection::SECTION,
    &clicks::SECTION,
    &oauth::SECTION,
    &oauth::APP_TOKENS,
    &api::SECTION,
    &messages::SECTION,
    &media::SECTION,
    &cards::SECTION,
];

impl Entry {
    /// Meaning of the code.
    pub fn cause(&self, language: Language) -> &'static str {
        self.told(language).cause
    }

    /// Remedy.
    pub fn cure(&self, language: Language) -> &'static str {
        self.told(language).cure
    }

    fn told(&self, language: Language) -> &Told {
        match language {
            Language::En => &self.en,
            Language::Zh => &self.zh,
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.en.cause, self.en.cure)
    }
}

impl Section {
    /// Heading in the manual.
    pub fn title(&self, language: Language) -> &'static str {
        let [en, zh] = self.title;
        match language {
            Language::En => en,
            Language::Zh => zh,
        }
    }

    /// Page that says more about a code of this section: a URL, or the name of a page of the manual.
    pub fn link(&self, entry: &Entry) -> &'static str {
        if entry.link.is_empty() { self.link } else { entry.link }
    }

    fn get(&'static self, code: &str) -> Option<&'static Entry> {
        self.entries.iter().find(|entry| entry.code == code)
    }
}

/// Everything that a code can mean.
pub fn find(code: &str) -> Vec<(&'static Section, &'static Entry)> {
    let of_section = |section: &&'static Section| Some((*section, section.get(code)?));
    SECTIONS.iter().filter_map(of_section).collect()
}

/// Code of Lark's API.
pub fn lark(code: i64) -> Option<&'static Entry> {
    let code = code.to_string();
    let sections = [
        &oauth::SECTION,
        &oauth::APP_TOKENS,
        &api::SECTION,
        &messages::SECTION,
        &media::SECTION,
        &cards::SECTION,
        &clicks::SECTION,
    ];
    sections.into_iter().find_map(|section| section.get(&code))
}

/// Code with which Lark refuses or closes a long connection.
pub fn long_connection(code: i64) -> Option<&'static Entry> {
    long_connection::SECTION.get(&code.to_string())
}

/// Reason of a refused request.
pub fn refusal(reason: &str) -> Option<&'static Entry> {
    refusals::SECTION.get(reason)
}

/// Reason of a request that the operator's listener refused: nothing of Lark's arrives there.
pub fn operator_refusal(reason: &str) -> Option<&'static Entry> {
    let is_of_operator = reason.starts_with("operator_");
    operator::SECTION.get(reason).filter(|_| is_of_operator)
}

/// Diagnosis of a refused request.
pub fn diagnosis(word: &str) -> Option<&'static Entry> {
    diagnoses::SECTION.get(word)
}

/// Words of all outcomes.
pub fn outcomes() -> impl Iterator<Item = &'static str> {
    outcomes::SECTION.entries.iter().map(|entry| entry.code)
}

/// Outcome of a callback, an event, an attempt or a delivery.
pub fn outcome(word: &str) -> Option<&'static Entry> {
    outcomes::SECTION.get(word)
}

/// Subject of a failure. The same outcome has another remedy where nothing is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// Callback: somebody waited for the answer, and the plugin is not called with it again.
    Callback,
    /// Event, or an attempt of its delivery.
    Delivery,
}

impl Failed {
    fn outcome(self, word: &str) -> Option<&'static Entry> {
        let own = match self {
            Self::Callback => callback_outcomes::SECTION.get(word),
            Self::Delivery => None,
        };
        own.or_else(|| outcome(word))
    }
}

/// Codes that say why something failed: those of Lark in the error, or else the outcome.
pub fn of_failure(failed: Failed, outcome: &str, error: &str) -> Vec<&'static Entry> {
    let mut found: Vec<_> = scan::lark_codes(error).filter_map(lark).take(FOUND_MAX).collect();
    if found.is_empty() {
        found.extend(failed.outcome(outcome));
    }
    found
}

/// Limit of the codes explained for one failure; the error comes from a plugin.
const FOUND_MAX: usize = 3;

/// Cure of a failure for its log line.
pub fn cure_of_failure(failed: Failed, outcome: &str, error: &str) -> Option<String> {
    let found = of_failure(failed, outcome, error);
    let of_lark = found.len() > 1 || found.iter().any(|entry| entry.code != outcome);
    let cures: Vec<_> = found
        .iter()
        .map(|entry| match of_lark {
            true => format!("{}: {entry}", entry.code),
            false => entry.en.cure.to_owned(),
        })
        .collect();
    (!cures.is_empty()).then(|| cures.join("; "))
}

#[cfg(test)]
mod tests;
