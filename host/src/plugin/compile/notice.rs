//! Word of a compile that takes longer than a moment, for somebody who waits for it.

use std::{fmt, sync::Arc};

/// Notice of a compile that takes longer than a moment; clones share it.
#[derive(Clone)]
pub struct LongCompile(Arc<dyn Fn() + Send + Sync>);

impl LongCompile {
    /// `tell` is called once for each such compile, while it goes on.
    pub fn new(tell: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// Tells of a compile that has taken longer than a moment.
    pub fn tell(&self) {
        (self.0)();
    }
}

impl fmt::Debug for LongCompile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("LongCompile")
    }
}
