//! `/api/v1/jobs`: one action on many events or deliveries, counted, started, followed and cancelled.

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::Response,
};
use serde_json::{Value, json};

use super::{
    AdminState, Refusal,
    api::{self, Who},
    json as answer,
};
use crate::{codes::Language, operate::JobRequest};

type Key = Result<Path<String>, PathRejection>;

/// Lists the jobs of this server, the newest first.
pub(super) async fn list(State(state): State<Arc<AdminState>>) -> Response {
    let jobs: Vec<Value> = state.jobs.list().iter().map(|job| job.shown(Language::En)).collect();
    answer(StatusCode::OK, &json!({"jobs": jobs}))
}

/// Counts what a request means; its job waits to be started.
pub(super) async fn count(
    State(state): State<Arc<AdminState>>,
    Extension(who): Who,
    body: Body,
) -> Result<Response, Refusal> {
    let request: JobRequest = api::read(body).await?;
    let job = state.jobs.count(&who, request).await?;
    Ok(answer(StatusCode::OK, &job.shown(Language::En)))
}

/// Shows one.
pub(super) async fn show(State(state): State<Arc<AdminState>>, key: Key) -> Result<Response, Refusal> {
    let job = state.jobs.find(&api::in_path(key)?)?;
    Ok(answer(StatusCode::OK, &job.shown(Language::En)))
}

/// Starts one; a second time it shows the job that runs.
pub(super) async fn start(
    State(state): State<Arc<AdminState>>,
    Extension(who): Who,
    key: Key,
) -> Result<Response, Refusal> {
    let job = state.jobs.start(&who, &api::in_path(key)?)?;
    Ok(answer(StatusCode::OK, &job.shown(Language::En)))
}

/// Cancels one.
pub(super) async fn cancel(
    State(state): State<Arc<AdminState>>,
    Extension(who): Who,
    key: Key,
) -> Result<Response, Refusal> {
    let job = state.jobs.cancel(&who, &api::in_path(key)?).await?;
    Ok(answer(StatusCode::OK, &job.shown(Language::En)))
}
