//! The list while one looks: the newest rows and how many arrive, at most once a second, whatever arrives.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use tokio::time::Instant;

use super::{
    list::rows,
    query::{Query, may_search},
};
use crate::{
    console::{
        Console, Failure,
        live::{REST, Update},
        page::visible,
        value::{list, text},
        view::View,
    },
    operate::Command,
};

/// Between two looks.
const EVERY: Duration = Duration::from_secs(1);

/// Without anything new the rows are looked at after this time: a retry is over, an operator has replayed or dropped, a slow
/// callback has been answered.
const AGAIN: Duration = Duration::from_secs(3);

/// State of a watcher.
#[derive(Default)]
struct Seen {
    newest: Option<(i64, Instant)>,
    /// Rows whose plugins are still at it.
    is_open: bool,
    /// Whether events arrived at the last look: that none arrive any more is told once.
    is_moving: bool,
    rest_until: Option<Instant>,
    looked_at: Option<Instant>,
    html: String,
}

pub(super) async fn follow(
    State(console): State<Arc<Console>>,
    view: View,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let query = Query::of(query.as_deref().unwrap_or_default())?;
    may_search(&view, &query)?;
    query.filter(view.now_ms)?;
    let seen = Arc::new(Mutex::new(Seen::default()));
    let of_stream = Arc::clone(&console);
    Ok(console.live.follow(EVERY, move || {
        look(Arc::clone(&of_stream), view.clone(), query.clone(), Arc::clone(&seen))
    }))
}

async fn look(console: Arc<Console>, mut view: View, query: Query, seen: Arc<Mutex<Seen>>) -> Option<Update> {
    let begun = Instant::now();
    let lock = || seen.lock().unwrap_or_else(PoisonError::into_inner);
    if lock().rest_until.is_some_and(|until| begun < until) {
        return None;
    }
    // A database that does not answer is told of by the other pages; this one goes on when it answers again.
    let newest = console.admin.store.newest_event().await.ok()?;
    let rate = {
        let mut seen = lock();
        let before = seen.newest.replace((newest, begun));
        let Some((number, at)) = before else {
            return first(&mut seen);
        };
        let is_recent = seen
            .looked_at
            .is_some_and(|at| begun.saturating_duration_since(at) < AGAIN);
        if number == newest && !seen.is_open && !seen.is_moving && is_recent {
            return None;
        }
        seen.looked_at = Some(begun);
        seen.is_moving = number != newest;
        let seconds = begun.saturating_duration_since(at).as_secs_f64().max(0.001);
        newest.saturating_sub(number) as f64 / seconds
    };
    view.now_ms = (console.admin.now_ms)();
    let filter = query.filter(view.now_ms).ok()?;
    let found = console.execute(&view, Command::Events(filter)).await.ok()?;
    let is_open = list(&found, "events").iter().any(|event| {
        let is_open = |delivery| matches!(text(delivery, "state"), "ready" | "running");
        list(event, "deliveries").iter().any(is_open)
    });
    let html = visible(rows(&view, &found, Some(rate)));
    let mut seen = lock();
    seen.is_open = is_open;
    seen.rest_until = Some(begun + begun.elapsed() * REST);
    if seen.html == html {
        return None;
    }
    seen.html.clone_from(&html);
    Some(Update {
        event: "part",
        data: html.into(),
    })
}

/// The page itself has just shown the newest rows.
fn first(seen: &mut Seen) -> Option<Update> {
    seen.is_open = true;
    None
}
