//! Schedules of the loaded plugins, with their next and last times.

use std::collections::BTreeMap;

use lark_callback_store::{ScheduleRow, StoreError};
use serde_json::{Value, json};

use super::AdminState;

impl AdminState {
    /// The schedules of each plugin that has any, for each of its applications.
    pub(super) async fn schedules(&self) -> Result<BTreeMap<String, Vec<Value>>, StoreError> {
        let scheduled = self.dispatcher.schedules();
        let mut shown: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        if scheduled.is_empty() {
            return Ok(shown);
        }
        let rows = self.store.schedules().await?;
        let now_ms = (self.now_ms)();
        for scheduled in &scheduled {
            let Some(schedule) = scheduled.schedule() else { continue };
            let (plugin, spec) = (scheduled.plugin.name(), &schedule.spec);
            let is_row =
                |row: &&ScheduleRow| row.plugin == plugin && *row.app == *scheduled.app_id && row.task == spec.task;
            let row = rows.iter().find(is_row);
            let next_ms = schedule.next_after(now_ms);
            let last_ms = row.and_then(|row| row.last_ms);
            let at = |ms: Option<u64>| ms.map(|ms| schedule.shown(ms));
            shown.entry(plugin.to_owned()).or_default().push(json!({
                "task": spec.task,
                "app": &*scheduled.app_id,
                "at": spec.at,
                "zone": spec.zone,
                "late_ms_max": spec.late_ms_max,
                "next": at(next_ms),
                "next_ms": next_ms,
                "last": at(last_ms),
                "last_ms": last_ms,
                "missed": row.map_or(0, |row| row.missed),
            }));
        }
        Ok(shown)
    }
}
