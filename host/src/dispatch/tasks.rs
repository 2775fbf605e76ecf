//! Tasks, requested by a plugin or the operator.

use std::sync::Arc;

use lark_callback_store::{self as store, Chain, DeliveryKind, NewTasks, StoreError};
use tokio::time::Instant;

use super::{Dispatcher, Inner, attempt_time, millis};
use crate::{
    moment::Moment,
    plugin::{Bound, CallContext, CallError, LimitHit, Limits, NewTask, Outcome, Plugin, Reply, Task, TaskRefusal},
};

/// An error of running a task.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// The plugin is not loaded.
    #[error("no plugin `{plugin}` is loaded")]
    NoPlugin {
        /// The requested name.
        plugin: String,
    },
    /// The plugin is paused.
    #[error("the plugin `{plugin}` is paused; remove `paused = true` from {plugin}.toml first")]
    Paused {
        /// The plugin.
        plugin: String,
    },
    /// The plugin is bound to other applications.
    #[error(
        "the plugin `{plugin}` is bound to other applications (`apps` in {plugin}.toml); name one of them with `?app=NAME`"
    )]
    OtherApp {
        /// The plugin.
        plugin: String,
    },
    /// The plugin failed.
    #[error(transparent)]
    Call(#[from] CallError),
    /// Its follow-up tasks could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Dispatcher {
    /// Runs one task of a plugin now, and returns its reply. There is no retry.
    ///
    /// # Errors
    /// When the plugin is not loaded or fails.
    pub async fn run_task(&self, plugin: &str, task: Task, arrival: Moment) -> Result<Option<String>, TaskError> {
        let inner = &self.0;
        let table = inner.registry.current();
        let Some(found) = table.plugin(plugin) else {
            return Err(TaskError::NoPlugin {
                plugin: plugin.to_owned(),
            });
        };
        let plugin = plugin.to_owned();
        if found.settings().paused {
            return Err(TaskError::Paused { plugin });
        }
        if !table.serves(found, &task.app_id) {
            return Err(TaskError::OtherApp { plugin });
        }
        let context = CallContext {
            attempt: 1,
            delivery: 0,
            begun: arrival,
            deadline: arrival.at + attempt_time(found),
            bound: Bound::Attempt,
        };
        let app_id = task.app_id.clone();
        let ran = found.run(task, context).await;
        let Admitted { reply, tasks } = inner.admitted(found, ran, Chain::default()).await?;
        if !tasks.is_empty() {
            inner.store_tasks(&app_id, tasks, arrival.now_ms(), false, None).await?;
            inner.wake.notify_one();
        }
        Ok(match reply {
            Reply::Json(json) => Some(json),
            Reply::None | Reply::Pass => None,
        })
    }
}

/// A task with the plugin that requested it, and its position in the chain of tasks.
#[derive(Debug)]
pub(super) struct FollowUp {
    requested_by: Arc<str>,
    task: NewTask,
    chain: Chain,
}

/// A plugin's outcome whose tasks were admitted.
#[derive(Debug)]
pub(super) struct Admitted {
    pub(super) reply: Reply,
    pub(super) tasks: Vec<FollowUp>,
}

/// A single task with at least this delay is a timer, not a flood.
const TIMER_MS_MIN: u64 = 60_000;

impl Inner {
    /// Checks that the tasks of an outcome may be stored: their plugins are loaded, their chain is not too long, and the quota
    /// is not exceeded. Most outcomes have none.
    pub(super) async fn admitted(
        &self,
        plugin: &Plugin,
        result: Result<Outcome, CallError>,
        parent: Chain,
    ) -> Result<Admitted, CallError> {
        let Outcome { reply, tasks } = result?;
        if tasks.is_empty() {
            return Ok(Admitted {
                reply,
                tasks: Vec::new(),
            });
        }
        let chain = self.check_tasks(plugin, &tasks, parent).map_err(CallError::tasks)?;
        // Boxed, so that the future of calls without tasks stays small.
        let quota = Box::pin(self.waiting.admit(&self.store, plugin, &tasks)).await;
        quota.map_err(|hit| CallError::tasks(TaskRefusal::OverQuota(hit)))?;
        let requested_by = plugin.shared_name();
        let follow_up = |task| FollowUp {
            requested_by: Arc::clone(&requested_by),
            task,
            chain,
        };
        Ok(Admitted {
            reply,
            tasks: tasks.into_iter().map(follow_up).collect(),
        })
    }

    /// Returns the position of the tasks in their chain.
    fn check_tasks(&self, plugin: &Plugin, tasks: &[NewTask], parent: Chain) -> Result<Chain, TaskRefusal> {
        let table = self.registry.current();
        for task in tasks {
            // A plugin may always name itself, even while it is being replaced.
            if let Some(target) = task.plugin.as_deref().filter(|target| *target != plugin.name())
                && table.plugin(target).is_none()
            {
                return Err(TaskRefusal::NotLoaded {
                    name: task.name.clone(),
                    plugin: target.to_owned(),
                });
            }
        }
        child_of(parent, tasks, &plugin.settings().limits).map_err(TaskRefusal::OverLimit)
    }

    /// Converts tasks to their stored form.
    pub(super) fn new_tasks(&self, app_id: &str, tasks: Vec<FollowUp>, now_ms: u64) -> Vec<store::NewTask> {
        let table = self.registry.current();
        tasks
            .into_iter()
            .map(|follow_up| {
                let FollowUp {
                    requested_by,
                    task,
                    chain,
                } = follow_up;
                let requested_by = requested_by.as_ref().to_owned();
                let plugin = task.plugin.unwrap_or_else(|| requested_by.clone());
                let due_at_ms = now_ms.saturating_add(task.delay_ms);
                let age_max_ms = table.plugin(&plugin).map(|plugin| self.age_max_ms(plugin.settings()));
                let age_max_ms = age_max_ms.unwrap_or_else(|| millis(self.settings.delivery_age_max));
                store::NewTask {
                    kind: DeliveryKind::Task,
                    plugin,
                    requested_by,
                    name: task.name,
                    payload: self.tokens.conceal(app_id, &task.payload).unwrap_or(task.payload),
                    due_at_ms,
                    expires_at_ms: due_at_ms.saturating_add(age_max_ms),
                    chain,
                }
            })
            .collect()
    }

    /// Stores tasks that follow from no stored event; waits at most until this deadline.
    pub(super) async fn store_tasks(
        self: &Arc<Self>,
        app_id: &str,
        tasks: Vec<FollowUp>,
        now_ms: u64,
        is_held: bool,
        until: Option<Instant>,
    ) -> Result<Vec<i64>, StoreError> {
        let tasks = NewTasks {
            app: app_id.to_owned(),
            tasks: self.new_tasks(app_id, tasks, now_ms),
            is_held,
            now_ms,
        };
        self.store.add_tasks_by(tasks, until).await
    }
}

/// Returns the position of tasks in their parent's chain. They share what the chain may still add, so that it ends however it
/// branches.
fn child_of(parent: Chain, tasks: &[NewTask], limits: &Limits) -> Result<Chain, LimitHit> {
    if matches!(tasks, [timer] if timer.delay_ms >= TIMER_MS_MIN) {
        return Ok(parent);
    }
    let generation = parent.generation.saturating_add(1);
    if u64::from(generation) > limits.task_generations_max {
        return Err(LimitHit {
            what: "the number of tasks that follow from one another",
            setting: "task_generations_max",
            value: limits.task_generations_max,
        });
    }
    let count = u32::try_from(tasks.len()).unwrap_or(u32::MAX);
    let most = u32::try_from(limits.chain_tasks_max).unwrap_or(u32::MAX);
    let left = parent.tasks_left.map_or(most, |left| left.min(most));
    let Some(rest) = left.checked_sub(count) else {
        return Err(LimitHit {
            what: "the number of tasks that follow from one event, all generations together,",
            setting: "chain_tasks_max",
            value: limits.chain_tasks_max,
        });
    };
    Ok(Chain {
        generation,
        tasks_left: rest.checked_div(count),
    })
}

#[cfg(test)]
mod tests;
