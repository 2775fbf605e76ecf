//! Work that a plugin asked for: done after the reply, one task after the other.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{Arrival, Dispatcher, Inner};
use crate::{
    plugin::{CallContext, CallError, NewTask, Reply, Task},
    telemetry::chain,
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
}

impl Dispatcher {
    /// Has a plugin do one task now, and tells what it replied.
    ///
    /// # Errors
    /// When there is no such plugin or it could not do it.
    pub async fn run_task(&self, plugin: &str, task: Task, arrival: Arrival) -> Result<Option<String>, TaskError> {
        let table = self.0.registry.current();
        let Some(found) = table.plugin(plugin) else {
            return Err(TaskError::NoPlugin {
                plugin: plugin.to_owned(),
            });
        };
        let deadline = arrival.at + self.0.settings.task_budget;
        let outcome = found
            .run(
                &task,
                CallContext {
                    attempt: 1,
                    now_ms: arrival.now_ms,
                    deadline,
                },
            )
            .await?;
        if !outcome.tasks.is_empty() {
            // A task is done once, so a chain of tasks could not be followed up if it broke; it is refused aloud.
            tracing::warn!(
                plugin.name = plugin,
                "A task asked for more tasks; only a handler can, and they were not begun"
            );
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
    pub(super) requested_by: String,
    pub(super) task: NewTask,
}

impl Inner {
    /// Does what was asked for, in its order, and logs what fails. Each task is tried once: until deliveries are stored,
    /// work that must not be lost belongs into the handler itself.
    pub(super) async fn follow_up(
        self: Arc<Self>,
        app_id: String,
        event_id: String,
        arrival: Arrival,
        all: Vec<FollowUp>,
    ) {
        for (number, FollowUp { requested_by, task }) in all.into_iter().enumerate() {
            tokio::select! {
                () = sleep(Duration::from_millis(task.delay_ms)) => {}
                () = self.stopping.cancelled() => {
                    tracing::error!(
                        event.id = event_id,
                        plugin.name = requested_by,
                        task.name = task.name,
                        "The server stops before this task is due; it is not done, nor are those after it"
                    );
                    return;
                }
            }
            let waited = u64::try_from(arrival.at.elapsed().as_millis()).unwrap_or(u64::MAX);
            let now = Arrival {
                at: Instant::now(),
                now_ms: arrival.now_ms.saturating_add(waited),
            };
            let plugin = task.plugin.unwrap_or_else(|| requested_by.clone());
            let due = Task {
                id: format!("{event_id}/{number}"),
                name: task.name,
                payload: task.payload,
                requested_by,
                app_id: app_id.clone(),
            };
            let task_name = due.name.clone();
            let done = Dispatcher(Arc::clone(&self)).run_task(&plugin, due, now).await;
            match done {
                Ok(_) => tracing::info!(
                    event.id = event_id,
                    plugin.name = plugin,
                    task.name = task_name,
                    "Task done"
                ),
                Err(error) => tracing::error!(
                    event.id = event_id,
                    plugin.name = plugin,
                    task.name = task_name,
                    error = chain(&error),
                    "Task failed"
                ),
            }
        }
    }
}
