//! Deliveries: those that wait or run, or those in a state; and one with its attempts.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use maud::{Markup, html};
use serde_json::Value;

use super::{
    Console, Failure,
    elements::{
        Heading::{Number, Text},
        ago, choosing_box, choosing_table, due, empty, list_table, state,
    },
    events::{
        EVENTS, before, delivery, error_of_row,
        filters::{Names, choice, choice_in_words, states},
        list::ended,
        query::Query,
    },
    hold::Hold,
    jobs::{self, Chosen},
    language::say,
    navigation::{DELIVERIES, JOBS},
    page::page,
    value::{id, list, number, text},
    view::View,
};
use crate::{codes::told, operate::Command};

/// Between two looks at the list.
const EVERY: Duration = Duration::from_secs(3);

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(DELIVERIES, get(show))
        .route("/console/deliveries-live", get(follow))
        .route("/console/deliveries/{id}", get(one))
}

async fn show(State(console): State<Arc<Console>>, view: View, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let query = Query::of(query.as_deref().unwrap_or_default())?;
    let names = Names::of(&console).await;
    let of_form = |failure: Failure| failure.with_form(form(&view, &query, &names));
    let filter = query.filter(view.now_ms).map_err(of_form)?;
    let found = console
        .execute(&view, Command::Deliveries(filter))
        .await
        .map_err(of_form)?;
    let serving = console.admin.serving(false).await;
    let body = html! {
        (form(&view, &query, &names))
        form.rows method="post" action=(JOBS) {
            @let chosen = chosen(query.get("state"));
            @if let Some(chosen) = chosen { (jobs::actions(&view, chosen, &query)) }
            @if query.is_first_page() {
                div.live data-live={ "/console/deliveries-live?" (query.narrowed()) } { (listed(&view, &query, &found, &serving)) }
            } @else {
                (listed(&view, &query, &found, &serving))
            }
        }
        nav.pages aria-label=(view.word("Pages of the list", "列表分页")) {
            @if let Some(next) = id(&found, "next_before") {
                a.button rel="next" href=(query.address(DELIVERIES, Some(next))) { (view.word("Older", "更早")) }
            }
        }
    };
    Ok(page(&view, view.word("Deliveries", "投递"), &body))
}

/// The newest rows, every few seconds.
async fn follow(
    State(console): State<Arc<Console>>,
    view: View,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let query = Query::of(query.as_deref().unwrap_or_default())?;
    query.filter(view.now_ms)?;
    let from = Arc::clone(&console);
    Ok(console.live.follow_part(EVERY, move || {
        let (console, mut view, query) = (Arc::clone(&from), view.clone(), query.clone());
        async move {
            view.now_ms = (console.admin.now_ms)();
            let filter = query.filter(view.now_ms).ok()?;
            let found = console.execute(&view, Command::Deliveries(filter)).await.ok()?;
            let serving = console.admin.serving(false).await;
            Some(listed(&view, &query, &found, &serving))
        }
    }))
}

fn listed(view: &View, query: &Query, found: &Value, serving: &Value) -> Markup {
    let deliveries = list(found, "deliveries");
    html! {
        @if deliveries.is_empty() {
            @if query.is_empty() {
                (empty(view.word("Nothing waits and nothing runs.", "没有等待中或执行中的投递。")))
            } @else if id(found, "next_before").is_some() {
                (empty(view.word("Nothing found so far.", "目前没有找到。")))
            } @else {
                (empty(view.word("No delivery matches.", "没有符合条件的投递。")))
            }
        } @else {
            (rows(view, deliveries, serving, chosen(query.get("state")).is_some()))
        }
    }
}

/// What can be done with deliveries in a state.
fn chosen(state: Option<&str>) -> Option<Chosen> {
    match state {
        None | Some("ready" | "retry_wait" | "dead") => Some(Chosen::Deliveries),
        Some("expired") => Some(Chosen::Expired),
        Some(_) => None,
    }
}

fn form(view: &View, query: &Query, names: &Names) -> Markup {
    html! {
        form.event-filters method="get" action=(DELIVERIES) role="search" aria-label=(view.word("Filter deliveries", "筛选投递")) {
            div.filter-row {
                (choice_in_words("state", view.word("Waiting or running", "等待或执行中"), query, &states(view)))
                (choice("plugin", view.word("All plugins", "全部插件"), query, &names.plugins))
                (choice("type", view.word("All types", "全部类型"), query, &names.types))
                (choice("app", view.word("All applications", "全部应用"), query, &names.apps))
                button.primary type="submit" { (view.word("Filter", "筛选")) }
                @if !query.is_empty() { a.button href=(DELIVERIES) { (view.word("Clear", "清除")) } }
            }
        }
    }
}

fn rows(view: &View, deliveries: &[Value], serving: &Value, can_be_chosen: bool) -> Markup {
    let each = deliveries.iter().map(|one| row(view, one, serving, can_be_chosen));
    let rows: Vec<_> = each.collect();
    let caption = view.word("Deliveries, the newest first", "投递，最新在前");
    let headings = [
        Text(view.word("Delivery", "投递")),
        Text(view.word("Due", "计划时间")),
        Text(view.word("State", "状态")),
        Text(view.word("Plugin", "插件")),
        Text(view.word("What", "内容")),
        Number(view.word("Attempts", "尝试次数")),
        Text(view.word("Next attempt", "下次尝试")),
        Text(view.word("Last result", "上次结果")),
    ];
    if can_be_chosen {
        choosing_table(view, caption, &headings, &rows)
    } else {
        list_table(caption, &headings, &rows)
    }
}

fn row(view: &View, one: &Value, serving: &Value, can_be_chosen: bool) -> Markup {
    let number_of = id(one, "id").unwrap_or_default();
    let word = text(one, "state");
    html! {
        tr data-row=(number_of) {
            @if can_be_chosen {
                (choosing_box(view, number_of, &say!(view, "Choose delivery {number_of}", "选择投递 {number_of}")))
            }
            td {
                @match id(one, "event") {
                    Some(event) => a.mono href={ (EVENTS) "/" (event) "#delivery-" (number_of) } { (number_of) },
                    None => a.mono href={ (DELIVERIES) "/" (number_of) } { (number_of) },
                }
            }
            td data-label=(view.word("Due", "计划时间")) { (ago(view, number(one, "due_at_ms").unwrap_or_default())) }
            td { (state(view, word)) }
            td { (text(one, "plugin")) }
            td.mono { (text(one, "name")) }
            td.right data-label=(view.word("Attempts", "尝试次数")) { (number(one, "attempts").unwrap_or_default()) }
            td data-label=(view.word("Next attempt", "下次尝试")) {
                @if matches!(word, "ready" | "retry_wait") {
                    @match Hold::of(serving, text(one, "plugin")) {
                        Some(hold) => { (view.word("waits: ", "等待中：")) (hold.text(view)) }
                        None => { (due(view, number(one, "next_at_ms").unwrap_or_default())) }
                    }
                    @if let Some(before) = before(view, one) { (view.word("; ", "；")) (before) }
                }
            }
            td {
                @if !text(one, "outcome").is_empty() { (ended(text(one, "outcome"))) " " }
                (error_of_row(view, one))
            }
        }
    }
}

/// One delivery; one of an event is shown with its event.
async fn one(State(console): State<Arc<Console>>, view: View, Path(key): Path<String>) -> Result<Response, Failure> {
    let none = told!("There is no delivery {key}.", "没有投递 {key}。");
    let Ok(number_of) = key.parse::<i64>() else {
        return Err(Failure::new(StatusCode::NOT_FOUND, none));
    };
    let found = console.execute(&view, Command::Delivery(number_of)).await;
    let found = found.map_err(|failure| failure.instead(StatusCode::NOT_FOUND, none))?;
    if let Some(event) = id(&found, "event") {
        return Ok(Redirect::to(&format!("{EVENTS}/{event}#delivery-{number_of}")).into_response());
    }
    let title = say!(view, "Delivery {number_of}", "投递 {number_of}");
    let serving = console.admin.serving(false).await;
    Ok(page(&view, &title, &delivery(&view, &found, &serving)))
}
