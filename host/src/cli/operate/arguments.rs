//! Arguments of the operator's commands.

mod auth;
mod db;
mod events;
mod jobs;

use clap::{Args, Subcommand};
use jiff::{Span, SpanRelativeTo, Unit};
use lark_callback_store::Filter;

use crate::cli::language::Language;

pub(in crate::cli) use auth::AuthCommand;
pub(in crate::cli) use db::DbCommand;
pub(in crate::cli) use events::{CatchUpArguments, EventsCommand, ExportForm, SearchArguments};
pub(in crate::cli) use jobs::{JobsCommand, StartArguments};

/// Commands on dead letters.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DeadCommand {
    /// List dead letters, newest first
    List {
        #[command(flatten)]
        filter: FilterArguments,
        #[command(flatten)]
        page: PageArguments,
        #[command(flatten)]
        form: FormArguments,
    },
    /// Group dead letters by plugin and error, largest group first
    Groups {
        #[command(flatten)]
        filter: FilterArguments,
        #[command(flatten)]
        form: FormArguments,
    },
    /// Retry, counting attempts from the start
    Retry {
        #[command(flatten)]
        arguments: DeadArguments,
        /// Allow a plugin that is not loaded; the deliveries wait until it is
        #[arg(long)]
        force: bool,
    },
    /// Drop for good
    Drop(DeadArguments),
}

/// Commands on deliveries.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DeliveriesCommand {
    /// List waiting and running deliveries, or with --state those in that state, newest first
    List {
        #[command(flatten)]
        filter: DeliveryFilterArguments,
        #[command(flatten)]
        page: PageArguments,
        #[command(flatten)]
        form: FormArguments,
    },
    /// Show one delivery with its attempts
    Show {
        /// Delivery number
        #[arg(value_name = "DELIVERY")]
        id: i64,
        #[command(flatten)]
        form: FormArguments,
    },
    /// Retry now; dead or expired deliveries start over
    Retry {
        #[command(flatten)]
        arguments: DeliveriesArguments,
        /// Allow a plugin that is not loaded; the deliveries wait until it is
        #[arg(long)]
        force: bool,
    },
    /// Drop waiting deliveries, which unblocks those behind them with the same ordering key
    Drop(DeliveriesArguments),
}

/// Selection of deliveries.
#[derive(Debug, Args)]
pub(in crate::cli) struct DeliveriesArguments {
    /// Delivery numbers, as shown by `deliveries list`; without them, the filter selects waiting deliveries
    #[arg(value_name = "DELIVERY")]
    pub(super) ids: Vec<i64>,
    #[command(flatten)]
    pub(super) filter: DeliveryFilterArguments,
    #[command(flatten)]
    pub(super) many: ManyArguments,
    #[command(flatten)]
    pub(super) form: FormArguments,
}

/// Filter over deliveries.
#[derive(Debug, Args)]
pub(in crate::cli) struct DeliveryFilterArguments {
    /// Only this application: cli_…
    #[arg(long, value_name = "APP_ID")]
    app: Option<String>,
    /// Only for this Lark event type
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// Only for this plugin
    #[arg(long, value_name = "NAME")]
    plugin: Option<String>,
    /// Only in this state
    #[arg(long, value_parser = ["ready", "running", "retry_wait", "done", "dead", "skipped", "expired"])]
    state: Option<String>,
    /// Only with this outcome of the last attempt: retry, trap, busy, …
    #[arg(long, value_name = "WORD")]
    outcome: Option<String>,
    /// Due at most this long ago: 90s, 15m, 6h, 2d
    #[arg(long, value_name = "AGE", value_parser = age_ms)]
    since: Option<u64>,
    /// Due longer ago than this
    #[arg(long, value_name = "AGE", value_parser = age_ms)]
    older_than: Option<u64>,
}

/// Selection of dead letters.
#[derive(Debug, Args)]
pub(in crate::cli) struct DeadArguments {
    /// Delivery numbers, as shown by `dead list`; without them, the filter selects
    #[arg(value_name = "DELIVERY")]
    pub(super) ids: Vec<i64>,
    /// Only those that failed with this error, as `dead groups` shows it
    #[arg(long, value_name = "ERROR")]
    pub(super) error: Option<String>,
    #[command(flatten)]
    pub(super) filter: FilterArguments,
    #[command(flatten)]
    pub(super) many: ManyArguments,
    #[command(flatten)]
    pub(super) form: FormArguments,
}

/// Erasure of a person.
#[derive(Debug, Args)]
pub(in crate::cli) struct EraseArguments {
    /// Id of the person: ou_… (another one in each application) or on_…; repeat for several
    #[arg(long = "user", value_name = "ID", required = true)]
    pub(super) users: Vec<String>,
    /// Only count what contains the id
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long)]
    pub(super) yes: bool,
    #[command(flatten)]
    pub(super) form: FormArguments,
}

/// Filter over events.
#[derive(Debug, Args)]
pub(in crate::cli) struct FilterArguments {
    /// Only this application: cli_…
    #[arg(long, value_name = "APP_ID")]
    pub(super) app: Option<String>,
    /// Only this Lark event type
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// Only for this plugin or answered by it; with replay: the plugin to replay to
    #[arg(long, value_name = "NAME")]
    plugin: Option<String>,
    /// Only with a delivery in this state
    #[arg(long, value_parser = ["ready", "running", "retry_wait", "done", "dead", "skipped", "expired"])]
    state: Option<String>,
    /// Only with an attempt or callback answer of this outcome: retry, permanent, trap, busy, …
    #[arg(long, value_name = "WORD")]
    outcome: Option<String>,
    /// Not older than this: 90s, 15m, 6h, 2d
    #[arg(long, value_name = "AGE", value_parser = age_ms)]
    since: Option<u64>,
    /// At least this old
    #[arg(long, value_name = "AGE", value_parser = age_ms)]
    until: Option<u64>,
}

/// Page of a list.
#[derive(Debug, Args)]
pub(in crate::cli) struct PageArguments {
    /// Continue after this number
    #[arg(long, value_name = "NUMBER")]
    pub(super) before: Option<i64>,
    /// Number of rows, at most 500
    #[arg(long, value_name = "ROWS", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) limit: u32,
}

/// Confirmation for commands that change many deliveries.
#[derive(Debug, Args)]
pub(in crate::cli) struct ManyArguments {
    /// Select all, when no filter is given
    #[arg(long)]
    pub(super) all: bool,
    /// Only count the matches
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do not ask for confirmation
    #[arg(long)]
    pub(super) yes: bool,
}

/// Output format.
#[derive(Debug, Args)]
pub(in crate::cli) struct FormArguments {
    /// Print JSON
    #[arg(long)]
    pub(super) json: bool,
}

/// Arguments of `rejected`.
#[derive(Debug, Args)]
pub(in crate::cli) struct RejectedArguments {
    /// Language of causes and cures [default: that of the terminal]
    #[arg(long, value_enum)]
    pub(super) lang: Option<Language>,
    #[command(flatten)]
    pub(super) form: FormArguments,
}

/// Arguments of `log-level`.
#[derive(Debug, Args)]
pub(in crate::cli) struct LogLevelArguments {
    /// error, warn, info, debug or trace, or levels by target as in `RUST_LOG`: `info,lark_callback=debug`
    #[arg(value_name = "LEVEL")]
    pub(super) level: Option<String>,
    /// Go back to `RUST_LOG` of the settings
    #[arg(long, conflicts_with = "level")]
    pub(super) reset: bool,
    #[command(flatten)]
    pub(super) form: FormArguments,
}

impl DeliveryFilterArguments {
    pub(super) fn filter(&self, now_ms: u64) -> Filter {
        let ago = |age_ms: u64| now_ms.saturating_sub(age_ms);
        Filter {
            app: self.app.clone(),
            event_type: self.event_type.clone(),
            plugin: self.plugin.clone(),
            state: self.state.clone(),
            outcome: self.outcome.clone(),
            since_ms: self.since.map(ago),
            until_ms: self.older_than.map(ago),
            ..Filter::default()
        }
    }

    pub(super) fn page(&self, page: &PageArguments, now_ms: u64) -> Filter {
        Filter {
            before: page.before,
            limit: Some(page.limit),
            ..self.filter(now_ms)
        }
    }
}

impl FilterArguments {
    pub(super) fn filter(&self, now_ms: u64) -> Filter {
        let ago = |age_ms: u64| now_ms.saturating_sub(age_ms);
        Filter {
            app: self.app.clone(),
            event_type: self.event_type.clone(),
            plugin: self.plugin.clone(),
            state: self.state.clone(),
            outcome: self.outcome.clone(),
            since_ms: self.since.map(ago),
            until_ms: self.until.map(ago),
            ..Filter::default()
        }
    }

    pub(super) fn page(&self, page: &PageArguments, now_ms: u64) -> Filter {
        Filter {
            before: page.before,
            limit: Some(page.limit),
            ..self.filter(now_ms)
        }
    }
}

/// A name or an id that becomes a segment of a path.
pub(in crate::cli) fn key(text: &str) -> Result<String, String> {
    match text {
        "" => Err("it is empty".to_owned()),
        "." | ".." => Err("nothing has a name of dots alone".to_owned()),
        _ => Ok(text.to_owned()),
    }
}

/// `90s`, `15m`, `6h`, `2d` or `1h30m` in milliseconds.
pub(super) fn age_ms(text: &str) -> Result<u64, String> {
    let age = text.parse::<Span>().ok();
    let ms = age.and_then(|age| age.total((Unit::Millisecond, SpanRelativeTo::days_are_24_hours())).ok());
    let ms = ms.filter(|ms| *ms >= 0.0 && !text.starts_with(['P', 'p']));
    ms.map(|ms| ms as u64)
        .ok_or_else(|| "write for example 90s, 15m, 6h or 2d".to_owned())
}

#[cfg(test)]
mod tests {
    use super::age_ms;

    #[test]
    fn an_age_has_a_unit() {
        for (text, ms) in [
            ("90s", 90_000),
            ("15m", 900_000),
            ("6h", 21_600_000),
            ("2d", 172_800_000),
            ("1h30m", 5_400_000),
        ] {
            assert_eq!(age_ms(text), Ok(ms), "{text}");
        }
        for wrong in ["", "90", "-6h", "6x", "2mo", "99999999999999d"] {
            assert!(age_ms(wrong).is_err(), "{wrong}");
        }
    }
}
