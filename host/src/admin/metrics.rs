//! `/metrics` in the Prometheus text format. Counters are kept where things happen; nothing here scans a table.

mod connections;
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

use super::{AdminState, connections::deaf};
use crate::reload::PluginStatus;
use crate::telemetry::{
    AlertCounts, Count, Counted, SpanCounts, chain,
    metrics::{self, Metric, MetricKind, PREFIX},
};

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
    page.value(&metrics::UP, 1.0);
    page.head(&metrics::BUILD_INFO);
    page.line(&metrics::BUILD_INFO, &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    let hears = deaf(&state.connections.now()).is_empty();
    let ready = hears && state.store.is_ready() && !state.leaving.is_cancelled() && !state.dispatcher.is_loading();
    page.value(&metrics::READY, f64::from(u8::from(ready)));
    page.tally(
        [&metrics::REQUESTS, &metrics::REQUESTS_SECONDS],
        &state.dispatcher.requests(),
    );
    let attempts = state.dispatcher.attempts();
    page.tally([&metrics::ATTEMPTS, &metrics::ATTEMPTS_SECONDS], &attempts);
    page.attempts(&attempts);
    page.latencies(&state.apps);
    state.refused(&mut page);
    page.connections(&state.connections.now(), (state.now_ms)());
    page.gaps(&state.connections.time_without());
    let commits = state.store.commits();
    page.value(&metrics::COMMITS, commits.committed as f64);
    page.value(&metrics::COMMITS_FAILED, commits.failed as f64);
    page.value(&metrics::COMMITTED_ROWS, commits.rows as f64);
    page.value(&metrics::COMMIT_SECONDS, commits.took.as_secs_f64());
    page.value(&metrics::PLUGINS, state.dispatcher.plugins().len() as f64);
    page.plugin_files(&state.plugins.borrow());
    page.head(&metrics::PLUGIN_BACKOFF);
    for (plugin, backoff) in state.dispatcher.backoffs() {
        page.line(
            &metrics::PLUGIN_BACKOFF,
            &[("plugin", &*plugin)],
            backoff.left.as_secs_f64(),
        );
    }
    page.head(&metrics::TOKEN_REFRESH);
    for ((app_id, outcome), count) in state.tokens.refreshes() {
        let labels = [("app_id", &*app_id), ("outcome", outcome)];
        page.line(&metrics::TOKEN_REFRESH, &labels, count as f64);
    }
    if let Some(bytes_max) = state.database_bytes_max {
        page.value(&metrics::DATABASE_BYTES_MAX, bytes_max as f64);
    }
    if let Some(spans) = &state.spans {
        page.spans(spans);
    }
    if let Some(alerts) = &state.alerts {
        page.alerts(alerts);
    }
    state.database(&mut page).await;
    page.of_plugins(&state.plugin_metrics);
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (content_type, page.0).into_response()
}

impl AdminState {
    /// Counters of requests refused here and at the public listener.
    fn refused(&self, page: &mut Page) {
        page.head(&metrics::REFUSED);
        for (refused, count) in self.refusals.counts() {
            let labels = [("app", &*refused.app), ("reason", refused.reason)];
            page.line(&metrics::REFUSED, &labels, count as f64);
        }
        page.head(&metrics::REFUSED_DIAGNOSED);
        for ((app, diagnosis), count) in self.refusals.diagnosed() {
            let labels = [("app", &*app), ("diagnosis", diagnosis)];
            page.line(&metrics::REFUSED_DIAGNOSED, &labels, count as f64);
        }
        page.head(&metrics::CONNECTIONS_CLOSED);
        for (listener, closed) in &self.closed {
            let closed = closed.load(Ordering::Relaxed);
            page.line(&metrics::CONNECTIONS_CLOSED, &[("listener", listener)], closed as f64);
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
        page.value(&metrics::DATABASE_BYTES, bytes as f64);
        page.head(&metrics::TOKEN_ACTIVE);
        for app in self.apps.now().iter() {
            let app_id = &*app.app_id;
            let count = tokens.get(app_id).copied().unwrap_or_default();
            page.line(&metrics::TOKEN_ACTIVE, &[("app_id", app_id)], count as f64);
        }
        page.head(&metrics::DELIVERIES);
        for state in ["ready", "running", "retry_wait", "dead"] {
            let count = backlog.deliveries.get(state).copied().unwrap_or_default();
            page.line(&metrics::DELIVERIES, &[("state", state)], count as f64);
        }
        page.head(&metrics::DELIVERIES_NOT_LOADED);
        let loaded = self.dispatcher.plugins();
        let not_loaded = waiting.iter().filter(|waiting| !loaded.contains(&waiting.plugin));
        for waiting in not_loaded.take(NOT_LOADED_MAX) {
            let plugin: String = waiting.plugin.chars().take(NAME_SYMBOLS_MAX).collect();
            let labels = [("plugin", &*plugin)];
            page.line(&metrics::DELIVERIES_NOT_LOADED, &labels, waiting.deliveries as f64);
        }
        let oldest_due_ms = if waiting.is_empty() {
            backlog.oldest_due_ms
        } else {
            let paused = self.dispatcher.paused();
            let wanted = waiting.iter().filter(|waiting| !paused.contains(&waiting.plugin));
            wanted.map(|waiting| waiting.oldest_due_ms).min()
        };
        let late = oldest_due_ms.map_or(0, |due| now_ms.saturating_sub(due));
        page.value(&metrics::DELIVERY_LAG, late as f64 / 1000.0);
    }
}

impl Page {
    /// Plugins whose files are not used.
    fn plugin_files(&mut self, plugins: &[PluginStatus]) {
        let held = plugins.iter().filter(|plugin| plugin.is_held()).count();
        self.value(&metrics::PLUGINS_HELD, held as f64);
        self.head(&metrics::PLUGINS_SENT_BACK);
        for plugin in plugins.iter().filter(|plugin| plugin.sent_back.is_some()) {
            self.line(&metrics::PLUGINS_SENT_BACK, &[("plugin", &plugin.name)], 1.0);
        }
    }

    fn head(&mut self, metric: &Metric) {
        self.head_of(metric.name, metric.kind, metric.help);
    }

    fn head_of(&mut self, name: &str, kind: MetricKind, help: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            self.0,
            "# HELP {PREFIX}{name} {help}\n# TYPE {PREFIX}{name} {}",
            kind.word()
        );
    }

    fn line(&mut self, metric: &Metric, labels: &[(&str, &str)], value: f64) {
        self.sample(metric.name, labels, value);
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let labels: Vec<_> = labels
            .iter()
            .map(|(label, text)| format!("{label}=\"{}\"", escaped(text)))
            .collect();
        let labels = if labels.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", labels.join(","))
        };
        let _ = writeln!(self.0, "{PREFIX}{name}{labels} {value}");
    }

    /// A metric without labels.
    fn value(&mut self, metric: &Metric, value: f64) {
        self.head(metric);
        self.line(metric, &[], value);
    }

    /// Spans by their result.
    fn spans(&mut self, spans: &SpanCounts) {
        self.head(&metrics::TRACE_SPANS);
        for (outcome, count) in [
            ("exported", &spans.exported),
            ("failed", &spans.failed),
            ("dropped", &spans.dropped),
        ] {
            let count = count.load(Ordering::Relaxed);
            self.line(&metrics::TRACE_SPANS, &[("outcome", outcome)], count as f64);
        }
    }

    /// Alerts into a chat.
    fn alerts(&mut self, alerts: &AlertCounts) {
        self.head(&metrics::ALERTS_ACTIVE);
        for (kind, is_active) in alerts.active() {
            let value = f64::from(u8::from(is_active));
            self.line(&metrics::ALERTS_ACTIVE, &[("kind", kind)], value);
        }
        self.head(&metrics::ALERT_MESSAGES);
        for (outcome, count) in [("sent", &alerts.sent), ("failed", &alerts.failed)] {
            let count = count.load(Ordering::Relaxed);
            self.line(&metrics::ALERT_MESSAGES, &[("outcome", outcome)], count as f64);
        }
        self.value(&metrics::ALERTS_UNSENT, alerts.unsent.load(Ordering::Relaxed) as f64);
    }

    /// Counters of calls and the time they took.
    fn tally<const BUCKETS: usize>(
        &mut self,
        [total, seconds]: [&Metric; 2],
        counts: &BTreeMap<Counted, Count<BUCKETS>>,
    ) {
        self.head(total);
        for (counted, count) in counts {
            self.line(total, &labels(counted), count.count as f64);
        }
        self.head(seconds);
        for (counted, count) in counts {
            self.line(seconds, &labels(counted), count.took.as_secs_f64());
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
