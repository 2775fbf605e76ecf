//! The last refused requests for the operator, each with its diagnosis, cause and cure.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde_json::{Value, json};

use super::{AdminState, json as answer};
use crate::{
    codes::{self, Entry, Language, Text},
    telemetry::{REJECTED_MAX, Rejected},
};

/// Lists them, newest first, and how many there were of each application and reason since the start.
pub(super) async fn list(State(state): State<Arc<AdminState>>) -> Response {
    answer(StatusCode::OK, &state.rejected())
}

impl AdminState {
    /// The last refused requests, and how many there were.
    pub(crate) fn rejected(&self) -> Value {
        let now_ms = (self.now_ms)();
        let rejected: Vec<_> = self.refusals.last().iter().map(|one| shown(one, now_ms)).collect();
        let counts = self.refusals.counts();
        let counts = counts
            .iter()
            .map(|(refused, count)| json!({"app_id": &*refused.app, "reason": refused.reason, "count": count}));
        let counts: Vec<_> = counts.collect();
        json!({"rejected": rejected, "counts": counts, "rejected_max": REJECTED_MAX})
    }
}

fn shown(rejected: &Rejected, now_ms: u64) -> Value {
    let ago_ms = u64::try_from(rejected.at.elapsed().as_millis()).unwrap_or(u64::MAX);
    let detail = rejected.diagnosis.as_ref().map(|diagnosis| &diagnosis.detail);
    let detail = detail.filter(|detail| !detail.en().is_empty());
    let mut shown = json!({
        "received_at_ms": now_ms.saturating_sub(ago_ms),
        "app_id": &*rejected.refused.app,
        "method": rejected.method,
        "path": rejected.path,
        "peer": rejected.peer,
        "request_id": rejected.request_id.as_deref(),
        "log_id": rejected.log_id.as_deref(),
        "status": rejected.status,
        "body_bytes": rejected.body_bytes,
        "reason": rejected.refused.reason,
        "diagnosis": rejected.diagnosis.as_ref().map(|diagnosis| diagnosis.word),
        "detail": detail.map(Text::en),
        "detail_zh": detail.map(Text::zh),
    });
    if let (Some(entry), Some(fields)) = (entry(rejected), shown.as_object_mut()) {
        fields.insert("cause".to_owned(), entry.cause(Language::En).into());
        fields.insert("cure".to_owned(), entry.cure(Language::En).into());
    }
    shown
}

/// The diagnosis says more than the reason.
fn entry(rejected: &Rejected) -> Option<&'static Entry> {
    let diagnosis = rejected.diagnosis.as_ref();
    diagnosis
        .and_then(|diagnosis| codes::diagnosis(diagnosis.word))
        .or_else(|| codes::refusal(rejected.refused.reason))
}
