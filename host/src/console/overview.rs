//! Overview: whether all is well and what needs attention, charts of what happened, plugins, connections, the database.

mod attention;
mod chart;
mod latency;
mod readings;
mod tables;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Query, State},
    response::Response,
    routing::get,
};
use maud::{Markup, html};

use super::{
    Console, Failure, HOME,
    elements::{bytes, due, number},
    events::sees_payloads,
    language::say,
    live::Recent,
    navigation::link,
    page::page,
    view::View,
};
use crate::{codes::told, operate::Span};
use chart::{Part, bars};
use latency::Latency;
use readings::Readings;

const LIVE: &str = "/console/live/overview";

/// Entries of a legend.
const NAMED_MAX: usize = 6;

/// Time between two readings, however many pages watch.
const EVERY: Duration = Duration::from_secs(2);

/// Readings of each span that were made last: for all who do not see payloads, and for all who do, with the errors of plugins.
#[derive(Debug)]
pub(super) struct Overview([[Recent<Arc<Readings>>; Span::ALL.len()]; 2]);

impl Default for Overview {
    fn default() -> Self {
        Self(std::array::from_fn(|_| std::array::from_fn(|_| Recent::new(EVERY))))
    }
}

/// Query of the page.
#[derive(Debug, serde::Deserialize)]
struct Asked {
    span: Option<String>,
}

impl Asked {
    fn span(&self) -> Result<Span, Failure> {
        let Some(word) = self.span.as_deref().filter(|word| !word.is_empty()) else {
            return Ok(Span::default());
        };
        Span::of_word(word).ok_or_else(|| {
            let words = Span::ALL.map(Span::word).join(", ");
            Failure::bad_request(told!("`span` is one of {words}.", "`span` 须为其中之一：{words}。"))
        })
    }
}

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route(HOME, get(show)).route(LIVE, get(follow))
}

async fn show(
    State(console): State<Arc<Console>>,
    view: View,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let span = asked.span()?;
    let readings = read(&console, &view, span).await;
    let body = html! {
        nav.spans aria-label=(view.word("Span of time", "时间范围")) {
            @for other in Span::ALL {
                a href={ (HOME) "?span=" (other.word()) } aria-current=[(other == span).then_some("true")] {
                    (span_name(&view, other))
                }
            }
        }
        div data-live={ (LIVE) "?span=" (span.word()) } { (content(&view, &readings)) }
    };
    Ok(page(&view, view.word("Overview", "概览"), &body))
}

async fn follow(
    State(console): State<Arc<Console>>,
    view: View,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let span = asked.span()?;
    let from = Arc::clone(&console);
    Ok(console.live.follow_part(EVERY, move || {
        let (console, mut view) = (Arc::clone(&from), view.clone());
        async move {
            view.now_ms = (console.admin.now_ms)();
            let readings = read(&console, &view, span).await;
            Some(content(&view, &readings))
        }
    }))
}

async fn read(console: &Console, view: &View, span: Span) -> Arc<Readings> {
    let make = || async { Arc::new(Readings::read(console, view, span).await) };
    let [without, with] = &console.overview.0;
    let recent = if sees_payloads(view) { with } else { without };
    match recent.get(span as usize) {
        Some(recent) => recent.get(make).await,
        None => make().await,
    }
}

fn span_name(view: &View, span: Span) -> &'static str {
    match span {
        Span::Hour => view.word("1 hour", "1 小时"),
        Span::Day => view.word("24 hours", "24 小时"),
        Span::Week => view.word("7 days", "7 天"),
        Span::Month => view.word("30 days", "30 天"),
    }
}

fn content(view: &View, readings: &Readings) -> Markup {
    let callbacks = Latency::of(readings, "took_callback");
    let events = Latency::of(readings, "took_event");
    html! {
        (attention::list(view, readings))
        (tiles(view, readings, &callbacks))
        div.charts {
            (happened(view, readings, "callback", view.word("Callbacks", "回调")))
            (happened(view, readings, "event", view.word("Events", "事件")))
            (latency::card(view, readings, &callbacks, view.word("Time to answer callbacks", "回调应答耗时")))
            (latency::card(view, readings, &events, view.word("Time to accept events", "事件接收耗时")))
            (happened(view, readings, "attempt", view.word("Attempts of deliveries", "投递尝试")))
            (happened(view, readings, "refused", view.word("Refused requests", "被拒绝的请求")))
        }
        (tables::plugins(view, readings))
        (tables::connections(view, readings))
    }
}

fn tiles(view: &View, readings: &Readings, callbacks: &Latency) -> Markup {
    let percent = readings.database_percent();
    html! {
        div.tiles {
            (tile(view.word("Waiting", "待处理"), &number(readings.waiting()), "/console/deliveries", &html! {
                @match readings.oldest_due_ms {
                    Some(due_ms) => { (view.word("the oldest is ", "最早一条")) (due(view, due_ms)) },
                    None => (view.word("nothing is late", "没有延迟")),
                }
            }))
            (tile(view.word("Dead letters", "死信"), &number(readings.dead()), "/console/dead", &html! {
                (view.word("given up", "已放弃"))
            }))
            (tile(view.word("Callbacks p99", "回调 p99"), &callbacks.within(view, 0.99), "", &html! {
                (say!(view, "{} over Lark's 3 s", "{} 超过飞书的 3 秒", callbacks.beyond_text()))
            }))
            (tile(view.word("Refused", "已拒绝"), &number(readings.total("refused")), "/console/refused", &html! {
                @let (unverified, span) = (number(readings.unverified()), span_name(view, readings.span));
                (say!(
                    view,
                    "in {span}; {unverified} not verified as from Lark",
                    "{span}内；其中 {unverified} 个未能证明来自飞书"
                ))
            }))
            (tile(view.word("Database", "数据库"), &bytes(readings.bytes), "", &html! {
                @match (readings.bytes_max, percent) {
                    (Some(max), Some(percent)) => {
                        (meter(percent))
                        (say!(view, "{percent} % of {}", "{} 的 {percent} %", bytes(max)))
                    },
                    _ => (view.word("no limit is set", "未设置上限")),
                }
            }))
            (tile(view.word("Servers", "服务器"), &number(readings.servers.len().max(1) as u64), "", &html! {
                (say!(view, "version {}", "版本 {}", env!("CARGO_PKG_VERSION")))
            }))
        }
    }
}

/// Number with a name and a note; a link where there is a page for it.
fn tile(name: &str, value: &str, path: &'static str, note: &Markup) -> Markup {
    html! {
        section.tile {
            h2 { @match link(path) { Some(path) => { a href=(path) { (name) } }, None => (name) } }
            p.value { (value) }
            p.note { (note) }
        }
    }
}

fn meter(percent: u64) -> Markup {
    let class = if percent >= 85 { "meter full" } else { "meter" };
    html! {
        svg class=(class) viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" {
            rect width="100" height="4" class="rest" {}
            rect width=(percent.min(100)) height="4" class="used" {}
        }
    }
}

/// Outcomes with how often each came.
type Counted = Vec<(String, u64)>;

/// Outcomes that a legend names, and those that it sums up. A single one is named as well: "others" takes the same room.
fn entries(mut outcomes: Counted) -> (Counted, Counted) {
    let others = match outcomes.len() {
        0..=NAMED_MAX => Vec::new(),
        _ => outcomes.split_off(NAMED_MAX - 1),
    };
    (outcomes, others)
}

/// Chart of a kind by its outcomes, and the outcomes with their numbers.
fn happened(view: &View, readings: &Readings, kind: &str, title: &str) -> Markup {
    let parts: Vec<_> = Part::ALL
        .into_iter()
        .map(|part| (part, readings.series(kind, |outcome| Part::of(kind, outcome) == part)))
        .collect();
    let total = readings.total(kind);
    let (named, others) = entries(readings.outcomes(kind));
    html! {
        section.card.chart {
            h2 { (title) span.sum { (number(total)) } }
            (bars(view, title, readings, &parts))
            ul.legend {
                // What has the same colour in the bars stands behind the same colour here.
                @for part in Part::ALL {
                    @let of_part: Vec<_> = named.iter().filter(|(outcome, _)| Part::of(kind, outcome) == part).collect();
                    @if !of_part.is_empty() {
                        li {
                            span class={ "dot " (part.class()) } {} (part.name(view))
                            @for (outcome, count) in of_part { " " code { (outcome) } " " (number(*count)) }
                        }
                    }
                }
                @if !others.is_empty() {
                    li title=(others.iter().map(|(outcome, _)| outcome.as_str()).collect::<Vec<_>>().join(", ")) {
                        (view.word("others", "其他")) " " (number(others.iter().map(|(_, count)| count).sum()))
                    }
                }
                @if total == 0 { li.dim { (view.word("nothing in this span", "该时间范围内没有")) } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::entries;

    #[test]
    fn a_legend_leaves_nothing_out() {
        for (outcomes, named, others) in [(0, 0, 0), (6, 6, 0), (7, 5, 2), (20, 5, 15)] {
            let all = vec![("ok".to_owned(), 1); outcomes];
            let (first, rest) = entries(all);
            assert_eq!((first.len(), rest.len()), (named, others));
        }
    }
}
