//! Jobs: what is chosen is counted, then confirmed, then done while a page shows how far it is.
//!
//! Each step is a form that leads to a page, so that loading a page again does nothing again.

mod shown;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use maud::{Markup, html};
use serde_json::Value;

use super::{
    Console, Failure,
    elements::csrf,
    events::{
        EVENTS,
        query::{self, Query},
    },
    forms::Form,
    navigation::{DEAD, DELIVERIES, JOBS},
    page::page,
    value::{id, text},
    view::View,
};
use crate::{
    codes::{Language, told},
    operate::{Action, Actor, JobRequest},
};

/// Between two looks at a job.
const EVERY: Duration = Duration::from_millis(700);

/// Kind of the rows of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chosen {
    Events,
    Deliveries,
    /// Deliveries that were too old when their turn came.
    Expired,
    Dead,
}

impl Chosen {
    /// Actions on them, with their names in both languages.
    fn actions(self) -> &'static [(&'static str, [&'static str; 2])] {
        match self {
            Self::Events => &[("replay", ["Replay", "重放"])],
            Self::Deliveries => &[("retry", ["Retry", "重试"]), ("drop", ["Drop", "丢弃"])],
            Self::Expired => &[("retry", ["Retry", "重试"])],
            Self::Dead => &[("retry_dead", ["Retry", "重试"]), ("drop_dead", ["Drop", "丢弃"])],
        }
    }
}

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(JOBS, get(list).post(count))
        .route("/console/jobs/{key}", get(show))
        .route("/console/jobs/{key}/live", get(live))
        .route("/console/jobs/{key}/start", post(start))
        .route("/console/jobs/{key}/cancel", post(cancel))
}

async fn list(State(console): State<Arc<Console>>, view: View) -> Result<Response, Failure> {
    operator(&view)?;
    let jobs: Vec<_> = console
        .admin
        .jobs
        .list()
        .iter()
        .map(|job| job.shown(view.language))
        .collect();
    Ok(page(&view, view.word("Jobs", "批量任务"), &shown::list(&view, &jobs)))
}

/// Counts what a form means. The page that confirms it is another one.
async fn count(State(console): State<Arc<Console>>, view: View, form: Form) -> Result<Response, Failure> {
    operator(&view)?;
    let request = request(&view, &form)?;
    let job = console.admin.jobs.count(actor(&view)?, request).await?;
    Ok(Redirect::to(&format!("{JOBS}/{}", job.key())).into_response())
}

async fn show(State(console): State<Arc<Console>>, view: View, Path(key): Path<String>) -> Result<Response, Failure> {
    operator(&view)?;
    let job = console.admin.jobs.find(&key)?.shown(view.language);
    let body = html! {
        div.live data-live={ (JOBS) "/" (key) "/live" } { (shown::one(&view, &job)) }
    };
    Ok(page(&view, shown::title(&view, &job), &body))
}

async fn live(State(console): State<Arc<Console>>, view: View, Path(key): Path<String>) -> Result<Response, Failure> {
    operator(&view)?;
    console.admin.jobs.find(&key)?;
    let from = Arc::clone(&console);
    Ok(console.live.follow_part(EVERY, move || {
        let job = from.admin.jobs.find(&key).ok();
        let html = job.map(|job| shown::one(&view, &job.shown(view.language)));
        async move { html }
    }))
}

async fn start(State(console): State<Arc<Console>>, view: View, Path(key): Path<String>) -> Result<Response, Failure> {
    operator(&view)?;
    console.admin.jobs.start(actor(&view)?, &key)?;
    Ok(Redirect::to(&format!("{JOBS}/{key}")).into_response())
}

async fn cancel(State(console): State<Arc<Console>>, view: View, Path(key): Path<String>) -> Result<Response, Failure> {
    operator(&view)?;
    console.admin.jobs.cancel(actor(&view)?, &key).await?;
    Ok(Redirect::to(&format!("{JOBS}/{key}")).into_response())
}

fn actor(view: &View) -> Result<&Actor, Failure> {
    view.actor.as_deref().ok_or_else(Failure::role)
}

/// What was counted, and by whom, is for those who may act.
fn operator(view: &View) -> Result<(), Failure> {
    if view.is_operator() {
        Ok(())
    } else {
        Err(Failure::role())
    }
}

/// List on which an action is offered.
fn list_of(action: Action) -> &'static str {
    match action {
        Action::Replay => EVENTS,
        Action::Retry | Action::Drop => DELIVERIES,
        Action::RetryDead | Action::DropDead => DEAD,
    }
}

/// What a form of a list means: the rows that are ticked, or all that its filter matches.
fn request(view: &View, form: &Form) -> Result<JobRequest, Failure> {
    // A button says both what is done and to which: `replay`, `replay:all`.
    let (action, is_all) = match form.need("action")? {
        action if action.ends_with(":all") => (action.trim_end_matches(":all"), true),
        action => (action, false),
    };
    let action = match action {
        "replay" => Action::Replay,
        "retry" => Action::Retry,
        "drop" => Action::Drop,
        "retry_dead" => Action::RetryDead,
        "drop_dead" => Action::DropDead,
        _ => return Err(Failure::bad_request(told!("There is no such action.", "没有该操作。"))),
    };
    let ids: Result<Vec<i64>, _> = form.all("id").map(str::parse).collect();
    let ids = ids.map_err(|_not_a_number| Failure::bad_request(told!("A row has no such number.", "行号无效。")))?;
    if !is_all {
        if ids.is_empty() {
            let none = Failure::bad_request(told!(
                "No row is chosen. Tick some, or use the button for all that the filter matches.",
                "未选择任何行。请勾选，或使用“全部匹配项”按钮。"
            ));
            let query = Query::of(form.get("filter").unwrap_or_default())?;
            return Err(none.of_list(query.address(list_of(action), None)));
        }
        return Ok(JobRequest {
            action,
            ids,
            plugin: form.get("to_plugin").map(str::to_owned),
            ..JobRequest::default()
        });
    }
    let query = Query::of(form.get("filter").unwrap_or_default())?;
    query::may_search(view, &query)?;
    Ok(JobRequest {
        action,
        filter: query.whole_filter(view.now_ms)?,
        all: query.is_empty(),
        plugin: form.get("to_plugin").map(str::to_owned),
        ..JobRequest::default()
    })
}

/// The buttons above a list. The filter travels with them.
pub(super) fn actions(view: &View, chosen: Chosen, query: &Query) -> Markup {
    html! {
        @if view.is_operator() {
            div.actions {
                (csrf(view))
                input type="hidden" name="filter" value=(query.narrowed());
                @for (action, names) in chosen.actions() {
                    @let name = view.word(names[0], names[1]);
                    @let danger = if action.starts_with("drop") { "danger" } else { "" };
                    button class=(danger) type="submit" name="action" value=(action) data-of-chosen {
                        (name) (view.word(" selected", "所选")) span.chosen-count {}
                    }
                    button class=(danger) type="submit" name="action" value={ (action) ":all" } {
                        @match (query.is_empty(), view.language) {
                            (true, Language::En) => { (name) " all" }
                            (true, Language::Zh) => { "全部" (name) }
                            (false, Language::En) => { (name) " all that match" }
                            (false, Language::Zh) => { (name) "全部匹配项" }
                        }
                        "…"
                    }
                }
            }
        }
    }
}

/// The same above a list of events, with the plugins that they can be replayed to.
pub(super) fn replays(view: &View, plugins: &[String], query: &Query) -> Markup {
    html! {
        (actions(view, Chosen::Events, query))
        @if view.is_operator() {
            p.hint { label { (view.word("Replay to", "重放到")) " " (to_plugin(view, plugins, None, true)) } }
        }
    }
}

/// A form that replays one event. A click was answered at once, so the plugin that is called now has to be named; it is the
/// one that answered, if it is still there.
pub(super) fn replay(view: &View, plugins: &[String], event: &Value) -> Markup {
    let is_event = text(event, "kind") == "event";
    let answered = Some(text(event, "plugin")).filter(|plugin| !plugin.is_empty());
    html! {
        @if view.is_operator() {
            form.action method="post" action=(JOBS) {
                (csrf(view))
                input type="hidden" name="action" value="replay";
                input type="hidden" name="id" value=(id(event, "id").unwrap_or_default());
                (to_plugin(view, plugins, answered, is_event)) " "
                button type="submit" { (view.word("Replay", "重放")) }
            }
        }
    }
}

fn to_plugin(view: &View, plugins: &[String], chosen: Option<&str>, may_be_the_same: bool) -> Markup {
    let is_chosen = chosen.is_some_and(|chosen| plugins.iter().any(|plugin| plugin == chosen));
    html! {
        select name="to_plugin" aria-label=(view.word("Replay to", "重放到")) required[!may_be_the_same] {
            @if may_be_the_same {
                option value="" { (view.word("the same plugins", "原来的插件")) }
            } @else if !is_chosen {
                // The one that answered is gone: whoever replays names another.
                option value="" { (view.word("choose a plugin", "选择插件")) }
            }
            @for plugin in plugins {
                option value=(plugin) selected[chosen == Some(plugin.as_str())] { (plugin) }
            }
        }
    }
}

/// A form with one button, for one row.
pub(super) fn button(view: &View, action: &str, id: &str, label: &str) -> Markup {
    super::elements::action(view, JOBS, &[("action", action), ("id", id)], label)
}

/// A form with one button, for all that a filter matches.
pub(super) fn button_for_all(view: &View, action: &str, filter: &str, label: &str) -> Markup {
    super::elements::action(
        view,
        JOBS,
        &[("action", &format!("{action}:all")), ("filter", filter)],
        label,
    )
}
