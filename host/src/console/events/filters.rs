//! Form above the list: each field narrows it, and the address is the filter.

use std::sync::Arc;

use maud::{Markup, html};

use super::{
    EVENTS,
    query::{AGES, Query},
    sees_payloads,
};
use crate::{
    codes,
    console::{
        Console,
        elements::{length, state_name},
        language::say,
        view::View,
    },
};

/// States of deliveries, as they can be asked for.
const STATES: [&str; 7] = ["ready", "running", "retry_wait", "done", "dead", "skipped", "expired"];

/// Names that the form offers.
#[derive(Debug, Default)]
pub(in crate::console) struct Names {
    pub(in crate::console) types: Vec<String>,
    pub(in crate::console) plugins: Vec<String>,
    pub(in crate::console) apps: Vec<String>,
}

impl Names {
    /// Those of the newest rows; looking at all would take seconds. Nobody waits for a database that does not answer.
    pub(in crate::console) async fn of(console: &Console) -> Arc<Self> {
        let store = console.admin.store.clone();
        let make = async move || {
            Arc::new(Self {
                types: store.known_event_types().await.unwrap_or_default(),
                plugins: store.known_plugins().await.unwrap_or_default(),
                apps: store.known_apps().await.unwrap_or_default(),
            })
        };
        console.names.get(make).await
    }
}

/// The form, with what it narrows by already.
pub(super) fn form(view: &View, query: &Query, names: &Names) -> Markup {
    let is_open = ["app", "user", "chat", "message", "text", "from", "to"]
        .iter()
        .any(|field| query.get(field).is_some());
    html! {
        form.event-filters method="get" action=(EVENTS) role="search" aria-label=(view.word("Filter events", "筛选事件")) {
            div.filter-row {
                @if sees_payloads(view) {
                    label.unseen for="q" { (view.word("Number, id or text", "编号、ID 或文本")) }
                    input #q type="search" name="q" maxlength="1000" autocomplete="off"
                        placeholder=(view.word("Event number, ou_…, oc_…, om_… or text", "事件编号、ou_…、oc_…、om_… 或文本"));
                }
                (choice("type", view.word("All types", "全部类型"), query, &names.types))
                (choice("plugin", view.word("All plugins", "全部插件"), query, &names.plugins))
                (choice_in_words("state", view.word("All states", "全部状态"), query, &states(view)))
                (outcomes(view, query))
                (choice_in_words("age", view.word("Any time", "任意时间"), query, &ages(view)))
                button.primary type="submit" { (view.word("Filter", "筛选")) }
                @if !query.is_empty() { a.button href=(EVENTS) { (view.word("Clear", "清除")) } }
            }
            details.more open[is_open] {
                summary { (view.word("More filters", "更多条件")) }
                div.filter-row {
                    (field("app", view.word("Application", "应用"), "cli_…", query))
                    @if sees_payloads(view) {
                        (field("user", view.word("User", "用户"), "ou_…", query))
                        (field("chat", view.word("Chat", "会话"), "oc_…", query))
                        (field("message", view.word("Message", "消息"), "om_…", query))
                        (field("text", view.word("Text", "文本"), "", query))
                    }
                    (moment("from", view.word("From (UTC)", "起始（UTC）"), view.word("From", "起始"), query))
                    (moment("to", view.word("To (UTC)", "截止（UTC）"), view.word("To", "截止"), query))
                }
            }
        }
    }
}

/// States of deliveries with their names, as the rows call them.
pub(in crate::console) fn states(view: &View) -> Vec<(&'static str, String)> {
    STATES.map(|state| (state, state_name(view, state))).into()
}

/// Ages of events in words.
fn ages(view: &View) -> Vec<(&'static str, String)> {
    let in_words = |(age, ms)| (age, say!(view, "last {}", "最近 {}", length(view, ms)));
    AGES.map(in_words).into()
}

/// A list to choose from; what is chosen already is among it.
pub(in crate::console) fn choice(name: &'static str, all: &str, query: &Query, names: &[String]) -> Markup {
    let names: Vec<_> = names.iter().map(|name| (name.as_str(), name.clone())).collect();
    choice_in_words(name, all, query, &names)
}

/// The same of values that are shown in words.
pub(in crate::console) fn choice_in_words(
    name: &'static str,
    all: &str,
    query: &Query,
    values: &[(&str, String)],
) -> Markup {
    let chosen = query.get(name);
    let is_missing = chosen.is_some_and(|chosen| values.iter().all(|(value, _)| *value != chosen));
    html! {
        select name=(name) aria-label=(all) {
            option value="" { (all) }
            @if is_missing { option value=(chosen.unwrap_or_default()) selected { (chosen.unwrap_or_default()) } }
            @for (value, words) in values { option value=(value) selected[chosen == Some(*value)] { (words) } }
        }
    }
}

fn outcomes(view: &View, query: &Query) -> Markup {
    let known: Vec<String> = codes::outcomes().map(str::to_owned).collect();
    choice("outcome", view.word("All outcomes", "全部结果"), query, &known)
}

/// A moment, which the address carries in UTC. With a script it is shown and entered in the browser's time zone, as all times.
fn moment(name: &'static str, label: &str, local: &str, query: &Query) -> Markup {
    html! {
        label.field data-moment=(local) {
            span { (label) }
            input type="text" name=(name) value=(query.get(name).unwrap_or_default()) placeholder="2026-11-29 12:00"
                maxlength="100" autocomplete="off" spellcheck="false";
        }
    }
}

/// A field with its label above it.
pub(in crate::console) fn field(name: &'static str, label: &str, like: &str, query: &Query) -> Markup {
    html! {
        label.field {
            span { (label) }
            input type="text" name=(name) value=(query.get(name).unwrap_or_default()) placeholder=(like)
                maxlength="1000" autocomplete="off" spellcheck="false";
        }
    }
}
