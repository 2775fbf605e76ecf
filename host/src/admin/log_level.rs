//! Log level of the running server: shown, and changed until it ends.

use std::sync::Arc;

use axum::{body::Body, extract::State, http::StatusCode, response::Response};
use serde_json::{Value, json};

use super::{AdminState, Refusal, api, json as answer};
use crate::telemetry::LevelsNow;

/// Body of a change. Without a level, that of the settings is in effect again.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    level: Option<String>,
}

/// Shows it.
pub(super) async fn show(State(state): State<Arc<AdminState>>) -> Result<Response, Refusal> {
    Ok(answer(StatusCode::OK, &shown(&state.levels()?.now())))
}

/// Changes it.
pub(super) async fn change(State(state): State<Arc<AdminState>>, body: Body) -> Result<Response, Refusal> {
    let Asked { level } = api::read(body).await?;
    let now = state.levels()?.ask(level.as_deref());
    let now = now.map_err(|error| Refusal::bad_request(error.to_string()))?;
    Ok(answer(StatusCode::OK, &shown(&now)))
}

impl AdminState {
    fn levels(&self) -> Result<&crate::telemetry::Levels, Refusal> {
        let levels = self.levels.as_ref();
        levels.ok_or_else(|| Refusal::not_found("the log level of this server cannot be changed while it runs; start it with another RUST_LOG (`dev` has no other way)"))
    }
}

fn shown(now: &LevelsNow) -> Value {
    json!({
        "level": now.levels,
        "configured": now.configured,
        "until": now.is_changed.then_some("the server stops, or RUST_LOG changes"),
    })
}
