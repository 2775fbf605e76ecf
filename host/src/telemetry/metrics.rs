//! All metrics of the server, declared once: source for `/metrics` and its help texts, and for the manual.

mod page;

pub use page::page;

/// Prefix of all names.
pub const PREFIX: &str = "lark_callback_";

/// Type of a metric in the text format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows while the server runs.
    Counter,
    /// A current value.
    Gauge,
    /// Durations in buckets.
    Histogram,
}

impl MetricKind {
    /// Word of the text format.
    pub fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// Metric with everything that a monitor and a reader need to know.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Name without [`PREFIX`].
    pub name: &'static str,
    /// Type.
    pub kind: MetricKind,
    /// Labels, in alphabetical order.
    pub labels: &'static [&'static str],
    /// Meaning in one sentence; the help text of `/metrics` and the text of the manual.
    pub help: &'static str,
}

/// Group of related metrics.
#[derive(Debug, Clone, Copy)]
pub struct MetricSection {
    /// Heading in the manual.
    pub title: &'static str,
    /// Metrics in the order of the manual.
    pub metrics: &'static [Metric],
}

macro_rules! metrics {
    ($($title:literal { $($constant:ident: $kind:ident $name:literal [$($label:literal),*] => $help:literal;)* })*) => {
        $($(
            #[doc = concat!("Metric `", $name, "`.")]
            pub const $constant: Metric = Metric {
                name: $name,
                kind: MetricKind::$kind,
                labels: &[$($label),*],
                help: $help,
            };
        )*)*

        /// All groups of metrics.
        pub const METRICS: &[MetricSection] =
            &[$(MetricSection { title: $title, metrics: &[$($constant),*] }),*];
    };
}

metrics! {
    "The server" {
        UP: Gauge "up" [] => "1 while the server runs.";
        BUILD_INFO: Gauge "build_info" ["version"] => "1, with the version of the server as a label.";
        READY: Gauge "ready" [] => "1 if /readyz answers 200, 0 otherwise.";
    }
    "Requests" {
        REQUESTS: Counter "requests_total" ["kind", "outcome", "plugin"] =>
            "Callbacks and events answered, by outcome and plugin.";
        REQUESTS_SECONDS: Counter "requests_seconds_total" ["kind", "outcome", "plugin"] =>
            "Total time of these requests, in seconds.";
        REQUEST_DURATION: Histogram "request_duration_seconds" ["app", "kind", "transport"] =>
            "Time from the end of a request's header, or from the last fragment of a push, until its answer is ready, by application, kind and transport. Lark waits 3 s.";
        REFUSED: Counter "refused_total" ["app", "reason"] =>
            "Refused requests, by application and reason as in the log; nothing of them is stored.";
        REFUSED_DIAGNOSED: Counter "refused_diagnosed_total" ["app", "diagnosis"] =>
            "Refused requests that were looked at once more, by what they were found to be. Only a few of each reason are, so compare the diagnoses with each other.";
        CONNECTIONS_CLOSED: Counter "connections_closed_total" ["listener"] =>
            "Connections closed to make room for new ones, longest idle first.";
    }
    "Long connections" {
        LONG_CONNECTION: Gauge "long_connection" ["app", "connection", "state"] =>
            "1 for the state that a long connection is in: connecting (also while nothing has come over it yet), connected, waiting, \
             or refused.";
        LONG_CONNECTION_CONNECTS: Counter "long_connection_connects_total" ["app", "connection", "result"] =>
            "Connections over which something came, attempts that failed, and connections that were lost.";
        LONG_CONNECTION_PUSHES: Counter "long_connection_pushes_total" ["app", "connection", "result"] =>
            "Pushes over a long connection, by their result.";
        LONG_CONNECTION_REFUSED_FRAMES: Counter "long_connection_refused_frames_total" ["app", "connection", "reason"] =>
            "Frames that were not handled and not answered, by reason.";
        LONG_CONNECTION_HEARD: Gauge "long_connection_last_inbound_seconds" ["app", "connection"] =>
            "Time since the last sign of life of an open connection, in seconds; an answer to a ping comes every 20 s.";
        LONG_CONNECTION_UNFINISHED: Gauge "long_connection_fragments_pending" ["app", "connection"] =>
            "Messages that wait for their other fragments.";
        LONG_CONNECTION_GAP: Gauge "long_connection_gap_seconds" ["app"] =>
            "Time without any long connection of this server up to now, from the last sign of life on, in seconds; 0 while there is \
             one.";
        LONG_CONNECTION_GAPS: Counter "long_connection_gap_seconds_total" ["app"] =>
            "Total time without any long connection of this server since its start, in seconds.";
    }
    "Deliveries" {
        ATTEMPTS: Counter "attempts_total" ["kind", "outcome", "plugin"] =>
            "Delivery attempts, by outcome and plugin.";
        ATTEMPTS_SECONDS: Counter "attempts_seconds_total" ["kind", "outcome", "plugin"] =>
            "Total time of these attempts, in seconds.";
        ATTEMPT_DURATION: Histogram "attempt_duration_seconds" ["kind", "plugin"] =>
            "Time of one delivery attempt, by kind and plugin.";
        DELIVERIES: Gauge "deliveries" ["state"] =>
            "Deliveries in the database by state: waiting (ready, retry_wait), running, and dead letters (dead).";
        DELIVERIES_NOT_LOADED: Gauge "deliveries_not_loaded" ["plugin"] =>
            "Deliveries due for more than a minute whose plugin is not loaded.";
        DELIVERY_LAG: Gauge "delivery_lag_seconds" [] => "How long the oldest delivery has been due, in seconds; those of paused plugins do not count.";
    }
    "Plugins" {
        PLUGINS: Gauge "plugins" [] => "Loaded plugins.";
        PLUGIN_BACKOFF: Gauge "backoff_seconds" ["plugin"] =>
            "How long calls of the plugin are still refused because it crashed at every call, in seconds; absent for plugins that work.";
        PLUGINS_HELD: Gauge "plugins_held" [] =>
            "Files in the plugins folder that cannot be loaded; the log and `plugin list` say why.";
        PLUGINS_SENT_BACK: Gauge "plugins_sent_back" ["plugin"] =>
            "1 for a plugin whose file was sent back: by its probation, or by a rollback. An older version serves; \
             `plugin show` says why.";
    }
    "Users' tokens" {
        TOKEN_REFRESH: Counter "token_refresh_total" ["app_id", "outcome"] =>
            "Refreshes of users' tokens, by outcome: refreshed, authorize_again, failed, lost, outdated.";
        TOKEN_ACTIVE: Gauge "token_active_count" ["app_id"] =>
            "Users of an application with a token that is valid or can be refreshed.";
    }
    "The database" {
        COMMITS: Counter "commits_total" [] => "Committed transactions.";
        COMMITS_FAILED: Counter "commits_failed_total" [] => "Failed transactions.";
        COMMITTED_ROWS: Counter "committed_rows_total" [] => "Rows in committed transactions.";
        COMMIT_SECONDS: Counter "commit_seconds_total" [] => "Time spent in transactions, in seconds.";
        DATABASE_BYTES: Gauge "database_bytes" [] => "Size of the database in bytes.";
        DATABASE_BYTES_MAX: Gauge "database_bytes_max" [] =>
            "CALLBACK_DATABASE_BYTES_MAX in bytes; absent when there is no limit.";
    }
    "Traces" {
        TRACE_SPANS: Counter "trace_spans_total" ["outcome"] =>
            "Spans that the collector took (exported), that it did not take (failed), and that found the queue full (dropped).";
    }
    "Alerts into a chat" {
        ALERTS_ACTIVE: Gauge "alerts_active" ["kind"] =>
            "1 while there is an alert of this kind, sent or not; of several servers, only the one that sends has it.";
        ALERT_MESSAGES: Counter "alert_messages_total" ["outcome"] =>
            "Cards sent to the chat and changed there (sent), and attempts that failed (failed).";
        ALERTS_UNSENT: Gauge "alerts_unsent" [] => "Alerts that wait to be sent, because sending failed.";
    }
}

/// All metrics of the server itself.
pub fn all() -> impl Iterator<Item = &'static Metric> {
    METRICS.iter().flat_map(|section| section.metrics)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{MetricKind, all};

    #[test]
    fn each_name_is_declared_once_and_says_its_type_as_monitors_expect() {
        let names: BTreeSet<_> = all().map(|metric| metric.name).collect();
        assert_eq!(names.len(), all().count());
        for metric in all() {
            let name = metric.name;
            assert!(
                name.bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'),
                "{name}"
            );
            assert_eq!(name.ends_with("_total"), metric.kind == MetricKind::Counter, "{name}");
            if metric.kind == MetricKind::Histogram {
                assert!(name.ends_with("_seconds"), "{name}");
            }
        }
    }

    #[test]
    fn each_help_is_one_sentence_that_fits_into_a_line_and_a_table() {
        for metric in all() {
            assert!(metric.help.ends_with('.'), "{}", metric.name);
            assert!(!metric.help.contains(['|', '\n', '\\']), "{}", metric.name);
            assert!(metric.labels.is_sorted(), "{}", metric.name);
        }
    }
}
