//! How near the calls of one loaded plugin came to its limits: the highest use of each, since it was loaded. CPU time is
//! counted where calls run.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! marks {
    ($($(#[doc = $doc:literal])+ $name:ident of $limit:ident,)+) => {
        /// The highest use of limits. A call costs a look at each number, and a write where it is higher.
        #[derive(Debug, Default)]
        pub(super) struct HighWater {
            $($(#[doc = $doc])+ $name: Mark,)+
        }

        impl HighWater {
            /// The key of each limit whose use is known, with its highest use.
            pub(super) fn all(&self) -> Vec<(&'static str, u64)> {
                vec![$((stringify!($limit), self.$name.0.load(Ordering::Relaxed)),)+]
            }

            $($(#[doc = $doc])+ pub(super) fn $name(&self, used: u64) {
                self.$name.rise(used);
            })+
        }
    };
}

/// A number that only rises.
#[derive(Debug, Default)]
struct Mark(AtomicU64);

impl Mark {
    fn rise(&self, used: u64) {
        // Reading is cheap where writing would have the processors pass the number around.
        if used > self.0.load(Ordering::Relaxed) {
            self.0.fetch_max(used, Ordering::Relaxed);
        }
    }
}

marks! {
    /// Memory of one call.
    memory_bytes of memory_bytes_max,
    /// Payload of one event or task.
    payload_bytes of payload_bytes_max,
    /// What one call logged.
    log_bytes of log_bytes_max,
    /// HTTP requests of one call.
    http_requests of http_requests_max,
    /// What one call sent over HTTP.
    http_sent_bytes of http_sent_bytes_max,
    /// What one call received over HTTP.
    http_received_bytes of http_received_bytes_max,
    /// What one call uploaded.
    media_sent_bytes of media_sent_bytes_max,
    /// What one call downloaded.
    media_received_bytes of media_received_bytes_max,
}

#[cfg(test)]
mod tests {
    use super::HighWater;
    use crate::plugin::{Limits, all_limits};

    #[test]
    fn the_highest_use_stays() {
        let high = HighWater::default();
        high.memory_bytes(5);
        high.memory_bytes(9);
        high.memory_bytes(7);
        let all = high.all();
        assert!(all.contains(&("memory_bytes_max", 9)), "{all:?}");
    }

    #[test]
    fn each_mark_is_of_a_limit_that_has_a_number() {
        for (key, _) in HighWater::default().all() {
            let limit = all_limits().iter().find(|limit| limit.key == key);
            assert!(
                limit.is_some_and(|limit| limit.of(&Limits::default()).is_some()),
                "{key}"
            );
        }
    }
}
