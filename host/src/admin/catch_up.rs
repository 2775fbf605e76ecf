//! `POST /api/v1/catch-up`: has messages fetched that were missed while there was no long connection.

use std::sync::Arc;

use axum::{body::Body, extract::State, http::StatusCode, response::Response};
use serde_json::json;

use super::{AdminState, api::read, json as answer, refusal::Refusal};

/// Answers when everything is handled; a dry run only counts.
pub(super) async fn run(State(state): State<Arc<AdminState>>, body: Body) -> Result<Response, Refusal> {
    let missing = read(body).await?;
    let fetched = state.catch_up.run(&missing).await?;
    tracing::info!(
        app.id = fetched.app,
        found = fetched.found,
        added = fetched.added,
        dry_run = fetched.dry_run,
        "Messages that were missed were fetched on the operator's order"
    );
    Ok(answer(StatusCode::OK, &json!({ "caught_up": fetched })))
}
