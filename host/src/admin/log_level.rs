//! Log level of the running server: shown, and changed until it ends.

use std::sync::Arc;

use axum::{Extension, body::Body, extract::State, http::StatusCode, response::Response};
use serde_json::{Value, json};

use super::{
    AdminState, Refusal,
    api::{self, Who},
    json as answer,
    recorded::Keeps,
    shapes::AskedLevel,
};
use crate::{
    operate::{AuditedChange, of_server},
    telemetry::LevelsNow,
};

/// Shows it.
pub(super) async fn show(State(state): State<Arc<AdminState>>) -> Result<Response, Refusal> {
    Ok(answer(StatusCode::OK, &shown(&state.levels()?.now())))
}

/// Changes it.
pub(super) async fn change(
    State(state): State<Arc<AdminState>>,
    Extension(who): Who,
    body: Body,
) -> Result<Response, Refusal> {
    let AskedLevel { level } = api::read(body).await?;
    let change = AuditedChange {
        command: of_server::LOG_LEVEL.to_owned(),
        arguments: json!({"level": level}),
        touched: Vec::new(),
    };
    let made = async {
        let now = state.levels()?.ask(level.as_deref());
        let now = now.map_err(|error| Refusal::bad_request(error.to_string()))?;
        Ok(shown(&now))
    };
    state.recorded(&who, change, Keeps::Answer, made).await
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
