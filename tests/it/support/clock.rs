//! The clock of a test: it goes like everybody's, and can be put forward and back.

use std::{cell::Cell, time::Duration};

use lark_callback::app;

thread_local! {
    /// A test's server, its Lark and the test itself share one thread.
    static AHEAD_MS: Cell<i64> = const { Cell::new(0) };
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    app::now_ms().saturating_add_signed(AHEAD_MS.get())
}

/// Lets time pass, or puts the clock forward: it is the same to whoever looks at it.
pub(crate) fn advance(time: Duration) {
    AHEAD_MS.set(AHEAD_MS.get() + millis(time));
}

pub(crate) fn put_back(time: Duration) {
    AHEAD_MS.set(AHEAD_MS.get() - millis(time));
}

/// For the next test on this thread.
pub(super) fn reset() {
    AHEAD_MS.set(0);
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap()
}
