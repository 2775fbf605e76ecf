//! The clock of a test: it goes like everybody's, and can be put forward.

use std::{cell::Cell, time::Duration};

use lark_callback::app;

thread_local! {
    /// A test's server, its Lark and the test itself share one thread.
    static AHEAD_MS: Cell<u64> = const { Cell::new(0) };
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    app::now_ms() + AHEAD_MS.get()
}

/// Lets time pass.
pub(crate) fn advance(time: Duration) {
    AHEAD_MS.set(AHEAD_MS.get() + u64::try_from(time.as_millis()).unwrap());
}

/// For the next test on this thread.
pub(super) fn reset() {
    AHEAD_MS.set(0);
}
