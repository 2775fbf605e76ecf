//! Readings of one moment: what was counted, what waits, what serves. Nothing here counts events.

use std::{cmp::Reverse, collections::BTreeMap};

use lark_callback_store::{Counted, Filter};
use serde_json::Value;

use crate::{
    admin::deaf,
    codes::{self, Text, both},
    console::{
        Console,
        events::sees_payloads,
        hold::Hold,
        language::say,
        value::{id, list, number, text},
        view::View,
    },
    operate::{Command, Late, Span, SpanFilter, Summary},
    telemetry::ConnectionState,
};

/// Plugins with late deliveries whose lists are looked at.
const LATE_ASKED_MAX: usize = 5;

/// Facts that the overview shows.
#[derive(Debug, Default)]
pub(super) struct Readings {
    pub(super) span: Span,
    /// First moment of the first part, in milliseconds since 1970.
    pub(super) begins_ms: u64,
    pub(super) now_ms: u64,
    pub(super) counts: Vec<Counted>,
    pub(super) deliveries: BTreeMap<String, u64>,
    /// When the delivery was due that has waited longest for a plugin which serves.
    pub(super) oldest_due_ms: Option<u64>,
    /// Deliveries that have been due for a while, by plugin.
    pub(super) late: Vec<Late>,
    /// Delivery that holds up others with the same ordering key, by the plugin whose deliveries are late.
    pub(super) held_up_by: BTreeMap<String, i64>,
    pub(super) bytes: u64,
    pub(super) bytes_max: Option<u64>,
    pub(super) servers: Vec<String>,
    /// Plugins as the API lists them.
    pub(super) plugins: Value,
    pub(super) connections: Vec<ConnectionState>,
    /// Applications for which nothing arrives, each with why.
    pub(super) deaf: Vec<Text>,
    pub(super) is_writable: bool,
    /// When settings were read again that cannot be used, and why.
    pub(super) refused_reload: Option<(u64, Text)>,
    /// Why the database did not tell.
    pub(super) error: Option<String>,
}

fn refused_reload(settings: &Value) -> Option<(u64, Text)> {
    let refused = settings.get("refused")?;
    let why = both(text(refused, "reason"), text(refused, "reason_zh"));
    Some((number(refused, "at_ms")?, why))
}

impl Readings {
    pub(super) async fn read(console: &Console, view: &View, span: Span) -> Self {
        let (admin, history) = (&console.admin, &console.history);
        let now_ms = (admin.now_ms)();
        let connections = admin.connections.now();
        let mut readings = Self {
            span,
            begins_ms: span.begins(now_ms) * 60_000,
            now_ms,
            bytes_max: admin.database_bytes_max,
            plugins: admin.serving(sees_payloads(view)).await,
            deaf: deaf(&connections),
            connections,
            is_writable: admin.store.is_ready(),
            refused_reload: refused_reload(&admin.shown_settings.now()),
            ..Self::default()
        };
        match console.execute(view, Command::Summary(SpanFilter { span })).await {
            Ok(summary) => readings.add(view, summary),
            Err(failure) => readings.error = Some(failure.text(view).to_owned()),
        }
        readings.read_held_up(console, view).await;
        let part = span.part_minutes();
        readings.counts.extend(history.pending().into_iter().map(|mut count| {
            count.minute = count.minute / part * part;
            count
        }));
        // Whoever mistypes a token here is no news about Lark.
        readings
            .counts
            .retain(|count| count.kind != "refused" || codes::operator_refusal(&count.outcome).is_none());
        readings
    }

    /// Why deliveries of plugins that serve are late; asked only when there are any.
    async fn read_held_up(&mut self, console: &Console, view: &View) {
        let late: Vec<_> = self.late.iter().filter(|late| self.hold(late).is_none()).collect();
        let mut held_up_by = BTreeMap::new();
        for late in late.into_iter().take(LATE_ASKED_MAX) {
            let filter = Filter {
                plugin: Some(late.plugin.clone()),
                ..Filter::default()
            };
            let found = console
                .execute(view, Command::Deliveries(filter))
                .await
                .unwrap_or_default();
            let before = list(&found, "deliveries").iter().find_map(|one| id(one, "waits_for"));
            held_up_by.extend(before.map(|before| (late.plugin.clone(), before)));
        }
        self.held_up_by = held_up_by;
    }

    fn add(&mut self, view: &View, summary: Value) {
        match serde_json::from_value::<Summary>(summary) {
            Ok(summary) => {
                self.counts = summary.counts;
                self.deliveries = summary.deliveries;
                self.late = summary.late;
                self.oldest_due_ms = match self.late.is_empty() {
                    true => summary.oldest_due_ms,
                    false => self.oldest_late_ms(),
                };
                self.bytes = summary.bytes;
                self.servers = summary.servers;
            }
            Err(error) => self.error = Some(say!(view, "{error}", "汇总无法读取：{error}")),
        }
    }

    fn oldest_late_ms(&self) -> Option<u64> {
        let served = self.late.iter().filter(|late| self.hold(late).is_none());
        served.map(|late| late.oldest_due_ms).min()
    }

    /// Why deliveries of a plugin wait although they are due; nothing, if it serves.
    pub(super) fn hold(&self, late: &Late) -> Option<Hold> {
        Hold::of(&self.plugins, &late.plugin)
    }

    /// Number in each part of the span, of what has a kind and such an outcome.
    pub(super) fn series(&self, kind: &str, is_of: impl Fn(&str) -> bool) -> Vec<u64> {
        let (begins, part) = (self.begins_ms / 60_000, self.span.part_minutes());
        let mut series = vec![0; usize::try_from(self.span.parts()).unwrap_or_default()];
        for count in self
            .counts
            .iter()
            .filter(|count| count.kind == kind && is_of(&count.outcome))
        {
            let at = count.minute.checked_sub(begins).map(|minutes| minutes / part);
            let at = at.and_then(|at| usize::try_from(at).ok());
            if let Some(sum) = at.and_then(|at| series.get_mut(at)) {
                *sum += count.number;
            }
        }
        series
    }

    /// Sum of a kind.
    pub(super) fn total(&self, kind: &str) -> u64 {
        self.outcomes(kind).into_iter().map(|(_, count)| count).sum()
    }

    /// Refused requests of somebody who spoke HTTP to the address that Lark calls, and did not prove to be Lark.
    pub(super) fn unverified(&self) -> u64 {
        let elsewhere = |reason: &str| {
            matches!(
                reason,
                "not_found" | "method_not_allowed" | "not_http" | "header_too_large"
            )
        };
        let refused = self.outcomes("refused").into_iter();
        refused
            .filter(|(reason, _)| !elsewhere(reason) && !reason.starts_with("return_"))
            .map(|(_, count)| count)
            .sum()
    }

    /// Outcomes of a kind with their numbers, the most frequent first.
    pub(super) fn outcomes(&self, kind: &str) -> Vec<(String, u64)> {
        let mut outcomes = BTreeMap::<&str, u64>::new();
        for count in self.counts.iter().filter(|count| count.kind == kind) {
            *outcomes.entry(&count.outcome).or_default() += count.number;
        }
        let mut outcomes: Vec<_> = outcomes
            .into_iter()
            .map(|(outcome, count)| (outcome.to_owned(), count))
            .collect();
        outcomes.sort_by_key(|(_, count)| Reverse(*count));
        outcomes
    }

    /// Deliveries that are not at their end.
    pub(super) fn waiting(&self) -> u64 {
        let open = self.deliveries.iter().filter(|(state, _)| *state != "dead");
        open.map(|(_, count)| count).sum()
    }

    pub(super) fn dead(&self) -> u64 {
        self.deliveries.get("dead").copied().unwrap_or_default()
    }

    /// How full the database is, if it has a limit.
    pub(super) fn database_percent(&self) -> Option<u64> {
        self.bytes.saturating_mul(100).checked_div(self.bytes_max?)
    }
}
