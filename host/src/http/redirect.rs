//! `GET /callback[/{app}]`: a browser comes back from the authorize page, and gets a page that says what became of it.

use std::{fmt, sync::Arc};

use axum::{
    extract::{Path, RawQuery, State, rejection::PathRejection},
    http::HeaderMap,
    response::Response,
};
use tokio::time::Instant;
use tokio_util::sync::DropGuard;

use super::{
    App, Front,
    page::{self, Language},
    rejection::Rejection,
};
use crate::{
    dispatch::{Answer, Arrival, Dispatched},
    lark::{Page, Redirect, ReturnError},
    listen::Written,
};

/// Checks a return before anything is stored or called, and makes its code unreadable for everybody but this server.
#[derive(Clone)]
pub struct AdmitReturn(Arc<AdmitFn>);

/// The application's id, what came back, and the time in milliseconds since 1970; the sealed code, if there was one.
type AdmitFn = dyn Fn(&str, &Redirect, u64) -> Result<Option<String>, ReturnError> + Send + Sync;

impl AdmitReturn {
    /// Takes what checks and seals.
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

/// Reads, dispatches and shows the page. Whatever came is shown a page, never a part of what it brought.
pub(super) async fn receive(
    State(front): State<Arc<Front>>,
    name: Result<Option<Path<String>>, PathRejection>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Rejection> {
    let arrival = Arrival {
        at: Instant::now(),
        now_ms: (front.now_ms)(),
    };
    let app = app(&front, name)?;
    let query = query.unwrap_or_default();
    let (page, written) = if Redirect::is_in(&query) {
        come_back(&front, app, &query, arrival).await
    } else {
        (Page::Address, None)
    };
    let mut response = page::response(page, Language::of(&headers));
    if let Some(written) = written {
        response.extensions_mut().insert(Written::new(written));
    }
    Ok(response)
}

/// A look without the page, which is what link scanners do: nothing happens.
pub(super) async fn look(
    State(front): State<Arc<Front>>,
    name: Result<Option<Path<String>>, PathRejection>,
) -> Result<Response, Rejection> {
    app(&front, name).map(|_app| page::empty())
}

fn app(front: &Front, name: Result<Option<Path<String>>, PathRejection>) -> Result<&App, Rejection> {
    // A name that is not text is nobody's.
    let name = name.map_err(|_not_text| Rejection::UnknownApp)?;
    let name = name.map(|Path(name)| name).unwrap_or_default();
    front.apps.get(&name).ok_or(Rejection::UnknownApp)
}

async fn come_back(front: &Front, app: &App, query: &str, arrival: Arrival) -> (Page, Option<DropGuard>) {
    let Some(AdmitReturn(admit)) = &front.admit_return else {
        return (refused(app, ReturnError::NotSetUp), None);
    };
    let Some(redirect) = Redirect::parse(query) else {
        return (refused(app, ReturnError::Incomplete), None);
    };
    let sealed = match admit(&app.app_id, &redirect, arrival.now_ms) {
        Ok(sealed) => sealed,
        Err(error) => return (refused(app, error), None),
    };
    let event = redirect.event(&app.app_id, sealed.as_deref(), arrival.now_ms);
    let Dispatched { answer, written } = front.dispatcher.dispatch(&app.app_id, event, arrival).await;
    let page = match answer {
        Answer::Reply(reply) => {
            let page = Page::of_reply(&reply);
            if page == Page::Invalid {
                refused(app, ReturnError::Unclaimed);
            }
            page
        }
        Answer::SendAgain => Page::Failed,
    };
    (page, written)
}

/// For what was not dispatched, and for what looks suspicious.
fn refused(app: &App, error: ReturnError) -> Page {
    let page = error.page();
    let status = page::status(page).as_u16();
    tracing::warn!(
        app.id = &*app.app_id,
        status,
        reason = error.code(),
        "Return from the authorize page refused: {error}"
    );
    page
}
