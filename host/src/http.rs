//! The public edge: what Lark, a browser and a load balancer can reach, and nothing else.

mod body;
mod callback;
mod examine;
mod origin;
mod page;
mod probe;
mod raw;
mod redirect;
mod rejection;

use std::{any::Any, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get, post},
};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    apps::{App, Apps, Transport},
    dispatch::Dispatcher,
    listen::TrustedProxies,
    moment::Moment,
    telemetry::{Refusals, panic_text},
    trace::Tracer,
};
use rejection::Rejection;

pub use body::Bodies;
pub use examine::{Cases, Examiner};
pub use page::is_page;
pub use probe::UsedProbes;
pub use redirect::AdmitReturn;

/// Path for a load balancer's health check; no application can use it.
pub const HEALTH_PATH: &str = "/health";

/// Message of a server that runs, at [`HEALTH_PATH`].
pub const HEALTHY: &str = "Lark Callback Server is running";

/// Limits of one request.
#[derive(Debug, Clone, Copy)]
pub struct RequestLimits {
    /// Size of one body. Lark's largest events are below 100 KiB; decrypted ones of more than 64 KiB are known.
    pub body_bytes_max: usize,
    /// Size of all bodies being read at the same time, apart from a small free share each. Enough for 64 bodies of the
    /// maximum size, or a thousand of the largest that Lark is known to send.
    pub bodies_bytes_max: usize,
    /// Time from the end of the header to the end of the body.
    pub body_read: Duration,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            body_bytes_max: lark_protocol::BODY_BYTES_MAX,
            bodies_bytes_max: 64 << 20,
            body_read: Duration::from_secs(5),
        }
    }
}

/// State shared by all requests.
#[derive(Debug, Clone)]
pub struct Front {
    /// All applications.
    pub apps: Apps,
    /// Path prefix of all applications; an unknown name below it is refused as an unknown application.
    pub path: String,
    /// Receives verified events.
    pub dispatcher: Dispatcher,
    /// Checks redirects from the authorize page. Absent when no encryption key is set: this server then issues no
    /// authorize links.
    pub admit_return: Option<AdmitReturn>,
    /// Reverse proxies that say who the sender is.
    pub proxies: TrustedProxies,
    /// Limits of one request.
    pub limits: RequestLimits,
    /// Memory budget shared by all bodies.
    pub bodies: Arc<Bodies>,
    /// Refused requests.
    pub refusals: Arc<Refusals>,
    /// Finds out why they were refused.
    pub examiner: Examiner,
    /// Probes of `doctor` that were answered.
    pub probes: Arc<UsedProbes>,
    /// Begins the traces of what was verified.
    pub tracer: Tracer,
    /// Milliseconds since 1970.
    pub now_ms: fn() -> u64,
}

/// State shared by the requests of one application.
#[derive(Debug, Clone)]
struct Endpoint {
    front: Arc<Front>,
    app: Arc<App>,
}

/// The routes of the public listener, for the applications that there are at this moment.
pub fn router(front: Arc<Front>) -> Router {
    let mut router = Router::new().route(HEALTH_PATH, get(health).fallback(not_for_health));
    for app in front.apps.now().iter() {
        let endpoint = Endpoint {
            front: Arc::clone(&front),
            app: Arc::clone(app),
        };
        // An address that needs no key must not be open to those who have none.
        let posted = match app.transport {
            Transport::LongConnection => post(not_posted),
            Transport::Webhook | Transport::Both => post(callback::receive),
        };
        let callback: MethodRouter<Arc<Front>> = posted
            .get(redirect::receive)
            .head(redirect::look)
            .fallback(not_for_callbacks)
            .with_state(endpoint);
        // Some consoles and proxies append a slash, so both forms are served.
        let with_slash = format!("{}/", app.path.trim_end_matches('/'));
        if with_slash != app.path {
            router = router.route(&with_slash, callback.clone());
        }
        router = router.route(&app.path, callback);
    }
    router
        .fallback(elsewhere)
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(front)
}

async fn not_for_health(State(front): State<Arc<Front>>, request: Request) -> Response {
    let rejection = Rejection::MethodNotAllowed { allow: "GET, HEAD" };
    front.refuse(rejection, None, &request.into_parts().0)
}

async fn not_for_callbacks(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let rejection = Rejection::MethodNotAllowed {
        allow: "GET, HEAD, POST",
    };
    endpoint
        .front
        .refuse(rejection, Some(&endpoint.app), &request.into_parts().0)
}

/// Answers callbacks over HTTP for an application that takes them over the long connection.
async fn not_posted(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let parts = request.into_parts().0;
    endpoint.front.refuse(Rejection::NotFound, Some(&endpoint.app), &parts)
}

/// Answers requests to paths that belong to no application.
async fn elsewhere(State(front): State<Arc<Front>>, request: Request) -> Response {
    let arrival = front.arrival();
    let (parts, body) = request.into_parts();
    if let Ok(response) = probe::answered(&front, None, &parts, body, arrival).await {
        return response;
    }
    let name = parts.uri.path().strip_prefix(front.path.trim_end_matches('/'));
    let name = name.and_then(|rest| rest.strip_prefix('/')).unwrap_or_default();
    let rejection = if !name.trim_end_matches('/').is_empty() && front.path != "/" {
        Rejection::UnknownApp
    } else {
        Rejection::NotFound
    };
    front.refuse(rejection, None, &parts)
}

impl Front {
    /// Marks that a request has arrived now.
    fn arrival(&self) -> Moment {
        Moment::now((self.now_ms)())
    }
}

/// Keeps the shape of the original deployment because its monitoring parses it.
async fn health(State(front): State<Arc<Front>>) -> Response {
    #[derive(serde::Serialize)]
    struct Health {
        status: &'static str,
        message: &'static str,
        registered_handlers: Vec<String>,
    }
    let health = Health {
        status: "ok",
        message: HEALTHY,
        registered_handlers: front.dispatcher.registered_handlers(),
    };
    json(StatusCode::OK, serde_json::to_string(&health).unwrap_or_default())
}

/// Builds a complete JSON answer. Status and headers are fixed before the body exists, so errors are JSON too.
fn json(status: StatusCode, body: impl Into<axum::body::Body>) -> Response {
    const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
    (status, [(header::CONTENT_TYPE, JSON)], body.into()).into_response()
}

// `CatchPanicLayer` passes the payload by value.
#[expect(clippy::needless_pass_by_value, reason = "the signature is the layer's")]
fn panicked(payload: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!(
        panic = panic_text(payload.as_ref()),
        "A request handler panicked because of a bug in the server; please report it"
    );
    Rejection::Internal.into_response()
}
