//! Lists of events: page by page, following what comes, or with a search in payloads.

use std::ops::RangeInclusive;

use lark_callback_store::Filter;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Context, OperateError, audit, explained::explained, is_full, names, replay};
use crate::{codes::both, telemetry::PluginLogs};

/// Events that are counted; there are more then, and their number would say no more than this.
const COUNTED_MAX: usize = 10_000;

/// How long Lark waits for the answer to a callback.
const CALL_MS_MAX: u64 = 3_000;

/// Moments are whole milliseconds, read one after the other.
const CLOCK_MS: u64 = 20;

/// Longer than any id, and than what a person types.
const WANTED_BYTES_MAX: usize = 1_000;

/// Line that a plugin logged about an event, or call of Lark that it made.
#[derive(Serialize, JsonSchema)]
pub(super) struct EventLine {
    plugin: String,
    /// Milliseconds since 1970.
    at_ms: u64,
    /// `DEBUG`, `INFO`, `WARN` or `ERROR`; `CALL` for a call of Lark, with its status, code and log id.
    level: String,
    text: String,
}

/// Everything about one event, with the changes that touched it. A callback has no attempts on record, so the lines that plugins
/// wrote about it come from the memory of the server that is asked.
pub(super) async fn show(context: Context<'_>, key: &str) -> Result<Value, OperateError> {
    let number = replay::number(context.store, key).await?;
    let event = context.store.event(number).await?;
    let event = event.ok_or_else(|| OperateError::NoEvent { key: key.to_owned() })?;
    let mut event = explained(json!(event));
    if let Some(fields) = event.as_object_mut() {
        let changes = audit::of_event(context, number).await?;
        fields.insert("changes".to_owned(), changes);
        if fields.get("kind").is_some_and(|kind| kind == "callback") {
            let span = call(fields);
            let lines = lines_about(context.logs, fields.get("event_id"), &span);
            let plugin = fields.get("plugin").and_then(Value::as_str).unwrap_or_default();
            let is_cut = context.logs.is_cut(plugin, *span.start());
            fields.insert("lines".to_owned(), lines);
            fields.insert("lines_cut".to_owned(), json!(is_cut));
        }
    }
    Ok(event)
}

/// When the plugins were called that Lark waited for. What they write about the same event later belongs to a replay, or to what
/// the call went on with, and stands with its attempt.
fn call(event: &Map<String, Value>) -> RangeInclusive<u64> {
    let number = |name: &str| event.get(name).and_then(Value::as_u64);
    let received_ms = number("received_at_ms").unwrap_or_default();
    let took_ms = number("duration_us").map_or(CALL_MS_MAX, |us| us.div_ceil(1_000));
    received_ms..=received_ms.saturating_add(took_ms).saturating_add(CLOCK_MS)
}

fn lines_about(logs: &PluginLogs, event_id: Option<&Value>, span: &RangeInclusive<u64>) -> Value {
    let event_id = event_id.and_then(Value::as_str).unwrap_or_default();
    let found = logs.of_event(event_id).into_iter();
    let lines = found
        .filter(|(_, line)| span.contains(&line.at_ms))
        .map(|(plugin, line)| EventLine {
            plugin: plugin.to_string(),
            at_ms: line.at_ms,
            level: line.level.to_owned(),
            text: line.text,
        });
    json!(lines.collect::<Vec<_>>())
}

/// Lists events. An answer to a search may be incomplete: `next_before` then says where to go on, even without any event.
pub(super) async fn list(context: Context<'_>, filter: &Filter) -> Result<Value, OperateError> {
    let filter = names::checked_with_search(filter)?;
    check(&filter)?;
    let store = context.store;
    if let Some(after) = filter.after {
        return follow(context, &filter, after).await;
    }
    let found = store.search_events(&filter).await?;
    if found.next_before.is_none() {
        names::explain_nothing(context, &filter, found.events.len()).await?;
    }
    Ok(json!({
        "events": found.events,
        "next_before": found.next_before,
        "looked_at": found.looked_at,
        "back_to_ms": found.back_to_ms,
    }))
}

/// Counts events, up to [`COUNTED_MAX`] and as far as the time suffices.
pub(super) async fn count(context: Context<'_>, filter: &Filter) -> Result<Value, OperateError> {
    let filter = names::checked_with_search(filter)?;
    check(&filter)?;
    let found = context.store.search_numbers(&filter, COUNTED_MAX).await?;
    if found.next_before.is_none() {
        names::explain_nothing(context, &filter, found.events.len()).await?;
    }
    Ok(json!({
        "count": found.events.len(),
        "is_exact": found.next_before.is_none(),
        "looked_at": found.looked_at,
    }))
}

/// Gaps in which no server had a long connection, the oldest first.
pub(super) async fn gaps(context: Context<'_>, filter: &Filter) -> Result<Value, OperateError> {
    let since_ms = filter.since_ms.unwrap_or_default();
    let app = filter.app.as_deref();
    let gaps = context.store.gaps(app, since_ms, context.now_ms).await?;
    let gaps: Vec<_> = gaps
        .iter()
        .map(|gap| {
            let ms = gap.until_ms.unwrap_or(context.now_ms).saturating_sub(gap.from_ms);
            json!({
                "app": gap.app,
                "from_ms": gap.from_ms,
                "until_ms": gap.until_ms,
                "seconds": ms / 1_000,
                "caught_up_ms": gap.caught_up_ms,
            })
        })
        .collect();
    Ok(json!({ "gaps": gaps }))
}

/// Events after a number, the oldest first; a negative one means: none yet, only tell the newest number.
async fn follow(context: Context<'_>, filter: &Filter, after: i64) -> Result<Value, OperateError> {
    let store = context.store;
    if after < 0 {
        return Ok(json!({"events": [], "next_after": store.newest_event().await?}));
    }
    let events = store.events_after(filter, after).await?;
    let next = events.last().map_or(after, |event| event.id);
    let is_full = is_full(filter, events.len());
    let events = if filter.is_search() {
        store.events_matching(filter, events).await?
    } else {
        events
    };
    Ok(json!({"events": events, "next_after": next, "is_full": is_full}))
}

pub(super) fn check(filter: &Filter) -> Result<(), OperateError> {
    if filter.error.is_some() {
        return Err(OperateError::ErrorElsewhere);
    }
    if filter.after.is_some() && filter.before.is_some() {
        return Err(OperateError::Search(both(
            "before and after cannot be given together",
            "before 和 after 不能同时使用",
        )));
    }
    for wanted in [&filter.user, &filter.chat, &filter.message, &filter.text]
        .into_iter()
        .flatten()
    {
        if wanted.trim().is_empty() {
            return Err(OperateError::Search(both(
                "what is searched for must not be empty",
                "搜索内容不能为空",
            )));
        }
        if wanted.len() > WANTED_BYTES_MAX || wanted.contains('\0') {
            return Err(OperateError::Search(both(
                "what is searched for must have at most 1000 bytes, and no NUL",
                "搜索内容最多 1000 字节，且不能含有 NUL",
            )));
        }
    }
    Ok(())
}
