//! The scheduler: has tasks run at the times of schedules, each time once by all servers that share the database.
//!
//! A row says up to which moment the times of a schedule are dealt with. Whoever finds that more have come takes the next step,
//! and stores the task with it; a server that is late finds the row changed. So nothing is lost while no server runs: what came
//! meanwhile is found at the next look, and the latest of it is made up for unless it is too old.

use std::collections::{BTreeMap, BTreeSet};

use lark_callback_store::{ScheduleRow, ScheduleStep, Store, StoreError};
use tokio::time::{Duration, MissedTickBehavior, interval};

use crate::{
    dispatch::{Dispatcher, Scheduled},
    plugin::Schedule,
    telemetry::chain,
};

/// Interval between looks at the clock. Times are whole minutes, so a second is soon.
const EVERY: Duration = Duration::from_secs(1);

/// Interval at which it is noted that a schedule is still there: times of another one that replaces it count from then on.
const SEEN_EVERY_MS: u64 = 60_000;

/// How far the clocks of servers may differ. A row that is further ahead was written by a clock that was wrong.
const AHEAD_MS_MAX: u64 = 300_000;

/// Runs forever, beside the deliver loop.
pub(super) async fn run(store: Store, dispatcher: Dispatcher, now_ms: fn() -> u64) {
    let mut looks = interval(EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut scheduler = Scheduler::default();
    loop {
        looks.tick().await;
        // By a clock that may be wrong, times may be missed that have not come.
        if !store.doubts_clock() {
            scheduler.look(&store, &dispatcher, now_ms()).await;
        }
    }
}

/// Plugin, application, task and times.
type Key = (String, String, String, String);

/// Schedules as they are known without asking the database.
#[derive(Debug, Default)]
struct Scheduler {
    looks: BTreeMap<Key, Look>,
    is_in_trouble: bool,
}

/// Look at the row of a schedule.
#[derive(Debug, Clone, Copy)]
struct Look {
    at_ms: u64,
    /// When the next one is due.
    again_ms: u64,
}

impl Scheduler {
    async fn look(&mut self, store: &Store, dispatcher: &Dispatcher, now_ms: u64) {
        let mut all = dispatcher.schedules();
        // What a pause has missed is found at its end.
        all.retain(|scheduled| !scheduled.plugin.settings().paused);
        let keys: BTreeSet<_> = all.iter().filter_map(key).collect();
        self.looks.retain(|key, _| keys.contains(key));
        let is_due = |key: &Key| {
            let look = self.looks.get(key);
            // A clock that was put back is noticed, too.
            look.is_none_or(|look| now_ms >= look.again_ms || look.again_ms.saturating_sub(now_ms) > SEEN_EVERY_MS)
        };
        if !keys.iter().any(is_due) {
            return;
        }
        match self.steps(store, dispatcher, &all, now_ms).await {
            Ok(()) => self.is_in_trouble = false,
            Err(error) if std::mem::replace(&mut self.is_in_trouble, true) => {
                tracing::debug!(error = chain(&error), "Schedules still cannot be looked at");
            }
            Err(error) => tracing::warn!(
                error = chain(&error),
                "Could not read the schedules of plugins; retrying. Times that pass meanwhile are caught up on"
            ),
        }
    }

    async fn steps(
        &mut self,
        store: &Store,
        dispatcher: &Dispatcher,
        all: &[Scheduled],
        now_ms: u64,
    ) -> Result<(), StoreError> {
        let rows = store.schedules().await?;
        let mut made_ready = false;
        for scheduled in all {
            let (Some(key), Some(schedule)) = (key(scheduled), scheduled.schedule()) else {
                continue;
            };
            let plugin = scheduled.plugin.name();
            let is_row = |row: &&ScheduleRow| {
                row.plugin == plugin && *row.app == *scheduled.app_id && row.task == schedule.spec.task
            };
            let mut again_ms = now_ms.saturating_add(SEEN_EVERY_MS);
            match rows.iter().find(is_row) {
                None => {
                    let (app, task) = (&*scheduled.app_id, &schedule.spec.task);
                    store
                        .begin_schedule(plugin, app, task, &schedule.times(), now_ms)
                        .await?;
                }
                Some(row) => {
                    let looked_ms = self.looks.get(&key).map(|look| look.at_ms);
                    if let Some(step) = next_step(row, schedule, looked_ms, now_ms) {
                        let run_ms = step.run_ms;
                        let run = run_ms.map(|at_ms| dispatcher.task_of(&scheduled.plugin, schedule, at_ms, now_ms));
                        let made = store.step_schedule(step.of(row, schedule, run, now_ms)).await?;
                        made_ready |= made && run_ms.is_some();
                        if made {
                            step.tell(scheduled, schedule);
                        }
                    }
                }
            }
            if let Some(next_ms) = schedule.next_after(now_ms) {
                again_ms = again_ms.min(next_ms);
            }
            let at_ms = now_ms;
            self.looks.insert(key, Look { at_ms, again_ms });
        }
        if made_ready {
            dispatcher.wake();
        }
        Ok(())
    }
}

fn key(scheduled: &Scheduled) -> Option<Key> {
    let schedule = scheduled.schedule()?;
    Some((
        scheduled.plugin.name().to_owned(),
        scheduled.app_id.as_ref().to_owned(),
        schedule.spec.task.clone(),
        schedule.times(),
    ))
}

/// Next step of a schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    after_ms: u64,
    missed: u64,
    /// The time that is run.
    run_ms: Option<u64>,
}

impl Step {
    fn of(
        self,
        row: &ScheduleRow,
        schedule: &Schedule,
        run: Option<lark_callback_store::NewTask>,
        now_ms: u64,
    ) -> ScheduleStep {
        ScheduleStep {
            before: row.clone(),
            times: schedule.times(),
            after_ms: self.after_ms,
            missed: self.missed,
            run,
            now_ms,
        }
    }

    fn tell(self, scheduled: &Scheduled, schedule: &Schedule) {
        let (name, task) = (scheduled.plugin.name(), &schedule.spec.task);
        if self.missed == 0 {
            return;
        }
        tracing::warn!(
            plugin.name = name,
            app.id = &*scheduled.app_id,
            task.name = task,
            missed = self.missed,
            ran_for = self.run_ms.map(|at_ms| schedule.shown(at_ms)),
            "Times of the schedule {task} of plugin {name} were missed: no server with it was running, or it was paused; the latest \
             is made up for if it is no older than `late_ms_max` ({} ms)",
            schedule.spec.late_ms_max
        );
    }
}

/// The next step of a schedule; none if there is nothing to do. `looked_ms` is when this server looked at it before.
fn next_step(row: &ScheduleRow, schedule: &Schedule, looked_ms: Option<u64>, now_ms: u64) -> Option<Step> {
    let is_other = row.times != schedule.times();
    let nothing_until = |after_ms| Step {
        after_ms,
        missed: 0,
        run_ms: None,
    };
    if row.after_ms > now_ms.saturating_add(AHEAD_MS_MAX) {
        return Some(nothing_until(now_ms));
    }
    // Times of another schedule count from when the one before it was there last. While servers with different versions run
    // side by side, each is another one to the other, and this one's times count from its own last look.
    let after_ms = if is_other {
        let before_ms = row.seen_ms.min(now_ms);
        row.after_ms
            .max(looked_ms.map_or(before_ms, |looked_ms| before_ms.min(looked_ms)))
    } else {
        row.after_ms
    };
    let Some(due) = schedule.due(after_ms, now_ms) else {
        let is_seen = now_ms.saturating_sub(row.seen_ms) < SEEN_EVERY_MS;
        return (is_other || !is_seen).then(|| nothing_until(after_ms));
    };
    let is_too_late = now_ms.saturating_sub(due.latest_ms) > schedule.spec.late_ms_max;
    Some(Step {
        after_ms: due.latest_ms,
        missed: due.times - u64::from(!is_too_late),
        run_ms: (!is_too_late).then_some(due.latest_ms),
    })
}

#[cfg(test)]
mod tests;
