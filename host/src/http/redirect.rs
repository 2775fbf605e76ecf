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
    lark::{Page, Redirect},
    listen::Written,
};

/// Makes a code unreadable for everybody but this server, which stores it and hands it to a plugin.
#[derive(Clone)]
pub struct SealCode(Arc<SealFn>);

/// The application's id and the code in clear; absent when it cannot be sealed now.
type SealFn = dyn Fn(&str, &str) -> Option<String> + Send + Sync;

impl SealCode {
    /// Takes what seals: it is given the application's id and the code, and tells nothing when it cannot.
    pub fn new(seal: impl Fn(&str, &str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(seal))
    }
}

impl fmt::Debug for SealCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealCode")
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
    let (page, written) = match Redirect::parse(query.as_deref().unwrap_or_default()) {
        Some(redirect) => dispatch(&front, app, &redirect, arrival).await,
        None => {
            refused(app, Page::Incomplete, "it brings no state with one code or error");
            (Page::Incomplete, None)
        }
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

async fn dispatch(front: &Front, app: &App, redirect: &Redirect, arrival: Arrival) -> (Page, Option<DropGuard>) {
    let sealed = match (redirect.code(), &front.seal_code) {
        (None, _) => None,
        (Some(_), None) => {
            refused(
                app,
                Page::NotSetUp,
                "set LARK_CONFIG_ENCRYPTION_KEY, under which tokens are stored",
            );
            return (Page::NotSetUp, None);
        }
        (Some(code), Some(SealCode(seal))) => {
            let Some(sealed) = seal(&app.app_id, code) else {
                refused(app, Page::Failed, "its code cannot be sealed");
                return (Page::Failed, None);
            };
            Some(sealed)
        }
    };
    let event = redirect.event(&app.app_id, sealed.as_deref(), arrival.now_ms);
    let Dispatched { answer, written } = front.dispatcher.dispatch(&app.app_id, event, arrival).await;
    let page = match answer {
        Answer::Reply(reply) => {
            let page = Page::of_reply(&reply);
            if page == Page::Invalid {
                refused(
                    app,
                    page,
                    "nobody was given its state: the link is old, or somebody is guessing",
                );
            }
            page
        }
        Answer::SendAgain => Page::Failed,
    };
    (page, written)
}

/// For what was not dispatched, and for what looks suspicious.
fn refused(app: &App, page: Page, reason: &str) {
    let status = page::status(page).as_u16();
    tracing::warn!(
        app.id = &*app.app_id,
        status,
        "Return from the authorize page refused: {reason}"
    );
}
