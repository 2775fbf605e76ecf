//! Work that a plugin or the operator asked for.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Arrival, Dispatcher, Inner, millis};
use crate::{
    plugin::{CallContext, CallError, NewTask, Reply, Task},
    store::{self, DeliveryKind, NewTasks, StoreError},
};

/// Why a task was not done.
#[derive(Debug, thiserror::Error)]
pub enum TaskError {
    /// There is no such plugin now.
    #[error("no plugin `{plugin}` is loaded")]
    NoPlugin {
        /// The name that was asked for.
        plugin: String,
    },
    /// The plugin could not do it.
    #[error(transparent)]
    Call(#[from] CallError),
    /// What follows from it could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Dispatcher {
    /// Has a plugin do one task now, for whoever waits for what it replies. It is tried once.
    ///
    /// # Errors
    /// When there is no such plugin or it could not do it.
    pub async fn run_task(&self, plugin: &str, task: Task, arrival: Arrival) -> Result<Option<String>, TaskError> {
        let inner = &self.0;
        let table = inner.registry.current();
        let Some(found) = table.plugin(plugin) else {
            return Err(TaskError::NoPlugin {
                plugin: plugin.to_owned(),
            });
        };
        let context = CallContext {
            attempt: 1,
            occasion: 0,
            now_ms: arrival.now_ms,
            deadline: arrival.at + inner.settings.attempt_budget,
        };
        let app_id = task.app_id.clone();
        let outcome = found.run(task, context).await?;
        let tasks = FollowUp::all(plugin, outcome.tasks).collect::<Vec<_>>();
        if !tasks.is_empty() {
            inner
                .store_tasks(&app_id, tasks, arrival.later_ms(), false, None)
                .await?;
            inner.wake.notify_one();
        }
        Ok(match outcome.reply {
            Reply::Json(json) => Some(json),
            Reply::None | Reply::Pass => None,
        })
    }
}

/// A task with the plugin that asked for it.
#[derive(Debug)]
pub(super) struct FollowUp {
    requested_by: String,
    task: NewTask,
}

impl FollowUp {
    pub(super) fn all(requested_by: &str, tasks: Vec<NewTask>) -> impl Iterator<Item = Self> {
        tasks.into_iter().map(move |task| Self {
            requested_by: requested_by.to_owned(),
            task,
        })
    }
}

impl Inner {
    /// Tasks as they are stored.
    pub(super) fn new_tasks(&self, app_id: &str, tasks: Vec<FollowUp>, now_ms: u64) -> Vec<store::NewTask> {
        let table = self.registry.current();
        tasks
            .into_iter()
            .map(|FollowUp { requested_by, task }| {
                let plugin = task.plugin.unwrap_or_else(|| requested_by.clone());
                let due_at_ms = now_ms.saturating_add(task.delay_ms);
                let age_max_ms = table.plugin(&plugin).map(|plugin| self.age_max_ms(plugin));
                let age_max_ms = age_max_ms.unwrap_or_else(|| millis(self.settings.delivery_age_max));
                store::NewTask {
                    kind: DeliveryKind::Task,
                    plugin,
                    requested_by,
                    name: task.name,
                    payload: self.tokens.conceal(app_id, &task.payload).unwrap_or(task.payload),
                    due_at_ms,
                    expires_at_ms: due_at_ms.saturating_add(age_max_ms),
                }
            })
            .collect()
    }

    /// Stores tasks that follow from no stored event; who waits for it waits until this moment at most.
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
