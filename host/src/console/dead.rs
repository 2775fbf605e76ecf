//! Dead letters: grouped by plugin and error, and one by one.

use std::sync::Arc;

use axum::{
    Router,
    extract::{RawQuery, State},
    response::Response,
    routing::get,
};
use maud::{Markup, html};
use serde_json::Value;

use super::{
    Console, Failure,
    elements::{
        Heading::{Number, Text},
        ago, choosing_box, choosing_table, empty, number,
    },
    events::{
        EVENTS, error_of_row, explained,
        filters::{Names, choice},
        list::ended,
        query::Query,
        sees_payloads,
    },
    jobs::{self, Chosen},
    language::say,
    navigation::{DEAD, JOBS},
    page::page,
    value::{id, is, list, number as count, text},
    view::View,
};
use crate::{
    codes::{Failed, recorded},
    operate::Command,
};

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route(DEAD, get(show))
}

async fn show(State(console): State<Arc<Console>>, view: View, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let query = Query::of(query.as_deref().unwrap_or_default())?;
    let names = Names::of(&console).await;
    let of_form = |failure: Failure| failure.with_form(form(&view, &query, &names));
    let filter = query.filter(view.now_ms).map_err(of_form)?;
    let mut of_groups = filter.clone();
    of_groups.before = None;
    if query.is_whole {
        of_groups.within_ms = None;
    }
    let groups = console
        .execute(&view, Command::DeadGroups(of_groups))
        .await
        .map_err(of_form)?;
    let letters = console.execute(&view, Command::Dead(filter)).await.map_err(of_form)?;
    let body = html! {
        (form(&view, &query, &names))
        @if !sees_payloads(&view) {
            p.hint { (view.word("Errors in which a plugin may have written what people wrote are not shown to viewers.", "只读者看不到插件报告的错误，其中可能含有用户写下的内容。")) }
        }
        (groups_of(&view, &query, &groups))
        h2 { (view.word("All dead letters", "全部死信")) }
        form.rows method="post" action=(JOBS) {
            @if list(&letters, "dead").is_empty() {
                @if query.is_empty() {
                    (empty(view.word("No dead letter: every delivery was made, waits, or was dropped.", "没有死信：所有投递均已完成、等待中或已丢弃。")))
                } @else {
                    (empty(view.word("No dead letter matches.", "没有符合条件的死信。")))
                }
            } @else {
                (jobs::actions(&view, Chosen::Dead, &query))
                (letters_of(&view, &letters))
            }
        }
        nav.pages aria-label=(view.word("Pages of the list", "列表分页")) {
            @if let Some(next) = id(&letters, "next_before") {
                a.button rel="next" href=(query.address(DEAD, Some(next))) { (view.word("Older", "更早")) }
            }
        }
    };
    Ok(page(&view, view.word("Dead letters", "死信"), &body))
}

fn form(view: &View, query: &Query, names: &Names) -> Markup {
    html! {
        form.event-filters method="get" action=(DEAD) role="search" aria-label=(view.word("Filter dead letters", "筛选死信")) {
            div.filter-row {
                (choice("plugin", view.word("All plugins", "全部插件"), query, &names.plugins))
                (choice("type", view.word("All types", "全部类型"), query, &names.types))
                (choice("app", view.word("All applications", "全部应用"), query, &names.apps))
                @if let Some(error) = query.get("error") { input type="hidden" name="error" value=(error); }
                button.primary type="submit" { (view.word("Filter", "筛选")) }
                @if !query.is_empty() { a.button href=(DEAD) { (view.word("Clear", "清除")) } }
            }
        }
    }
}

fn groups_of(view: &View, query: &Query, found: &Value) -> Markup {
    let groups = list(found, "groups");
    html! {
        @for group in groups { (group_of(view, query, group, is(found, "is_more"))) }
        @if is(found, "is_more") {
            p.hint {
                (say!(view,
                    "The newest {} dead letters were looked at; there are more.",
                    "已统计最新的 {} 条死信，还有更多。",
                    number(count(found, "looked_at").unwrap_or_default())
                ))
                @if !query.is_whole { " " a href=(query.whole_address(DEAD)) { (view.word("Look at all of them", "统计全部")) } }
            }
        }
    }
}

fn group_of(view: &View, query: &Query, group: &Value, is_more: bool) -> Markup {
    let (plugin, outcome, error) = (text(group, "plugin"), text(group, "outcome"), text(group, "error"));
    let mut of_group = query.clone();
    of_group.set("plugin", plugin.to_owned());
    if !outcome.is_empty() {
        of_group.set("outcome", outcome.to_owned());
    }
    // Whoever may not see errors may not search by them either.
    if !error.is_empty() && sees_payloads(view) {
        of_group.set("error", error.to_owned());
    }
    let filter = of_group.narrowed();
    let names: Vec<_> = list(group, "names").iter().filter_map(Value::as_str).collect();
    html! {
        article.card.group {
            header {
                h2 {
                    a href=(of_group.address(DEAD, None)) {
                        @if is_more { "≥ " }
                        (number(count(group, "count").unwrap_or_default())) " × " (plugin)
                    }
                }
                (ended(outcome))
                span.dim { (names.join(", ")) }
                span.buttons {
                    (jobs::button_for_all(view, "retry_dead", &filter, view.word("Retry all…", "全部重试…")))
                    (jobs::button_for_all(view, "drop_dead", &filter, view.word("Drop all…", "全部丢弃…")))
                }
            }
            @if !error.is_empty() { p.error { (recorded(error).of(view.language)) } }
            (explained(view, Failed::Delivery, outcome, error))
            p.dim {
                (view.word("first ", "首次 ")) (ago(view, count(group, "first_at_ms").unwrap_or_default()))
                (view.word(", last ", "，最近 ")) (ago(view, count(group, "last_at_ms").unwrap_or_default()))
            }
        }
    }
}

fn letters_of(view: &View, found: &Value) -> Markup {
    let rows: Vec<_> = list(found, "dead").iter().map(|letter| row(view, letter)).collect();
    choosing_table(
        view,
        view.word("Dead letters, the newest delivery first", "死信，最新的投递在前"),
        &[
            Text(view.word("Delivery", "投递")),
            Text(view.word("Given up", "放弃时间")),
            Text(view.word("Plugin", "插件")),
            Text(view.word("What", "内容")),
            Number(view.word("Attempts", "尝试次数")),
            Text(view.word("Error", "错误")),
        ],
        &rows,
    )
}

fn row(view: &View, letter: &Value) -> Markup {
    let number_of = id(letter, "id").unwrap_or_default();
    html! {
        tr data-row=(number_of) {
            (choosing_box(view, number_of, &say!(view, "Choose delivery {number_of}", "选择投递 {number_of}")))
            td {
                @match id(letter, "event") {
                    Some(event) => a.mono href={ (EVENTS) "/" (event) "#delivery-" (number_of) } { (number_of) },
                    None => a.mono href={ "/console/deliveries/" (number_of) } { (number_of) },
                }
            }
            td { (ago(view, count(letter, "finished_at_ms").unwrap_or_default())) }
            td { (text(letter, "plugin")) }
            td.mono { (text(letter, "name")) }
            td.right data-label=(view.word("Attempts", "尝试次数")) { (count(letter, "attempts").unwrap_or_default()) }
            td { (ended(text(letter, "outcome"))) " " (error_of_row(view, letter)) }
        }
    }
}
