//! The way from a component back to the card: how a place in the JSON is told.

use std::borrow::Cow;
use std::fmt::Write as _;

/// One step, from the inside to the outside.
#[derive(Debug, Clone)]
pub(crate) enum Step<'a> {
    Member(Cow<'a, str>),
    Index(usize),
}

/// The steps from a place outwards, as far as the walk has gone back.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trail<'a>(Vec<Step<'a>>);

impl<'a> Trail<'a> {
    pub(crate) fn at(name: &'static str) -> Self {
        Self(vec![Step::Member(Cow::Borrowed(name))])
    }

    pub(crate) fn climb(&mut self, step: &Step<'a>) {
        self.0.push(step.clone());
    }

    pub(crate) fn path(&self) -> String {
        let mut path = String::new();
        for step in self.0.iter().rev() {
            match step {
                // A name comes from a plugin, so it is truncated and escaped.
                Step::Member(name) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.extend(name.chars().take(64).flat_map(char::escape_debug));
                }
                // A string can be written to.
                Step::Index(index) => drop(write!(path, "[{index}]")),
            }
        }
        path
    }
}
