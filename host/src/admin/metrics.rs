//! `/metrics` in the Prometheus text format. Counters are kept where things happen; nothing here scans a table.

mod latency;
mod plugins;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    sync::{Arc, atomic::Ordering},
};

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use lark_callback_store::StoreError;

use super::AdminState;
use crate::telemetry::{Count, Counted, chain};

/// Grace period for deliveries of plugins not loaded here: a server that has the plugin takes them within a minute.
const PATIENCE_MS: u64 = 60_000;

/// Maximum number of unloaded plugins with a series of their own; older versions stored whatever name a plugin gave.
const NOT_LOADED_MAX: usize = 100;

/// Maximum length of a plugin's name in a label.
const NAME_SYMBOLS_MAX: usize = 64;

/// Page under construction.
#[derive(Default)]
struct Page(String);

pub(super) async fn show(State(state): State<Arc<AdminState>>) -> Response {
    let mut page = Page::default();
    page.gauge("up", "1 while the server runs.", 1.0);
    let ready = state.store.is_ready() && !state.leaving.is_cancelled() && !state.dispatcher.is_loading();
    page.gauge(
        "ready",
        "Whether the server is ready for requests, as reported by /readyz.",
        f64::from(u8::from(ready)),
    );
    page.tally(
        "requests",
        "Callbacks and events answered, by outcome and plugin.",
        &state.dispatcher.requests(),
    );
    page.tally(
        "attempts",
        "Delivery attempts, by outcome.",
        &state.dispatcher.attempts(),
    );
    page.latencies(&state.apps);
    state.refused(&mut page);
    let commits = state.store.commits();
    page.counter("commits_total", "Committed transactions.", commits.committed as f64);
    page.counter("commits_failed_total", "Failed transactions.", commits.failed as f64);
    page.counter(
        "committed_rows_total",
        "Rows in committed transactions.",
        commits.rows as f64,
    );
    page.counter(
        "commit_seconds_total",
        "Time spent in transactions.",
        commits.took.as_secs_f64(),
    );
    page.gauge("plugins", "Loaded plugins.", state.dispatcher.plugins().len() as f64);
    let held = state
        .plugins
        .borrow()
        .iter()
        .filter(|plugin| plugin.held.is_some())
        .count();
    page.gauge(
        "plugins_held",
        "Files in the plugins folder that are not loaded; the log says why.",
        held as f64,
    );
    page.head("token_refresh_total", "counter", "User token refreshes, by outcome.");
    for ((app_id, outcome), count) in state.tokens.refreshes() {
        page.line(
            "token_refresh_total",
            &[("app_id", &app_id), ("outcome", outcome)],
            count as f64,
        );
    }
    state.database(&mut page).await;
    page.of_plugins(&state.plugin_metrics);
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (content_type, page.0).into_response()
}

impl AdminState {
    /// Counters of requests refused here and at the public listener.
    fn refused(&self, page: &mut Page) {
        page.head(
            "refused_total",
            "counter",
            "Refused requests, by application and reason; nothing of them is stored.",
        );
        for (refused, count) in self.refusals.counts() {
            let labels = [("app", &*refused.app), ("reason", refused.reason)];
            page.line("refused_total", &labels, count as f64);
        }
        page.head(
            "connections_closed_total",
            "counter",
            "Connections closed to make room for new ones, longest idle first.",
        );
        for (listener, closed) in &self.closed {
            let closed = closed.load(Ordering::Relaxed);
            page.line("connections_closed_total", &[("listener", listener)], closed as f64);
        }
    }

    /// Values that need the database; if it does not answer, these lines are left out and all others remain.
    async fn database(&self, page: &mut Page) {
        let now_ms = (self.now_ms)();
        let asked = async {
            let (bytes, backlog) = (self.store.bytes().await?, self.store.backlog(now_ms).await?);
            let waiting = self.store.waiting(now_ms.saturating_sub(PATIENCE_MS)).await?;
            Ok::<_, StoreError>((bytes, backlog, waiting, self.store.active_user_tokens(now_ms).await?))
        };
        let (bytes, backlog, waiting, tokens) = match asked.await {
            Ok(answers) => answers,
            Err(error) => {
                tracing::warn!(
                    error = chain(&error),
                    "Could not read the database's metrics; /metrics is served without them"
                );
                return;
            }
        };
        page.gauge("database_bytes", "Size of the database in bytes.", bytes as f64);
        page.head(
            "token_active_count",
            "gauge",
            "Users of an application with a token that is valid or can be refreshed.",
        );
        for app in self.apps.iter() {
            let app_id = &*app.app_id;
            let count = tokens.get(app_id).copied().unwrap_or_default();
            page.line("token_active_count", &[("app_id", app_id)], count as f64);
        }
        page.head(
            "deliveries",
            "gauge",
            "Deliveries by state: waiting, running, and dead letters.",
        );
        for state in ["ready", "running", "retry_wait", "dead"] {
            let count = backlog.deliveries.get(state).copied().unwrap_or_default();
            page.line("deliveries", &[("state", state)], count as f64);
        }
        page.head(
            "deliveries_not_loaded",
            "gauge",
            "Deliveries due for more than a minute whose plugin is not loaded.",
        );
        let loaded = self.dispatcher.plugins();
        let not_loaded = waiting.iter().filter(|waiting| !loaded.contains(&waiting.plugin));
        for waiting in not_loaded.take(NOT_LOADED_MAX) {
            let plugin: String = waiting.plugin.chars().take(NAME_SYMBOLS_MAX).collect();
            page.line(
                "deliveries_not_loaded",
                &[("plugin", &plugin)],
                waiting.deliveries as f64,
            );
        }
        let late = backlog.oldest_due_ms.map_or(0, |due| now_ms.saturating_sub(due));
        page.gauge(
            "delivery_lag_seconds",
            "How long the oldest delivery has been due, in seconds.",
            late as f64 / 1000.0,
        );
    }
}

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            self.0,
            "# HELP lark_callback_{name} {help}\n# TYPE lark_callback_{name} {kind}"
        );
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<_> = labels
            .iter()
            .map(|(label, text)| format!("{label}=\"{}\"", escaped(text)))
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        let _ = writeln!(self.0, "lark_callback_{name}{labels} {value}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: f64) {
        self.head(name, "gauge", help);
        self.line(name, &[], value);
    }

    fn counter(&mut self, name: &str, help: &str, value: f64) {
        self.head(name, "counter", help);
        self.line(name, &[], value);
    }

    /// Counters of calls and the time they took.
    fn tally(&mut self, name: &str, help: &str, counts: &BTreeMap<Counted, Count>) {
        let (total, seconds) = (format!("{name}_total"), format!("{name}_seconds_total"));
        self.head(&total, "counter", help);
        for (counted, count) in counts {
            self.line(&total, &labels(counted), count.count as f64);
        }
        self.head(&seconds, "counter", &format!("Total time of these {name}, in seconds."));
        for (counted, count) in counts {
            self.line(&seconds, &labels(counted), count.took.as_secs_f64());
        }
    }
}

fn labels(counted: &Counted) -> [(&str, &str); 3] {
    [
        ("kind", counted.kind),
        ("outcome", counted.outcome),
        ("plugin", &counted.plugin),
    ]
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
