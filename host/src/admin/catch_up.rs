//! `POST /api/v1/catch-up`: has messages fetched that were missed while there was no long connection.

use std::sync::Arc;

use axum::{Extension, body::Body, extract::State, http::StatusCode, response::Response};
use serde_json::{Value, json};

use super::{
    AdminState,
    api::{Who, read},
    json as answer,
    recorded::Keeps,
    refusal::Refusal,
};
use crate::{
    long_connection::Missing,
    operate::{AuditedChange, of_server},
};

/// Answers when everything is handled; a dry run only counts.
pub(super) async fn run(
    State(state): State<Arc<AdminState>>,
    Extension(who): Who,
    body: Body,
) -> Result<Response, Refusal> {
    let missing: Missing = read(body).await?;
    if missing.dry_run {
        return Ok(answer(StatusCode::OK, &fetch(&state, &missing).await?));
    }
    let change = AuditedChange {
        command: of_server::CATCH_UP.to_owned(),
        arguments: json!(missing),
        touched: Vec::new(),
    };
    state
        .recorded(&who, change, Keeps::Answer, fetch(&state, &missing))
        .await
}

async fn fetch(state: &AdminState, missing: &Missing) -> Result<Value, Refusal> {
    let fetched = state.catch_up.run(missing).await?;
    tracing::info!(
        app.id = fetched.app,
        found = fetched.found,
        added = fetched.added,
        dry_run = fetched.dry_run,
        "Messages that were missed were fetched on the operator's order"
    );
    Ok(json!({ "caught_up": fetched }))
}
