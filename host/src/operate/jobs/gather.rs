//! The numbers that a job is for, gathered while they are counted: what was counted is what is changed.

use lark_callback_store::Filter;

use super::{Job, JobHost};
use crate::{
    operate::{Context, OperateError, names},
    telemetry::PluginLogs,
};

/// Numbers of one job.
pub(super) const ITEMS_MAX: usize = 200_000;

/// Numbers of one look; the count on the page moves on with each.
const LOOK_ROWS: usize = 20_000;

/// Events that are looked at for whether a plugin has to be named: a person needs to know that it is so, not for each.
const LOOKED_THROUGH_MAX: usize = 1_000;

/// All of them, the oldest first.
pub(super) async fn items(host: &JobHost, job: &Job) -> Result<Vec<i64>, OperateError> {
    let items = found(host, job).await?;
    if job.request.action.is_of_events() && job.request.plugin.is_none() {
        let first = items.get(..LOOKED_THROUGH_MAX).unwrap_or(&items);
        let without_plugin = host.store.without_plugin(first).await?;
        job.note(|progress| progress.counts.without_plugin = without_plugin);
    }
    Ok(items)
}

async fn found(host: &JobHost, job: &Job) -> Result<Vec<i64>, OperateError> {
    let request = &job.request;
    if !request.ids.is_empty() {
        job.note(|progress| progress.counts.count = request.ids.len() as u64);
        return Ok(request.ids.clone());
    }
    let items = if request.action.is_of_events() {
        events(host, job).await?
    } else {
        deliveries(host, job).await?
    };
    let plugins = (host.plugins)();
    let context = Context {
        store: &host.store,
        retention: &lark_callback_store::Retention::default(),
        plugins: &plugins,
        serving: &serde_json::Value::Null,
        logs: &PluginLogs::default(),
        actor: &job.actor(),
        record: None,
        now_ms: (host.now_ms)(),
    };
    names::explain_nothing(context, &request.filter, items.len()).await?;
    Ok(items)
}

/// Events that had arrived when the job was made: later ones are processed anyway.
async fn events(host: &JobHost, job: &Job) -> Result<Vec<i64>, OperateError> {
    let mut filter = Filter {
        until_ms: job.request.filter.until_ms.or(Some(job.made_ms.saturating_add(1))),
        ..job.request.filter.clone()
    };
    let mut items = Vec::new();
    loop {
        let room = ITEMS_MAX - items.len();
        let found = host.store.search_numbers(&filter, LOOK_ROWS.min(room)).await?;
        items.extend(found.events);
        filter.before = found.next_before;
        let is_capped = found.next_before.is_some() && items.len() >= ITEMS_MAX;
        job.note(|progress| {
            progress.counts.count = items.len() as u64;
            progress.counts.looked_at += found.looked_at;
            progress.counts.is_capped = is_capped;
        });
        if found.next_before.is_none() || is_capped {
            items.reverse();
            return Ok(items);
        }
    }
}

async fn deliveries(host: &JobHost, job: &Job) -> Result<Vec<i64>, OperateError> {
    let change = job.request.action.change();
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let found = change.next(&host.store, &job.request.filter, after).await?;
        after = found.last().copied();
        let room = ITEMS_MAX - items.len();
        let is_capped = found.len() > room;
        items.extend(found.into_iter().take(room));
        job.note(|progress| {
            progress.counts.count = items.len() as u64;
            progress.counts.is_capped = is_capped;
        });
        if after.is_none() || is_capped {
            return Ok(items);
        }
    }
}
