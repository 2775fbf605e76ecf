//! The operator's edge: how the server is, what it has done, and commands, on a listener of its own.

mod api;
mod guard;
mod metrics;
mod refusal;

use std::{
    fmt,
    sync::{Arc, atomic::AtomicU64},
};

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use lark_callback_store::{Retention, Store};
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    apps::Apps,
    dispatch::Dispatcher,
    listen::is_loopback,
    operate::ROUTES,
    reload::PluginStatus,
    telemetry::{Beat, PluginMetrics, Refusals},
    tokens::Tokens,
};
use refusal::Refusal;

/// A loop or a batch that has not moved for so long is stuck: the slowest batch is given up after 5 s, and the slowest turn
/// of the deliver loop waits for two commits.
const STILL_MAX: std::time::Duration = std::time::Duration::from_secs(15);

/// Where the operator's listener is, and who may use it.
#[derive(Debug, Clone)]
pub struct AdminSettings {
    /// `CALLBACK_ADMIN`.
    pub is_on: bool,
    /// `CALLBACK_ADMIN_HOST`.
    pub host: String,
    /// `CALLBACK_ADMIN_PORT`.
    pub port: u16,
    /// Nobody asked for this port: when it is taken, the server runs without the listener.
    pub is_usual_port: bool,
    /// `CALLBACK_ADMIN_TOKEN`.
    pub token: Option<SecretString>,
}

impl AdminSettings {
    /// Whether only this machine can reach it.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

/// What the operator's requests are answered from.
pub struct Desk {
    /// Who may ask.
    pub settings: AdminSettings,
    /// The database.
    pub store: Store,
    /// For tasks, and for what has become ready.
    pub dispatcher: Dispatcher,
    /// How users' tokens were refreshed.
    pub tokens: Tokens,
    /// How each plugin is.
    pub plugins: watch::Receiver<Arc<[PluginStatus]>>,
    /// What plugins count.
    pub plugin_metrics: PluginMetrics,
    /// What was refused, here and at the public listener.
    pub refusals: Arc<Refusals>,
    /// How many connections each listener has closed for new ones.
    pub closed: [(&'static str, Arc<AtomicU64>); 2],
    /// Whether the deliver loop turns.
    pub delivering: Arc<Beat>,
    /// The server stops.
    pub stop: CancellationToken,
    /// The applications, with how long their requests take.
    pub apps: Apps,
    /// What is deleted when.
    pub retention: Retention,
    /// Milliseconds since 1970.
    pub now_ms: fn() -> u64,
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// The routes of the operator's listener.
pub fn router(desk: Arc<Desk>) -> Router {
    let commands = ROUTES.into_iter().fold(Router::new(), |router, route| {
        router.route(&format!("/api/v1/{}", route.path), api::command(route))
    });
    commands
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics::show))
        .route("/api/v1/plugins", get(api::plugins))
        .route("/api/v1/tasks/{plugin}/{name}", post(api::task))
        .fallback(|| async { Refusal::not_found("there is nothing at this path") })
        .method_not_allowed_fallback(|| async { Refusal::method() })
        .layer(middleware::from_fn_with_state(guard::Guard::new(&desk), guard::admit))
        .with_state(desk)
}

/// Progress, not a ping: whoever restarts a server that is not alive must not restart one that is only slow.
async fn livez(State(desk): State<Arc<Desk>>) -> Response {
    let mut stuck = Vec::new();
    if !desk.store.is_moving(STILL_MAX) {
        stuck.push("the writer of the database has not moved for 15 s");
    }
    if desk.delivering.age() >= STILL_MAX {
        stuck.push("the deliver loop has not turned for 15 s");
    }
    state(&stuck)
}

/// Whether requests should come here.
async fn readyz(State(desk): State<Arc<Desk>>) -> Response {
    let mut reasons = Vec::new();
    if desk.stop.is_cancelled() {
        reasons.push("the server stops");
    }
    if desk.dispatcher.is_loading() {
        reasons.push("the server has just started, and plugins are still being loaded");
    }
    if !desk.store.is_ready() {
        reasons.push("the database cannot be written, or is full");
    }
    state(&reasons)
}

fn state(reasons: &[&str]) -> Response {
    if reasons.is_empty() {
        return json(StatusCode::OK, &serde_json::json!({"status": "ok"}));
    }
    let body = serde_json::json!({"status": "failed", "reasons": reasons});
    json(StatusCode::SERVICE_UNAVAILABLE, &body)
}

fn json(status: StatusCode, body: &Value) -> Response {
    const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
    (status, [(header::CONTENT_TYPE, JSON)], body.to_string()).into_response()
}
