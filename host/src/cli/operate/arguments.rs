//! The arguments of the operator's commands.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use lark_callback_store::Filter;

/// What was received.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum EventsCommand {
    /// List what was received, the newest first
    List {
        #[command(flatten)]
        filter: FilterArguments,
        #[command(flatten)]
        page: PageArguments,
        #[command(flatten)]
        form: FormArguments,
    },
    /// Show one event: what it said, what was answered, each delivery with its attempts
    Show {
        /// Its number, or Lark's id
        #[arg(value_name = "EVENT")]
        event: String,
        #[command(flatten)]
        form: FormArguments,
    },
    /// Have events handled once more, by deliveries of their own
    Replay {
        /// Numbers or Lark's ids; without them the filter counts
        #[arg(value_name = "EVENT")]
        events: Vec<String>,
        #[command(flatten)]
        filter: FilterArguments,
        /// Also for a plugin that is not loaded: they wait until it is
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        many: ManyArguments,
        #[command(flatten)]
        form: FormArguments,
    },
}

/// What was given up.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DeadCommand {
    /// List what was given up, the newest first
    List {
        #[command(flatten)]
        filter: FilterArguments,
        #[command(flatten)]
        page: PageArguments,
        #[command(flatten)]
        form: FormArguments,
    },
    /// Try again, with attempts counted from the start
    Retry {
        #[command(flatten)]
        arguments: DeadArguments,
        /// Also for a plugin that is not loaded: they wait until it is
        #[arg(long)]
        force: bool,
    },
    /// Give up for good
    Drop(DeadArguments),
}

/// What is to be delivered.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DeliveriesCommand {
    /// List what waits and what runs, or with --state what is in that state, the newest first
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
        /// Its number
        #[arg(value_name = "DELIVERY")]
        id: i64,
        #[command(flatten)]
        form: FormArguments,
    },
    /// Try now what waits; what is dead or expired starts again
    Retry {
        #[command(flatten)]
        arguments: DeliveriesArguments,
        /// Also for a plugin that is not loaded: they wait until it is
        #[arg(long)]
        force: bool,
    },
    /// Give up what waits, so that what stands behind it in its line can go on
    Drop(DeliveriesArguments),
}

/// Which deliveries.
#[derive(Debug, Args)]
pub(in crate::cli) struct DeliveriesArguments {
    /// Numbers, as `deliveries list` shows them; without them the filter counts, and means what waits
    #[arg(value_name = "DELIVERY")]
    pub(super) ids: Vec<i64>,
    #[command(flatten)]
    pub(super) filter: DeliveryFilterArguments,
    #[command(flatten)]
    pub(super) many: ManyArguments,
    #[command(flatten)]
    pub(super) form: FormArguments,
}

/// A filter over deliveries.
#[derive(Debug, Args)]
pub(in crate::cli) struct DeliveryFilterArguments {
    /// Of this application: cli_…
    #[arg(long, value_name = "APP_ID")]
    app: Option<String>,
    /// For an event of this type, in Lark's words
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// For this plugin
    #[arg(long, value_name = "NAME")]
    plugin: Option<String>,
    /// In this state
    #[arg(long, value_parser = ["ready", "running", "retry_wait", "done", "dead", "skipped", "expired"])]
    state: Option<String>,
    /// Whose last attempt ended so: retry, trap, busy, …
    #[arg(long, value_name = "WORD")]
    outcome: Option<String>,
    /// Due not longer ago than this: 90s, 15m, 6h, 2d
    #[arg(long, value_name = "AGE", value_parser = age_ms)]
    since: Option<u64>,
    /// Due longer ago than this
    #[arg(long, value_name = "AGE", value_parser = age_ms)]
    older_than: Option<u64>,
}

/// Which dead letters.
#[derive(Debug, Args)]
pub(in crate::cli) struct DeadArguments {
    /// Numbers, as `dead list` shows them; without them the filter counts
    #[arg(value_name = "DELIVERY")]
    pub(super) ids: Vec<i64>,
    #[command(flatten)]
    pub(super) filter: FilterArguments,
    #[command(flatten)]
    pub(super) many: ManyArguments,
    #[command(flatten)]
    pub(super) form: FormArguments,
}

/// The database.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DbCommand {
    /// Bring the schema up to date (a server that starts does it too)
    Migrate {
        #[command(flatten)]
        form: FormArguments,
    },
    /// Show its size, its rows, its work and its servers
    Status {
        #[command(flatten)]
        form: FormArguments,
    },
    /// Delete what is too old, now
    Prune {
        #[command(flatten)]
        form: FormArguments,
    },
    /// Copy the SQLite database to a new file, as it is now; the server may run
    Backup {
        /// The new file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        form: FormArguments,
    },
    /// Put a backup in the place of the SQLite database; no server may run, and what was there is kept beside it
    Restore {
        /// What `db backup` made
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Only tell whether it could be restored
        #[arg(long)]
        check: bool,
        #[command(flatten)]
        form: FormArguments,
    },
    /// Copy the SQLite database into an empty PostgreSQL; no server may run on either
    Copy {
        /// postgres://USER:PASSWORD@HOST:PORT/DATABASE
        #[arg(long, value_name = "URL")]
        to: String,
        #[command(flatten)]
        form: FormArguments,
    },
}

/// Card authorization.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AuthCommand {
    /// Ask a user with a card to authorize the application
    Request {
        #[command(flatten)]
        who: UserArguments,
        /// A scope to ask for; several: give it several times
        #[arg(long, value_name = "SCOPE")]
        scope: Vec<String>,
        /// What the card says
        #[arg(long, value_name = "TEXT")]
        message: Option<String>,
        /// The tenant of the user; a store application cannot do without
        #[arg(long, value_name = "KEY")]
        tenant: Option<String>,
    },
    /// Show what a user has authorized, and until when
    Status {
        #[command(flatten)]
        who: UserArguments,
    },
    /// Forget what a user has authorized
    Revoke {
        #[command(flatten)]
        who: UserArguments,
    },
}

/// Whose authorization.
#[derive(Debug, Args)]
pub(in crate::cli) struct UserArguments {
    /// The user's `open_id`: ou_…
    #[arg(long, value_name = "OPEN_ID")]
    pub(super) user: String,
    /// The application's name in the settings, or its id; the first one when absent
    #[arg(long, value_name = "NAME")]
    pub(super) app: Option<String>,
    #[command(flatten)]
    pub(super) form: FormArguments,
}

/// Which ones.
#[derive(Debug, Args)]
pub(in crate::cli) struct FilterArguments {
    /// Of this application: cli_…
    #[arg(long, value_name = "APP_ID")]
    pub(super) app: Option<String>,
    /// Of this type, in Lark's words
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// Of this plugin, or answered by it; for a replay: the plugin that is to have them
    #[arg(long, value_name = "NAME")]
    plugin: Option<String>,
    /// With a delivery in this state
    #[arg(long, value_parser = ["ready", "running", "retry_wait", "done", "dead", "skipped", "expired"])]
    state: Option<String>,
    /// With an attempt, or an answer to a callback, that ended so: retry, permanent, trap, busy, …
    #[arg(long, value_name = "WORD")]
    outcome: Option<String>,
    /// Not longer ago than this: 90s, 15m, 6h, 2d
    #[arg(long, value_name = "AGE", value_parser = age_ms)]
    since: Option<u64>,
    /// At least so long ago
    #[arg(long, value_name = "AGE", value_parser = age_ms)]
    until: Option<u64>,
}

/// How much of a list.
#[derive(Debug, Args)]
pub(in crate::cli) struct PageArguments {
    /// Go on after this number
    #[arg(long, value_name = "NUMBER")]
    before: Option<i64>,
    /// So many rows, 500 at most
    #[arg(long, value_name = "ROWS", default_value_t = 50)]
    limit: u32,
}

/// When it may be many.
#[derive(Debug, Args)]
pub(in crate::cli) struct ManyArguments {
    /// All of them, when no filter is given
    #[arg(long)]
    pub(super) all: bool,
    /// Only count them
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do not ask, also when there are many
    #[arg(long)]
    pub(super) yes: bool,
}

/// How it is told.
#[derive(Debug, Args)]
pub(in crate::cli) struct FormArguments {
    /// As JSON
    #[arg(long)]
    pub(super) json: bool,
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

/// `90s`, `15m`, `6h`, `2d` in milliseconds.
fn age_ms(text: &str) -> Result<u64, String> {
    let wrong = || "write for example 90s, 15m, 6h or 2d".to_owned();
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let unit_ms = match unit {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(wrong()),
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit_ms))
        .ok_or_else(wrong)
}
