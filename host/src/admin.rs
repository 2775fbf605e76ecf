//! Operator's listener: health, metrics and commands.
//!
//! Tested over HTTP in `tests/it/admin.rs`; its guard beside the code.

mod api;
mod catch_up;
mod connections;
mod followed;
mod guard;
mod jobs;
mod limits;
mod liveness;
mod log_level;
mod metrics;
mod openapi;
mod plugin_data;
mod recorded;
mod refusal;
mod rejected;
mod requests;
mod role;
mod schedules;
mod shapes;
mod shown_settings;

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
    routing::get,
};
use lark_callback_store::{Retention, Store};
use secrecy::SecretString;
use serde_json::Value;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    apps::Apps,
    codes::Text,
    dispatch::Dispatcher,
    listen::{TrustedProxies, is_loopback},
    long_connection::CatchUp,
    operate::{ROUTES, of_server::SERVER_ROUTES},
    reload::PluginStatus,
    telemetry::{AlertCounts, Connections, Levels, PluginLogs, PluginMetrics, Refusals, SpanCounts},
    tokens::Tokens,
};
use refusal::Refusal;

pub use crate::operate::{JobHost, Jobs};
pub use connections::deaf;
pub use guard::is_own_host;
pub use liveness::{Liveness, STILL_MAX};
pub use openapi::document;
pub(crate) use plugin_data::{KeysAsked, LinesAsked};
pub use role::{Role, Viewers};
pub use shown_settings::ShownSettings;

/// Settings of the operator's listener.
#[derive(Debug, Clone)]
pub struct AdminSettings {
    /// `CALLBACK_ADMIN`.
    pub is_on: bool,
    /// `CALLBACK_ADMIN_HOST`.
    pub host: String,
    /// `CALLBACK_ADMIN_PORT`.
    pub port: u16,
    /// `CALLBACK_ADMIN_SOCKET_MODE`: permissions of the file of a Unix socket.
    pub socket_mode: u32,
    /// The port is the default, not set explicitly: if it is taken, the server runs without this listener.
    pub is_usual_port: bool,
    /// `CALLBACK_ADMIN_TOKEN`.
    pub token: Option<SecretString>,
    /// `CALLBACK_CONSOLE`: whether there are pages for a browser.
    pub has_console: bool,
    /// Those who may only look.
    pub viewers: Viewers,
}

impl AdminSettings {
    /// Whether only this machine can reach the listener.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }
}

/// State from which the operator's requests are answered.
pub struct AdminState {
    /// Address and token of the listener.
    pub settings: AdminSettings,
    /// Reverse proxies whose word about the sender counts.
    pub proxies: TrustedProxies,
    /// The database.
    pub store: Store,
    /// Runs tasks, and is notified of deliveries that have become ready.
    pub dispatcher: Dispatcher,
    /// Counters of user-token refreshes.
    pub tokens: Tokens,
    /// State of each plugin.
    pub plugins: watch::Receiver<Arc<[PluginStatus]>>,
    /// Notified of orders for plugins.
    pub plugin_orders: Arc<Notify>,
    /// Metrics recorded by plugins.
    pub plugin_metrics: PluginMetrics,
    /// The last log lines of plugins.
    pub plugin_logs: PluginLogs,
    /// Counters of requests refused here and at the public listener.
    pub refusals: Arc<Refusals>,
    /// Long connections to Lark.
    pub connections: Connections,
    /// Fetches what was missed without them.
    pub catch_up: CatchUp,
    /// Connections that each listener has closed for new ones.
    pub closed: [(&'static str, Arc<AtomicU64>); 2],
    /// Parts that must move for the server to be alive.
    pub liveness: Liveness,
    /// Actions on many events or deliveries.
    pub jobs: Jobs,
    /// Cancelled when the server is about to stop.
    pub leaving: CancellationToken,
    /// Applications, with their latencies.
    pub apps: Apps,
    /// Retention periods.
    pub retention: Retention,
    /// `CALLBACK_DATABASE_BYTES_MAX`, if it is set.
    pub database_bytes_max: Option<u64>,
    /// Counters of spans, if there are traces.
    pub spans: Option<Arc<SpanCounts>>,
    /// Counters of alerts into a chat, if there are any.
    pub alerts: Option<Arc<AlertCounts>>,
    /// Levels of the log, if this process writes it.
    pub levels: Option<Levels>,
    /// Settings that are in force, with their origins and without secrets.
    pub shown_settings: ShownSettings,
    /// Milliseconds since 1970.
    pub now_ms: fn() -> u64,
}

impl fmt::Debug for AdminState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdminState")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// The routes of the operator's listener.
pub fn router(state: Arc<AdminState>) -> Router {
    let api = |path: &str| format!("/api/v1/{path}");
    let commands = ROUTES.into_iter().fold(Router::new(), |router, route| {
        router.route(&api(route.path), api::command(route))
    });
    let requests = SERVER_ROUTES.into_iter().fold(commands, |router, route| {
        router.route(&api(route.path), requests::request(route))
    });
    requests
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics::show))
        .fallback(|| async { Refusal::not_found("there is nothing at this path") })
        .method_not_allowed_fallback(|| async { Refusal::method() })
        .layer(middleware::from_fn_with_state(guard::Guard::new(&state), guard::admit))
        .with_state(state)
}

/// Reports progress rather than reachability, so that a slow server is not restarted.
async fn livez(State(state): State<Arc<AdminState>>) -> Response {
    let stuck = state.liveness.stuck(STILL_MAX);
    status(&stuck)
}

/// Whether the server is ready to receive requests.
async fn readyz(State(state): State<Arc<AdminState>>) -> Response {
    let mut reasons = Vec::new();
    if state.leaving.is_cancelled() {
        reasons.push("the server stops");
    }
    if state.dispatcher.is_loading() {
        reasons.push("the server has just started and is still loading plugins");
    }
    if !state.store.is_ready() {
        reasons.push("the database is not writable, is full, or its file was taken away");
    }
    let deaf = deaf(&state.connections.now());
    reasons.extend(deaf.iter().map(Text::en));
    status(&reasons)
}

fn status(reasons: &[&str]) -> Response {
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
