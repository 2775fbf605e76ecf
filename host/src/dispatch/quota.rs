//! The quota of a plugin's waiting tasks.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use lark_callback_store::{Store, WaitingTasks};
use tokio::time::{Instant, timeout};

use crate::{
    plugin::{LimitHit, Limits, NewTask, Plugin},
    telemetry::chain,
};

/// How long a count is cached. Tasks added by this server are counted here meanwhile; tasks that finish or are added by other
/// servers show in the next count.
const COUNT_AGE_MAX: Duration = Duration::from_secs(1);

/// The same for a plugin at its quota: its tasks are refused without a query, to spare the database.
const FULL_AGE_MAX: Duration = Duration::from_millis(100);

/// The timeout of a count, because a click waits for it.
const COUNT_TIME_MAX: Duration = Duration::from_millis(200);

/// The waiting tasks of each plugin, as far as this server knows. They are counted in the database from time to time and not
/// for each task, so several servers together may slightly exceed the quota.
#[derive(Debug, Default)]
pub(super) struct Quota(Mutex<HashMap<Arc<str>, Known>>);

#[derive(Debug, Clone, Copy)]
struct Known {
    waiting: WaitingTasks,
    counted_at: Instant,
}

impl Known {
    fn is_older_than(&self, age: Duration) -> bool {
        self.counted_at.elapsed() >= age
    }
}

impl Quota {
    /// Admits these tasks, or returns the quota that they exceed.
    pub(super) async fn admit(&self, store: &Store, plugin: &Plugin, tasks: &[NewTask]) -> Result<(), LimitHit> {
        let limits = &plugin.settings().limits;
        let new = WaitingTasks {
            rows: tasks.len() as u64,
            bytes: tasks.iter().map(|task| task.payload.len() as u64).sum(),
        };
        let name = plugin.shared_name();
        let known = self.lock().get(&name).copied();
        if let Some(known) = known {
            let hit = over(known.waiting, new, limits);
            match hit {
                None if !known.is_older_than(COUNT_AGE_MAX) => {
                    self.add(&name, new);
                    return Ok(());
                }
                Some(hit) if !known.is_older_than(FULL_AGE_MAX) => return Err(hit),
                _ => {}
            }
        }
        let count = store.waiting_tasks(&name, limits.waiting_tasks_max);
        match timeout(COUNT_TIME_MAX, count).await {
            Ok(Ok(waiting)) => {
                let counted_at = Instant::now();
                self.lock().insert(Arc::clone(&name), Known { waiting, counted_at });
                over(waiting, new, limits).map_or(Ok(()), Err)?;
            }
            // Storing them will probably fail, too, and that is reported to the caller.
            Ok(Err(error)) => tracing::warn!(
                plugin.name = &*name,
                error = chain(&error),
                "Could not count a plugin's waiting tasks; its next ones are accepted without the quota check"
            ),
            Err(_) => tracing::warn!(
                plugin.name = &*name,
                "Counting a plugin's waiting tasks took too long; its next ones are accepted without the quota check"
            ),
        }
        self.add(&name, new);
        Ok(())
    }

    fn add(&self, plugin: &Arc<str>, new: WaitingTasks) {
        if let Some(known) = self.lock().get_mut(plugin) {
            known.waiting.rows = known.waiting.rows.saturating_add(new.rows);
            known.waiting.bytes = known.waiting.bytes.saturating_add(new.bytes);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<str>, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn over(waiting: WaitingTasks, new: WaitingTasks, limits: &Limits) -> Option<LimitHit> {
    if waiting.rows.saturating_add(new.rows) > limits.waiting_tasks_max {
        return Some(LimitHit {
            what: "the number of tasks of this plugin's asking that wait",
            setting: "waiting_tasks_max",
            value: limits.waiting_tasks_max,
        });
    }
    if waiting.bytes.saturating_add(new.bytes) > limits.waiting_bytes_max {
        return Some(LimitHit {
            what: "what the tasks of this plugin's asking that wait hold, in bytes,",
            setting: "waiting_bytes_max",
            value: limits.waiting_bytes_max,
        });
    }
    None
}
