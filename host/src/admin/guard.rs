//! Access control: callers with the token, or, when none is set, callers that address this listener by its own name.
//!
//! A web page can make a browser on this machine send requests here, even under a domain that it points to 127.0.0.1.
//! Such requests carry an `Origin`, a `Sec-Fetch-Site`, or a `Host` that is not this listener's.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::sync::Semaphore;

use super::{AdminState, Refusal, is_loopback};
use crate::{operate::Way, telemetry::Refused};

/// Paths for monitors that cannot send a token; they reveal only yes or no.
const OPEN: [&str; 2] = ["/livez", "/readyz"];

/// Header in which a browser says whose page asks.
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Maximum number of concurrent requests other than health checks, so that slow lists leave connections free for those.
const REQUESTS_MAX: usize = 48;

/// State of the check in front of all routes.
#[derive(Clone)]
pub(super) struct Guard {
    state: Arc<AdminState>,
    places: Arc<Semaphore>,
}

impl Guard {
    pub(super) fn new(state: &Arc<AdminState>) -> Self {
        Self {
            state: Arc::clone(state),
            places: Arc::new(Semaphore::new(REQUESTS_MAX)),
        }
    }
}

/// Passes a request on, or refuses it.
pub(super) async fn admit(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let Guard { state, places } = &guard;
    let headers = request.headers();
    if is_of_foreign_page(headers) {
        return refuse(state, Refusal::browser(), "origin");
    }
    if state.settings.is_open() && !is_own_host(headers, request.uri(), &state.settings.host) {
        return refuse(state, Refusal::host(), "host");
    }
    if OPEN.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    let Some(role) = state.role_of_request(headers) else {
        return refuse(state, Refusal::token(), "token");
    };
    let actor = state.actor(role, Way::Api, headers);
    request.extensions_mut().insert(Arc::new(actor));
    match places.try_acquire() {
        Ok(_place) => next.run(request).await,
        Err(_) => Refusal::busy().into_response(),
    }
}

/// Whether another web page asks. It could not read the answer, but would learn from the time how long a search took; and a
/// browser sends no `Origin` with what a page embeds.
fn is_of_foreign_page(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all(SITE).iter();
    headers.contains_key(header::ORIGIN) || sites.any(|site| site != "none" && site != "same-origin")
}

fn refuse(state: &AdminState, refusal: Refusal, reason: &'static str) -> Response {
    let refused = Refused {
        app: Arc::default(),
        reason: match reason {
            "origin" => "operator_origin",
            "token" => "operator_token",
            _ => "operator_host",
        },
    };
    if state.refusals.add(refused) {
        tracing::warn!(reason, "Request to the operator's listener refused");
    }
    refusal.into_response()
}

/// Whether a request names this listener as its host, by a loopback name or by its own.
pub fn is_own_host(headers: &HeaderMap, uri: &Uri, own: &str) -> bool {
    let is_own = |authority: &str| {
        let name = host_of(authority);
        is_loopback(name) || name.eq_ignore_ascii_case(own)
    };
    let mut hosts = headers.get_all(header::HOST).iter().peekable();
    let are_own = hosts.peek().is_some() && hosts.all(|host| host.to_str().is_ok_and(is_own));
    are_own && uri.authority().is_none_or(|authority| is_own(authority.as_str()))
}

/// Host without the port.
fn host_of(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn asked_for(host: &str) -> bool {
        let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_str(host).unwrap())]);
        is_own_host(&headers, &Uri::from_static("/metrics"), "admin.internal")
    }

    #[test]
    fn only_own_and_loopback_names_are_answered() {
        for host in [
            "localhost",
            "localhost:8081",
            "127.0.0.1:8081",
            "127.8.9.1",
            "[::1]:8081",
            "[::1]",
            "Admin.Internal:1",
        ] {
            assert!(asked_for(host), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8081",
            "localhost.evil.example",
            "10.0.0.1",
            "127.0.0.1.evil.example",
            "",
        ] {
            assert!(!asked_for(host), "{host}");
        }
        assert!(!is_own_host(
            &HeaderMap::new(),
            &Uri::from_static("/metrics"),
            "localhost"
        ));
    }
}
