//! Metrics as documentation: the manual's page.

use std::fmt::Write as _;

use super::{METRICS, PREFIX};

const HEAD: &str = "\
# Metrics

This page is made from the declarations that `/metrics` uses (`lark-callback metrics --markdown`).

`GET /metrics` on the operator's listener answers in the text format of Prometheus. All names begin with `lark_callback_`.
Counters start at 0 when a server starts. Values that come from the database (deliveries, tokens, sizes) are the same on every server that shares it: use `max`, not `sum`, over them.
Alert rules are in [`host/deploy/prometheus/alerts.yml`](../deploy/prometheus/alerts.yml), what to do about each in [runbook.md](runbook.md), a Grafana board in [`host/deploy/grafana/lark-callback.json`](../deploy/grafana/lark-callback.json).
";

const TAIL: &str = "
## Kinds and outcomes

The `kind` of a request is `callback` or `event`; `request_duration_seconds` has also `return` (from the authorize page), `challenge` and `refused`, and its `transport` is `webhook` or `long_connection`. A request whose sender hangs up is measured until that moment.
The buckets of `request_duration_seconds` end at 5, 10, 25, 50, 100, 250, 500 ms, 1, 2, 2.4 (`CALLBACK_BUDGET_MS`), 2.7, 3 (as long as Lark waits), 5 and 15 s; those of `attempt_duration_seconds` at 10, 50, 100, 250, 500 ms, 1, 2.5, 5, 10, 30 and 60 s.
The `kind` of an attempt is `event`, `task`, `late` (a call that went on after \"working on it\") or `update` (of a card).
The `outcome` of a token's refresh is `refreshed`, `authorize_again`, `failed` (Lark could not be reached; it will be retried), `lost` (the new token could not be stored: that user must authorize again) or `outdated` (the user authorized again or revoked meanwhile).

## Plugins' own metrics

A plugin's own counters are `lark_callback_plugin_NAME_total`, its histograms `lark_callback_plugin_NAME_seconds`, with its labels and `plugin`.
The built-in plugin `card-auth` has these, with the prefix `lark_callback_plugin_`:

| metric | counts |
|---|---|
| `auth_session_total` | sessions started, one for each card |
| `auth_success_total`, `auth_duration_seconds` | users who authorized, and how long it took them from the card on |
| `auth_session_expired_total` | sessions in which nobody did anything for ten minutes |
| `auth_failure_total{reason}` | sessions that ended in any other way: `user_rejected`, `superseded`, `identity_mismatch`, `code_refused`, `not_allowed`, `unavailable`, `configuration`, `authorize_page`, `card_not_sent`, `interrupted` |
| `auth_refusal_total{reason}` | clicks and returns that changed no session, by reason: `rate_limited`, `replayed`, `other_user`, `unknown` |

Every session ends in one of `auth_success_total`, `auth_session_expired_total` and `auth_failure_total`, so the number of open sessions is the first counter minus these three, summed over all servers.

## Queries

The 99th percentile of clicks for each application, to compare with the 3 s that Lark waits, and the share of clicks that were too late:

```
histogram_quantile(0.99, sum by (app, le) (rate(lark_callback_request_duration_seconds_bucket{kind=\"callback\"}[5m])))

1 - sum by (app) (rate(lark_callback_request_duration_seconds_bucket{kind=\"callback\",le=\"3\"}[5m]))
  / sum by (app) (rate(lark_callback_request_duration_seconds_count{kind=\"callback\"}[5m]))
```

Network time is not included, so alert below 3 s.
";

/// Renders the manual's page, in Markdown.
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    for section in METRICS {
        // Writing to a String cannot fail.
        let _ = write!(
            page,
            "\n## {}\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n",
            section.title
        );
        for metric in section.metrics {
            let labels: Vec<_> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
            let _ = writeln!(
                page,
                "| `{PREFIX}{}` | {} | {} | {} |",
                metric.name,
                metric.kind.word(),
                labels.join(", "),
                metric.help
            );
        }
    }
    page.push_str(TAIL);
    page
}
