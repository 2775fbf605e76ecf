//! Schedules of the loaded plugins, for each application that a plugin serves.

use std::sync::Arc;

use lark_callback_store::{Chain, DeliveryKind, NewTask, SCHEDULER};

use super::Dispatcher;
use crate::plugin::{Plugin, Schedule};

/// A schedule of a plugin for one application.
#[derive(Debug, Clone)]
pub struct Scheduled {
    /// The plugin.
    pub plugin: Arc<Plugin>,
    /// The application.
    pub app_id: Arc<str>,
    /// Which of the plugin's schedules.
    number: usize,
}

impl Scheduled {
    /// Its times.
    pub fn schedule(&self) -> Option<&Schedule> {
        self.plugin.schedules().get(self.number)
    }
}

impl Dispatcher {
    /// Returns the schedules of all loaded plugins, also of those that are paused.
    pub fn schedules(&self) -> Vec<Scheduled> {
        let table = self.0.registry.current();
        let mut all = Vec::new();
        for plugin in table.plugins().iter().filter(|plugin| !plugin.schedules().is_empty()) {
            for app_id in table.apps().served(plugin.settings()) {
                all.extend((0..plugin.schedules().len()).map(|number| Scheduled {
                    plugin: Arc::clone(plugin),
                    app_id: Arc::clone(&app_id),
                    number,
                }));
            }
        }
        all
    }

    /// Returns the task that runs for a time of a schedule.
    pub fn task_of(&self, plugin: &Plugin, schedule: &Schedule, due_at_ms: u64, now_ms: u64) -> NewTask {
        NewTask {
            kind: DeliveryKind::Task,
            plugin: plugin.name().to_owned(),
            requested_by: SCHEDULER.to_owned(),
            name: schedule.spec.task.clone(),
            payload: schedule.spec.payload.to_string(),
            due_at_ms,
            expires_at_ms: now_ms.saturating_add(self.0.age_max_ms(plugin.settings())),
            chain: Chain::default(),
        }
    }
}
