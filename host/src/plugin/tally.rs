//! How the calls of one loaded version ended: one atomic addition for each call.

use std::sync::atomic::{AtomicU64, Ordering};

use lark_callback_store::LiveCalls;

use super::{call::Outcome, error::CallError};

/// Counts of first attempts. A retry says nothing new about a version: one bad event would count five times.
#[derive(Debug, Default)]
pub struct CallTally {
    succeeded: AtomicU64,
    trapped: AtomicU64,
    timed_out: AtomicU64,
    over_limit: AtomicU64,
    failed: AtomicU64,
    /// Of those that succeeded.
    bad_replies: AtomicU64,
}

impl CallTally {
    /// Counts a call. What is not the plugin's doing is left out: a server that is busy, out of memory or at fault, tasks that
    /// its quota did not admit, and what it reports itself or has no time for while Lark fails.
    pub(super) fn add(&self, attempt: u32, result: &Result<Outcome, CallError>, has_lark_failed: bool) {
        if attempt != 1 {
            return;
        }
        if has_lark_failed
            && let Err(CallError::Retry { .. } | CallError::Permanent { .. } | CallError::OverBudget { .. }) = result
        {
            return;
        }
        let counter = match result {
            Ok(_) => &self.succeeded,
            Err(CallError::Trap { .. }) => &self.trapped,
            Err(CallError::OverBudget { .. }) => &self.timed_out,
            Err(CallError::OverCpu { .. } | CallError::OverMemory { .. } | CallError::OverLimit(_)) => &self.over_limit,
            Err(CallError::Retry { .. } | CallError::Permanent { .. }) => &self.failed,
            Err(
                CallError::Tasks(_)
                | CallError::NoMemory(_)
                | CallError::Busy { .. }
                | CallError::BackingOff { .. }
                | CallError::Internal { .. },
            ) => {
                return;
            }
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a reply that could not be used as a failure instead.
    pub fn add_bad_reply(&self) {
        self.bad_replies.fetch_add(1, Ordering::Relaxed);
    }

    /// The counts since it was loaded.
    pub fn now(&self) -> LiveCalls {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let bad_replies = read(&self.bad_replies);
        LiveCalls {
            succeeded: read(&self.succeeded).saturating_sub(bad_replies),
            trapped: read(&self.trapped),
            timed_out: read(&self.timed_out),
            over_limit: read(&self.over_limit),
            failed: read(&self.failed) + bad_replies,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::{Place, Reply};

    #[test]
    fn only_first_attempts_count_and_only_what_is_the_plugin_s_doing() {
        let tally = CallTally::default();
        let ok = || {
            Ok(Outcome {
                reply: Reply::None,
                tasks: Vec::new(),
            })
        };
        let trap = || {
            Err(CallError::Trap {
                reason: "unreachable".into(),
            })
        };
        let no = || Err(CallError::Permanent { message: "no".into() });
        tally.add(1, &ok(), false);
        tally.add(1, &ok(), true);
        tally.add(1, &trap(), true);
        tally.add(2, &trap(), false);
        tally.add(
            1,
            &Err(CallError::OverCpu {
                cpu_ms_max: 1,
                place: Place::default(),
            }),
            true,
        );
        tally.add(1, &no(), false);
        tally.add(1, &no(), true);
        tally.add(1, &Err(CallError::Internal { reason: "bug".into() }), false);
        tally.add_bad_reply();
        let counted = tally.now();
        assert_eq!((counted.calls(), counted.failures()), (5, 4));
        assert_eq!((counted.trapped, counted.over_limit, counted.failed), (1, 1, 2));
    }
}
