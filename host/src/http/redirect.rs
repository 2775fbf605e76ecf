//! `GET /callback[/{app}]`: a browser returns from the authorize page and gets a page with the outcome.

use std::{fmt, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{Uri, request::Parts},
    response::Response,
};
use lark_protocol::{Page, Redirect, ReturnError};
use tokio_util::sync::DropGuard;

use super::{
    Endpoint,
    page::{self, Language},
    probe,
};
use crate::{
    dispatch::{Answer, Dispatched},
    listen::Written,
    moment::Moment,
    telemetry::{Measuring, RequestKind, Via},
    trace,
};

/// Check of a redirect before anything is stored or called; seals its code so that only this server can read it.
#[derive(Clone)]
pub struct AdmitReturn(Arc<AdmitFn>);

/// Takes the application's id, the redirect, and the time in milliseconds since 1970; returns the sealed code, if there
/// was one.
type AdmitFn = dyn Fn(&str, &Redirect, u64) -> Result<Option<String>, ReturnError> + Send + Sync;

impl AdmitReturn {
    /// Wraps the function that checks and seals.
    pub fn new(
        admit: impl Fn(&str, &Redirect, u64) -> Result<Option<String>, ReturnError> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(admit))
    }
}

impl fmt::Debug for AdmitReturn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdmitReturn")
    }
}

/// Reads, dispatches and shows the page. Every request gets a page; the page never repeats any part of the request.
pub(super) async fn receive(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let arrival = endpoint.front.arrival();
    let (parts, body) = request.into_parts();
    if let Ok(response) = probe::answered(&endpoint.front, Some(&endpoint.app), &parts, body, arrival).await {
        return response;
    }
    let mut measuring = endpoint.app.latencies.measure(Via::Webhook, arrival.at);
    let (page, written) = if Redirect::is_in(parts.uri.query().unwrap_or_default()) {
        come_back(&endpoint, &parts, arrival, &mut measuring).await
    } else {
        (Page::Address, None)
    };
    let mut response = page::response(page, Language::of(&parts.headers), &endpoint.app.about);
    if let Some(written) = written {
        response.extensions_mut().insert(Written::new(written));
    }
    response
}

/// Answers `HEAD`, which link scanners send, without side effects.
pub(super) async fn look() -> Response {
    page::empty()
}

async fn come_back(
    endpoint: &Endpoint,
    parts: &Parts,
    arrival: Moment,
    measuring: &mut Measuring<'_>,
) -> (Page, Option<DropGuard>) {
    let Endpoint { front, app } = endpoint;
    let (redirect, sealed) = match admitted(endpoint, &parts.uri, arrival) {
        Ok(admitted) => admitted,
        Err(error) => return (refused(endpoint, parts, error), None),
    };
    measuring.set_kind(RequestKind::Return);
    let event = redirect.event(&app.app_id, sealed.as_deref(), arrival.unix_ms);
    let span = front.tracer.opened(&app.app_id, &event, None, arrival);
    let dispatching = front
        .dispatcher
        .dispatch(&app.app_id, event, front.origin(parts), arrival);
    let Dispatched { answer, written } = trace::traced(span, dispatching).await;
    let page = match answer {
        Answer::Reply(reply) => {
            let page = Page::of_reply(&reply);
            if page == Page::Invalid {
                refused(endpoint, parts, ReturnError::Unclaimed);
            }
            page
        }
        Answer::SendAgain => Page::Failed,
    };
    (page, written)
}

/// Checks a redirect before it has any effect.
fn admitted(endpoint: &Endpoint, uri: &Uri, arrival: Moment) -> Result<(Redirect, Option<String>), ReturnError> {
    let Endpoint { front, app } = endpoint;
    let AdmitReturn(admit) = front.admit_return.as_ref().ok_or(ReturnError::NotSetUp)?;
    let redirect = Redirect::parse(uri.query().unwrap_or_default()).ok_or(ReturnError::Incomplete)?;
    let sealed = admit(&app.app_id, &redirect, arrival.unix_ms)?;
    Ok((redirect, sealed))
}

/// Handles redirects that were not dispatched or look suspicious.
fn refused(endpoint: &Endpoint, parts: &Parts, error: ReturnError) -> Page {
    let (page, text) = (error.page(), error.to_string());
    let status = page::status(page).as_u16();
    endpoint
        .front
        .refuse_return(&endpoint.app, error.code(), status, parts, &text);
    page
}
