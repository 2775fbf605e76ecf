//! One batch of a job, with a result for each item.

use std::collections::HashMap;

use lark_callback_store::{ReplayRefusal, Replayed};

use super::{Job, JobHost};
use crate::{
    codes::{Text, any_state, both, state, told},
    operate::{OperateError, error::text_of_refusal},
};

/// Does it in one transaction.
pub(super) async fn batch(host: &JobHost, job: &Job, items: &[i64]) -> Result<(), OperateError> {
    if job.request.action.is_of_events() {
        replay(host, job, items).await
    } else {
        change(host, job, items).await
    }
}

async fn replay(host: &JobHost, job: &Job, items: &[i64]) -> Result<(), OperateError> {
    let request = &job.request;
    let loaded = (!request.force).then(|| (host.plugins)());
    let replays = host
        .store
        .replay(items.to_vec(), request.plugin.clone(), loaded, (host.now_ms)())
        .await?;
    job.note(|progress| {
        for (id, replay) in items.iter().zip(replays) {
            let result = match replay {
                Ok(deliveries) => {
                    let made = |one: fn(&Replayed) -> String, comma| {
                        let each: Vec<_> = deliveries.iter().map(one).collect();
                        each.join(comma)
                    };
                    Ok(both(
                        made(|made| format!("delivery {} for {}", made.delivery, made.plugin), ", "),
                        made(|made| format!("投递 {}（{}）", made.delivery, made.plugin), "、"),
                    ))
                }
                Err(refusal) => Err(refused(&refusal)),
            };
            progress.add(*id, result);
        }
    });
    Ok(())
}

/// Why an event was not replayed, in the words of a page.
fn refused(refusal: &ReplayRefusal) -> Text {
    match refusal {
        ReplayRefusal::NoEvent { event } => told!("there is no event {event}", "没有事件 {event}"),
        ReplayRefusal::NotLoaded { plugin, .. } => told!(
            "it would wait for the plugin {plugin}, which is not loaded; load it, or choose another one in the field “Replay to”",
            "插件 {plugin} 未加载，投递会一直等待；请先加载它，或在“重放到”中选择其他插件"
        ),
        ReplayRefusal::NoPlugin { .. } => both(
            "no plugin had it by a delivery, as a callback is answered at once; choose a plugin in the field “Replay to”",
            "没有插件以投递方式处理过它（回调会当场应答）；请在“重放到”中选择插件",
        ),
        ReplayRefusal::PayloadDeleted { .. } => text_of_refusal(refusal),
    }
}

async fn change(host: &JobHost, job: &Job, items: &[i64]) -> Result<(), OperateError> {
    let change = job.request.action.change();
    let standing = host.store.states_of(items).await?;
    let standing: HashMap<_, _> = standing.into_iter().map(|found| (found.id, found)).collect();
    let loaded = (host.plugins)();
    let needs_plugin = change.needs_plugin() && !job.request.force;
    let mut refused = HashMap::new();
    let mut going = Vec::new();
    for &id in items {
        match standing.get(&id) {
            None => _ = refused.insert(id, told!("there is no delivery {id}", "没有投递 {id}")),
            Some(found) if !change.takes().contains(&found.state.as_str()) => {
                let (now, allowed) = (state(&found.state), any_state(change.takes()));
                let text = told!(
                    "it is {now} now; allowed: {allowed}",
                    "当前状态为“{now:#}”；允许的状态：{allowed:#}"
                );
                refused.insert(id, text);
            }
            Some(found) if needs_plugin && !loaded.contains(&found.plugin) => {
                let plugin = &found.plugin;
                refused.insert(id, told!("the plugin {plugin} is not loaded", "插件 {plugin} 未加载"));
            }
            Some(_) => going.push(id),
        }
    }
    let zh = if change.needs_plugin() {
        "已重试"
    } else {
        "已丢弃"
    };
    let changed = change.apply(&host.store, going, (host.now_ms)()).await?;
    let mut held_up = HashMap::new();
    if change.needs_plugin() {
        held_up.extend(host.store.held_up(&changed, (host.now_ms)()).await?);
    }
    job.note(|progress| {
        for &id in items {
            let result = match refused.remove(&id) {
                Some(reason) => Err(reason),
                None if changed.contains(&id) => Ok(match held_up.get(&id) {
                    Some(first) => told!(
                        "not made yet: it waits for delivery {first}, which has the same ordering key; retry or drop that one \
                         first",
                        "尚未执行：需等待投递 {first}，两者的顺序键相同；请先重试或丢弃那一条"
                    ),
                    None => both(change.done(), zh),
                }),
                None => Err(both("it was changed meanwhile", "其间已被更改")),
            };
            progress.add(id, result);
        }
    });
    Ok(())
}
