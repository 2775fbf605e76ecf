//! The public edge: what Lark, a browser and a load balancer can reach, and nothing else.

mod callback;
mod page;
mod redirect;
mod rejection;

use std::{any::Any, collections::HashMap, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{dispatch::Dispatcher, lark};
use rejection::Rejection;

pub use redirect::AdmitReturn;

/// What the front door needs to know of one application.
#[derive(Debug)]
pub struct App {
    /// `cli_…`; names the application in the database.
    pub app_id: Arc<str>,
    /// Its keys and its time window.
    pub keys: lark::Keys,
}

/// What one request may take.
#[derive(Debug, Clone, Copy)]
pub struct RequestLimits {
    /// The body. Lark's largest events are below 100 KiB; decrypted ones of more than 64 KiB are known.
    pub body_bytes_max: usize,
    /// From the end of the header to the end of the body.
    pub body_read: Duration,
}

impl Default for RequestLimits {
    fn default() -> Self {
        Self {
            body_bytes_max: lark::BODY_BYTES_MAX,
            body_read: Duration::from_secs(5),
        }
    }
}

/// What all requests share.
#[derive(Debug)]
pub struct Front {
    /// By the name in the path; the application of the environment has the empty name and answers at `/callback`.
    pub apps: HashMap<String, App>,
    /// Where opened events go.
    pub dispatcher: Dispatcher,
    /// Checks what a browser brings back from the authorize page. Absent: there is no key, so this server makes no links.
    pub admit_return: Option<AdmitReturn>,
    /// What one request may take.
    pub limits: RequestLimits,
    /// Milliseconds since 1970.
    pub now_ms: fn() -> u64,
}

/// The routes of the public listener.
pub fn router(front: Arc<Front>) -> Router {
    let callback = post(callback::receive)
        .get(redirect::receive)
        .head(redirect::look)
        .fallback(|| async {
            Rejection::MethodNotAllowed {
                allow: "GET, HEAD, POST",
            }
        });
    Router::new()
        .route("/callback", callback.clone())
        .route("/callback/{app}", callback)
        .route(
            "/health",
            get(health).fallback(|| async { Rejection::MethodNotAllowed { allow: "GET, HEAD" } }),
        )
        .fallback(|| async { Rejection::NotFound })
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(front)
}

/// The shape of the original deployment, which its monitoring reads.
async fn health(State(front): State<Arc<Front>>) -> Response {
    #[derive(serde::Serialize)]
    struct Health {
        status: &'static str,
        message: &'static str,
        registered_handlers: Vec<String>,
    }
    let health = Health {
        status: "ok",
        message: "Lark Callback Server is running",
        registered_handlers: front.dispatcher.registered_handlers(),
    };
    json(StatusCode::OK, serde_json::to_string(&health).unwrap_or_default())
}

/// A complete JSON answer. Status and headers are set before the body exists, so that an error is JSON too.
fn json(status: StatusCode, body: impl Into<axum::body::Body>) -> Response {
    const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
    (status, [(header::CONTENT_TYPE, JSON)], body.into()).into_response()
}

// The layer hands the payload over.
#[expect(clippy::needless_pass_by_value, reason = "the signature is the layer's")]
fn panicked(payload: Box<dyn Any + Send + 'static>) -> Response {
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    tracing::error!(
        panic = message.unwrap_or("no message"),
        "A request handler panicked; please report this"
    );
    Rejection::Internal.into_response()
}
