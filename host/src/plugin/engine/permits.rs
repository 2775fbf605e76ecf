//! How many calls run at once: over all plugins, and of one.

use std::sync::Arc;

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, timeout_at},
};

use crate::plugin::call::CallError;

/// The permits for the calls of one plugin.
#[derive(Debug)]
pub(in crate::plugin) struct Permits {
    all: Arc<Semaphore>,
    all_max: u32,
    own: Semaphore,
    own_max: u32,
}

/// Held while a call runs.
#[derive(Debug)]
pub(in crate::plugin) struct Permit<'a> {
    _own: SemaphorePermit<'a>,
    _all: SemaphorePermit<'a>,
}

impl Permits {
    pub(super) fn new(all: &Arc<Semaphore>, all_max: u32, own_max: Option<u64>) -> Self {
        // Half, so that a plugin whose calls all hang leaves the other half to its neighbours.
        let own_max = own_max.map_or(all_max.div_ceil(2), |own_max| {
            u32::try_from(own_max).unwrap_or(u32::MAX)
        });
        Self {
            all: Arc::clone(all),
            all_max,
            own: Semaphore::new(own_max as usize),
            own_max,
        }
    }

    /// Waits for a permit, at most half of the time that is left: who gets one must still be able to use it.
    pub(in crate::plugin) async fn acquire(&self, deadline: Instant) -> Result<Permit<'_>, CallError> {
        let now = Instant::now();
        let until = now + deadline.saturating_duration_since(now) / 2;
        let own = take(&self.own, until).await.ok_or(CallError::Busy {
            whose: "the plugin",
            advice: "find out what they wait for, or raise `calls_max` under [limits] in the plugin's .toml",
            calls_max: self.own_max,
        })?;
        let all = take(&self.all, until).await.ok_or(CallError::Busy {
            whose: "the server",
            advice: "find out what they wait for, or raise CALLBACK_INSTANCES_MAX",
            calls_max: self.all_max,
        })?;
        Ok(Permit { _own: own, _all: all })
    }
}

async fn take(permits: &Semaphore, until: Instant) -> Option<SemaphorePermit<'_>> {
    if let Ok(permit) = permits.try_acquire() {
        return Some(permit);
    }
    timeout_at(until, permits.acquire()).await.ok()?.ok()
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use tokio::{
        sync::Semaphore,
        time::{Instant, sleep},
    };

    use super::Permits;

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_both_permits_waits_no_longer_than_half_of_its_time() {
        let second = Duration::from_secs(1);
        let all = Arc::new(Semaphore::new(1));
        let permits = Permits::new(&all, 1, Some(1));
        let begun = Instant::now();
        let first = permits.acquire(begun + second).await.expect("both are free");
        let (waiting, ()) = tokio::join!(permits.acquire(begun + 10 * second), async {
            sleep(4 * second).await;
            drop(first);
            // Its own is free now, and another plugin has taken the last of all.
            all.try_acquire().expect("it is free").forget();
        });
        assert!(waiting.is_err_and(|error| error.to_string().starts_with("the server has 1 calls running")));
        assert_eq!(begun.elapsed(), 5 * second);
    }
}
