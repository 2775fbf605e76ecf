//! The attempts of one plugin.

/// How busy a plugin is here.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Attempts that run.
    pub(super) running: usize,
    /// More was due than there was room for.
    pub(super) has_more: bool,
}

impl Lane {
    pub(super) fn room(&self, attempts_max: usize) -> usize {
        attempts_max.saturating_sub(self.running)
    }
}

/// An attempt that ended.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// Others waited for it, or follow from it.
    pub(super) frees_others: bool,
    /// It was not made after all, and is to be given back.
    pub(super) unbegun: Option<i64>,
}
