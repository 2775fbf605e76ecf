//! Events: the list that fills while one looks, and one event with all that became of it.

mod attempt;
pub(super) mod filters;
pub(super) mod list;
mod live;
mod one;
pub(super) mod query;
pub(super) mod tree;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use super::{Console, Failure, language::say, page::page, value::id, view::View};
use crate::{codes::told, operate::Command};
use query::Query;

pub(super) use attempt::{before, delivery, error_of_row, explained};

/// Between two looks at an event with which something is still to happen.
const EVERY: Duration = Duration::from_secs(2);

/// Path of the list.
pub(super) const EVENTS: &str = "/console/events";

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(EVENTS, get(list))
        .route("/console/events-live", get(live::follow))
        .route("/console/events/{key}", get(one))
        .route("/console/events/{key}/live", get(live_one))
}

/// Whether payloads, and what plugins wrote about them, are shown to the caller.
pub(super) fn sees_payloads(view: &View) -> bool {
    view.actor.as_ref().is_some_and(|actor| actor.sees_payloads)
}

async fn list(State(console): State<Arc<Console>>, view: View, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let query = Query::of(query.as_deref().unwrap_or_default())?;
    if let Some(typed) = query.anything.clone() {
        return guess(&console, &view, query, &typed).await;
    }
    query::may_search(&view, &query)?;
    let names = filters::Names::of(&console).await;
    let of_form = |failure: Failure| failure.with_form(filters::form(&view, &query, &names));
    let filter = query.filter(view.now_ms).map_err(of_form)?;
    let found = console.execute(&view, Command::Events(filter)).await.map_err(of_form)?;
    let plugins = console.admin.dispatcher.plugins();
    let body = list::page_body(&view, &query, &found, &names, &plugins);
    Ok(page(&view, view.word("Events", "事件"), &body))
}

/// What was typed is the number or the id of an event, or else it is searched for.
async fn guess(console: &Console, view: &View, query: Query, typed: &str) -> Result<Response, Failure> {
    let is_number = typed.len() <= 18 && typed.bytes().all(|byte| byte.is_ascii_digit());
    let is_id = typed.len() >= 20
        && !typed.contains('_')
        && typed.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_number || is_id {
        let found = console.execute(view, Command::Event(typed.to_owned())).await;
        if let Some(number) = found.ok().as_ref().and_then(|event| id(event, "id")) {
            return Ok(Redirect::to(&format!("{EVENTS}/{number}")).into_response());
        }
    }
    Ok(Redirect::to(&query.guessed(typed).address(EVENTS, None)).into_response())
}

async fn one(State(console): State<Arc<Console>>, view: View, Path(key): Path<String>) -> Result<Response, Failure> {
    let Ok(number) = key.parse::<i64>() else {
        // An id of Lark's, from a log or a chat.
        let found = console.execute(&view, Command::Event(key)).await?;
        let number = id(&found, "id").unwrap_or_default();
        return Ok(Redirect::to(&format!("{EVENTS}/{number}")).into_response());
    };
    let found = console.execute(&view, Command::Event(number.to_string())).await;
    let event = found.map_err(|failure| {
        failure.instead(
            StatusCode::NOT_FOUND,
            told!(
                "There is no event {number}: it never arrived, or it is older than CALLBACK_EVENT_DAYS.",
                "没有事件 {number}：从未收到，或已超过 CALLBACK_EVENT_DAYS 的保留期。"
            ),
        )
    })?;
    let title = say!(view, "Event {number}", "事件 {number}");
    let serving = console.admin.serving(false).await;
    Ok(page(&view, &title, &one::page_body(&console, &view, &event, &serving)))
}

/// The timeline, as long as something is still to happen with the event, and once more at the end.
async fn live_one(State(console): State<Arc<Console>>, view: View, Path(number): Path<i64>) -> Response {
    let from = Arc::clone(&console);
    let was_moving = Arc::new(AtomicBool::new(true));
    console.live.follow_part(EVERY, move || {
        let (console, mut view, was_moving) = (Arc::clone(&from), view.clone(), Arc::clone(&was_moving));
        async move {
            if !was_moving.load(Ordering::Relaxed) {
                return None;
            }
            view.now_ms = (console.admin.now_ms)();
            let event = console.execute(&view, Command::Event(number.to_string())).await.ok()?;
            was_moving.store(one::is_moving(&view, &event), Ordering::Relaxed);
            Some(one::timeline(&view, &event, &console.admin.serving(false).await))
        }
    })
}
