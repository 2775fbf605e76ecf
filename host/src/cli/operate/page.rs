//! One page of events, however long the search for it takes.

use std::io::{self, IsTerminal as _, Write};

use lark_callback_store::Filter;
use serde_json::{Value, json};

use super::target::Target;
use crate::{cli::Stopped, operate::Command, telemetry::local};

/// One page. A search that was broken off for its length goes on until the page is full or everything was looked at.
pub(super) async fn searched(target: &Target, mut filter: Filter) -> Result<Value, Stopped> {
    let rows_max = filter.page_rows();
    let mut events = Vec::new();
    loop {
        let mut answer = target.execute(&Command::Events(filter.clone())).await?;
        let page = answer.get_mut("events").map(Value::take).unwrap_or_default();
        events.extend(page.as_array().cloned().unwrap_or_default());
        let next = answer.get("next_before").and_then(Value::as_i64);
        let missing = rows_max.saturating_sub(u32::try_from(events.len()).unwrap_or(u32::MAX));
        if next.is_none() || missing == 0 {
            return Ok(json!({"events": events, "next_before": next}));
        }
        progress(&answer, events.len());
        filter.before = next;
        filter.limit = Some(missing);
    }
}

/// Says how far a long search has come, to a person.
fn progress(answer: &Value, found: usize) {
    let mut out = io::stderr();
    if let Some(back_to_ms) = answer
        .get("back_to_ms")
        .and_then(Value::as_u64)
        .filter(|_| out.is_terminal())
    {
        let back_to = local(back_to_ms);
        let _ = writeln!(out, "searched back to {back_to}, {found} found; going on");
    }
}
