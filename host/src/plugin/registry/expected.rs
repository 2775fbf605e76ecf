//! Plugins still to come in the first load after a start, so that requests for them can wait.

use crate::plugin::{Description, Settings};

/// A plugin that is still being loaded, and was loaded before by this server or one before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedPlugin {
    /// Its name.
    pub name: String,
    /// Its description from an earlier load.
    pub description: Description,
    /// It is part of the binary: who takes the rest is asked beside it.
    pub is_built_in: bool,
    /// The operator's settings.
    pub settings: Settings,
}

/// The plugins that are still to come; by default none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expected {
    /// Some files have not been looked at yet; it takes milliseconds.
    pub is_reading: bool,
    /// There are some of which nobody knows yet what they take: it may be anything.
    pub has_unknown: bool,
    /// Those that are known.
    pub known: Vec<ExpectedPlugin>,
}

impl Expected {
    /// At the very start: nothing is known.
    pub fn anything() -> Self {
        Self {
            is_reading: true,
            has_unknown: true,
            known: Vec::new(),
        }
    }

    /// Whether nothing is to come any more.
    pub fn is_nothing(&self) -> bool {
        !self.has_unknown && self.known.is_empty()
    }

    pub(super) fn naming<'a>(&'a self, event_type: &'a str) -> impl Iterator<Item = &'a ExpectedPlugin> {
        self.known
            .iter()
            .filter(move |plugin| plugin.description.event_types.iter().any(|named| named == event_type))
    }
}
