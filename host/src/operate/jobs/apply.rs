//! One batch of a job, with a result for each item.

use std::collections::HashMap;

use super::{Job, JobHost};
use crate::operate::OperateError;

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
                    let made = deliveries
                        .iter()
                        .map(|made| format!("delivery {} for {}", made.delivery, made.plugin));
                    Ok(made.collect::<Vec<_>>().join(", "))
                }
                Err(refusal) => Err(refusal.to_string()),
            };
            progress.add(*id, result);
        }
    });
    Ok(())
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
            None => _ = refused.insert(id, format!("there is no delivery {id}")),
            Some(found) if !change.takes().contains(&found.state.as_str()) => {
                let text = format!("it is {} now; allowed: {}", found.state, change.allowed());
                refused.insert(id, text);
            }
            Some(found) if needs_plugin && !loaded.contains(&found.plugin) => {
                refused.insert(id, format!("the plugin {} is not loaded", found.plugin));
            }
            Some(_) => going.push(id),
        }
    }
    let changed = change.apply(&host.store, going, (host.now_ms)()).await?;
    job.note(|progress| {
        for &id in items {
            let result = match refused.remove(&id) {
                Some(reason) => Err(reason),
                None if changed.contains(&id) => Ok(change.done().to_owned()),
                None => Err("it was changed meanwhile".to_owned()),
            };
            progress.add(id, result);
        }
    });
    Ok(())
}
