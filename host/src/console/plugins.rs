//! Plugins: all of them, one of them with everything that is known, what can be ordered, and a look at a dropped component.

mod data;
mod drop;
mod ends;
mod limits;
mod list;
mod order;
mod ordered;
mod say;
mod upload;
mod versions;
mod wants;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Console, Failure,
    elements::csrf,
    events::sees_payloads,
    forms::Form,
    live::Update,
    page::{page, visible},
    view::View,
};
use crate::{
    admin::{KeysAsked, LinesAsked},
    codes::{Language, both},
    operate::{Actor, Command, encoded},
    plugin::check_plugin_name,
};
pub(super) use list::states;
use order::Order;
use say::{say, some};

/// Path of the pages.
const HOME: &str = "/console/plugins";

/// Stream of the list; no plugin has a name of two parts.
const LIVE: &str = "/console/plugins-live";

/// Time between two states of a page that is watched.
const EVERY: Duration = Duration::from_secs(2);

/// Paths that components are sent to.
const CHECK: &str = "/console/plugin-check";
const INSTALL: &str = "/console/plugin-install";
/// The same in the place of a plugin that serves.
const REPLACE: &str = "/console/plugin-replace";

/// Time between two states of a log that is watched.
const LOG_EVERY: Duration = Duration::from_secs(1);

/// Least level of a log unless another one is chosen.
const LEVEL: &str = "DEBUG";

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new()
        .route(HOME, get(all))
        .route(LIVE, get(live_all))
        .route("/console/plugins/{name}", get(one))
        .route("/console/plugins/{name}/live", get(live_one))
        .route("/console/plugins/{name}/order/{order}", get(ask).post(give))
        .route("/console/plugins/{name}/log", get(log))
        .route("/console/plugins/{name}/log/live", get(live_log))
        .route("/console/plugins/{name}/kv", get(keys))
        .route(CHECK, post(upload::check))
        .route(INSTALL, post(upload::install))
        .route(REPLACE, post(upload::replace))
}

/// Who asks; nobody sees these pages without a login.
fn actor(view: &View) -> Result<&Actor, Failure> {
    view.actor.as_deref().ok_or_else(Failure::role)
}

/// The page of a plugin.
fn address(name: &str) -> String {
    format!("{HOME}/{}", encoded(name))
}

async fn all(State(console): State<Arc<Console>>, view: View) -> Response {
    let body = html! {
        div .live data-live=(LIVE) { (every(&console, &view).await) }
        h2 { (view.word("Check a component", "检查组件")) }
        (drop::place(&view, None))
    };
    page(&view, view.word("Plugins", "插件"), &body)
}

async fn every(console: &Console, view: &View) -> Markup {
    let plugins = console.admin.serving(sees_payloads(view)).await;
    list::draw(view.language, &plugins)
}

async fn live_all(State(console): State<Arc<Console>>, view: View) -> Response {
    let from = Arc::clone(&console);
    console.live.follow_part(EVERY, move || {
        let (console, view) = (Arc::clone(&from), view.clone());
        async move { Some(every(&console, &view).await) }
    })
}

async fn one(State(console): State<Arc<Console>>, view: View, Path(name): Path<String>) -> Result<Response, Failure> {
    let body = html! {
        (tabs(&view, &name, "show"))
        div .live data-live={ (address(&name)) "/live" } { (about(&console, &view, &name).await?) }
    };
    Ok(page(&view, &name, &body))
}

async fn live_one(
    State(console): State<Arc<Console>>,
    view: View,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    // A plugin that there is not has no stream.
    about(&console, &view, &name).await?;
    let from = Arc::clone(&console);
    Ok(console.live.follow_part(EVERY, move || {
        let (console, mut view, name) = (Arc::clone(&from), view.clone(), name.clone());
        async move {
            view.now_ms = (console.admin.now_ms)();
            about(&console, &view, &name).await.ok()
        }
    }))
}

/// Everything about one plugin.
async fn about(console: &Console, view: &View, name: &str) -> Result<Markup, Failure> {
    let known = console.execute(view, Command::PluginShow(name.to_owned())).await?;
    let history = console.execute(view, Command::PluginHistory(name.to_owned())).await?;
    let language = view.language;
    let state = known.get("state").unwrap_or(&Value::Null);
    let versions = say::list(&history, "/versions");
    let section = |title: &str, body: Markup| html! { section { h2 { (title) } (body) } };
    Ok(html! {
        p .plugin-state {
            (states(language, state))
            " " (say::text(state, "/active/version")) " " (say::hash(say::text(state, "/active/hash")))
        }
        @if !console.admin.dispatcher.is_loading() && list::is_gone(state) {
            p .dim {
                (say(language, "Its file is gone: this server has none of this name in its folder of plugins.", "文件已不存在：本服务器的插件目录中没有同名文件。"))
            }
        }
        @if view.is_operator() { (orders(language, name, &known, versions)) }
        (ordered::draw(language, name, &known))
        (versions::held(language, state))
        @if some(state, "/active").is_some() {
            (section(say(language, "What it takes", "处理范围"), wants::takes(language, state)))
        }
        @if some(state, "/active").is_some() || !versions.is_empty() {
            (section(say(language, "Wants and grants", "需求与授权"), wants::draw(language, name, state, versions)))
        }
        @if some(state, "/active").is_some() {
            (section(say(language, "Limits, and how near its calls came", "上限及最高用量"), limits::draw(language, state)))
            (section(say(language, "Schedules", "定时任务"), list::schedules(language, state)))
        }
        (section(say(language, "Versions", "版本"), versions::draw(language, name, versions, &known, view.is_operator())))
        (section(say(language, "Servers", "服务器"), list::servers(language, say::list(&known, "/servers"))))
        (super::audit::touched(view, say::list(&known, "/changes")))
    })
}

/// The parts of a plugin's page that the caller may see.
fn tabs(view: &View, name: &str, here: &str) -> Markup {
    let (language, base) = (view.language, address(name));
    let mut tabs = vec![
        ("show", base.clone(), say(language, "Overview", "概览")),
        ("log", format!("{base}/log"), say(language, "Log", "日志")),
        ("kv", format!("{base}/kv"), say(language, "Keys and values", "键值数据")),
    ];
    if !sees_payloads(view) {
        tabs.truncate(1);
    }
    html! {
        nav .plugin-tabs aria-label=(say(language, "Parts of this plugin", "插件页面")) {
            @for (word, href, title) in tabs {
                a href=(href) aria-current=[(word == here).then_some("page")] { (title) }
            }
        }
    }
}

/// The orders that can do something now.
fn orders(language: Language, name: &str, known: &Value, versions: &[Value]) -> Markup {
    let state = some(known, "/state").filter(|_| check_plugin_name(name).is_ok());
    // Neither what is gone nor a file with a wrong name follows an order.
    let Some(state) = state else {
        return html! {};
    };
    let is_loaded = some(state, "/active").is_some();
    let is_disabled = say::is(state, "/disabled_by_command") || say::is(known, "/order/is_disabled");
    let is_paused = say::is(state, "/paused_by_command") || say::is(known, "/order/is_paused");
    let is_pinned = say::is(known, "/order/is_pinned");
    let is_rolled_back = some(known, "/order/number").is_some() && !ordered::is_over(known);
    let is_back = is_rolled_back || some(state, "/sent_back").is_some();
    // A version that is not written down, or not kept any more, cannot be ordered.
    let is_kept_and_serves = |version: &Value| say::is(version, "/serves") && say::is(version, "/is_kept");
    let can_be_pinned = versions.iter().any(is_kept_and_serves);
    let link = |order: Order| order::link(language, name, order, None);
    html! {
        p .plugin-actions {
            @if is_disabled { (link(Order::Enable)) }
            @else if !say::is(state, "/disabled_by_settings") { (link(Order::Disable)) }
            @if is_paused { (link(Order::Resume)) }
            @else if is_loaded && !say::is(state, "/paused_by_settings") { (link(Order::Pause)) }
            @if is_loaded && some(known, "/before").is_some() { (link(Order::Rollback)) }
            @if is_pinned { (link(Order::Unpin)) }
            @else {
                @if is_back { (link(Order::Lift)) }
                @if is_loaded && can_be_pinned { (link(Order::Pin)) }
            }
        }
    }
}

/// Version that an order is for.
#[derive(Debug, Deserialize)]
struct OfVersion {
    version: Option<String>,
}

async fn ask(
    State(console): State<Arc<Console>>,
    view: View,
    Path((name, word)): Path<(String, String)>,
    Query(of): Query<OfVersion>,
) -> Result<Response, Failure> {
    let order = Order::of(&word).ok_or_else(Failure::no_page)?;
    if !view.is_operator() {
        return Err(Failure::role());
    }
    let known = console.execute(&view, Command::PluginShow(name.clone())).await?;
    let history = console.execute(&view, Command::PluginHistory(name.clone())).await?;
    let asked = order::Asked {
        plugin: &name,
        order,
        version: of.version.as_deref(),
        known: &known,
        versions: say::list(&history, "/versions"),
    };
    let body = order::question(view.language, &asked, &csrf(&view));
    Ok(page(&view, order.title(view.language), &body))
}

async fn give(
    State(console): State<Arc<Console>>,
    view: View,
    Path((name, word)): Path<(String, String)>,
    form: Form,
) -> Result<Response, Failure> {
    let order = Order::of(&word).ok_or_else(Failure::no_page)?;
    if !view.is_operator() {
        return Err(Failure::role());
    }
    let back = |failure: Failure| failure.with_way_back(address(&name), both("Back to the plugin", "返回插件"));
    let command = order.command(&name, form.get("version"));
    let given = console.execute(&view, command.clone()).await.map_err(back)?;
    // Late or not, the page says how it stands.
    console.admin.followed(&command, &given).await;
    Ok(Redirect::to(&address(&name)).into_response())
}

/// Part of a log.
#[derive(Debug, Deserialize)]
struct OfLevel {
    level: Option<String>,
}

impl OfLevel {
    fn level(&self) -> String {
        let level = self.level.as_deref().unwrap_or(LEVEL);
        data::LEVELS
            .iter()
            .find(|known| **known == level)
            .unwrap_or(&LEVEL)
            .to_string()
    }
}

async fn log(
    State(console): State<Arc<Console>>,
    view: View,
    Path(name): Path<String>,
    Query(of): Query<OfLevel>,
) -> Result<Response, Failure> {
    let lines = console.admin.plugin_lines(
        actor(&view)?,
        &LinesAsked {
            plugin: name.clone(),
            from: 0,
        },
    )?;
    let body = html! {
        (tabs(&view, &name, "log"))
        (data::log(view.language, &name, &of.level(), &lines))
    };
    Ok(page(&view, &name, &body))
}

async fn live_log(
    State(console): State<Arc<Console>>,
    view: View,
    Path(name): Path<String>,
    Query(of): Query<OfLevel>,
) -> Result<Response, Failure> {
    let asked = LinesAsked { plugin: name, from: 0 };
    let actor = view.actor.clone().ok_or_else(Failure::role)?;
    console.admin.plugin_lines(&actor, &asked)?;
    let (admin, level) = (Arc::clone(&console.admin), of.level());
    let (asked, shown) = (Arc::new(asked), Arc::new(AtomicU64::new(u64::MAX)));
    let language = view.language;
    Ok(console.live.follow(LOG_EVERY, move || {
        let lines = admin.plugin_lines(&actor, &asked).ok();
        let next = lines
            .as_ref()
            .and_then(|lines| lines.get("next")?.as_u64())
            .unwrap_or_default();
        let is_new = shown.swap(next, Ordering::Relaxed) != next;
        let update = lines.filter(|_| is_new).map(|lines| Update {
            event: "part",
            data: visible(data::lines(language, &level, &lines)).into(),
        });
        async move { update }
    }))
}

/// Page of keys.
#[derive(Debug, Deserialize)]
struct OfPrefix {
    #[serde(default)]
    prefix: String,
    after: Option<String>,
}

async fn keys(
    State(console): State<Arc<Console>>,
    view: View,
    Path(name): Path<String>,
    Query(of): Query<OfPrefix>,
) -> Result<Response, Failure> {
    if of.prefix.len() > data::PREFIX_BYTES_MAX
        || of
            .after
            .as_ref()
            .is_some_and(|after| after.len() > data::PREFIX_BYTES_MAX)
    {
        return Err(Failure::bad_request(both(
            "The prefix is longer than any key.",
            "前缀比任何键都长。",
        )));
    }
    let asked = KeysAsked {
        plugin: name.clone(),
        prefix: of.prefix,
        after: of.after.filter(|after| !after.is_empty()),
    };
    let found = console.admin.plugin_keys(actor(&view)?, &asked).await?;
    let body = html! {
        (tabs(&view, &name, "kv"))
        (data::keys(view.language, &name, &asked.prefix, &found))
    };
    Ok(page(&view, &name, &body))
}
