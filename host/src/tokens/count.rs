//! Results of refreshes, for the operator's metrics.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use super::Tokens;

/// The result of a refresh.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refreshed {
    /// The new pair is stored.
    Done,
    /// The user authorized again or was deleted during the refresh.
    Outdated,
    /// The user must authorize again: the refresh token has expired, or Lark rejects it.
    AuthorizeAgain,
    /// Lark was unavailable, busy or rejected the configuration; the refresh token may still be valid.
    Failed,
    /// Lark granted a pair that could not be stored.
    Lost,
}

impl Refreshed {
    fn name(self) -> &'static str {
        match self {
            Self::Done => "refreshed",
            Self::Outdated => "outdated",
            Self::AuthorizeAgain => "authorize_again",
            Self::Failed => "failed",
            Self::Lost => "lost",
        }
    }
}

/// The counts since the start, by application.
#[derive(Debug, Default)]
pub(super) struct Refreshes(Mutex<BTreeMap<(String, &'static str), u64>>);

impl Tokens {
    pub(super) fn count(&self, app_id: &str, refreshed: Refreshed) {
        let mut counts = self.0.refreshed.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((app_id.to_owned(), refreshed.name())).or_default() += 1;
    }

    /// Returns the results of refreshes since the start, counted by application and result.
    pub fn refreshes(&self) -> BTreeMap<(String, &'static str), u64> {
        let counts = self.0.refreshed.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.clone()
    }
}
