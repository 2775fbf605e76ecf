//! Arguments of the commands on received events.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use lark_callback_store::Filter;

use super::{FilterArguments, FormArguments, ManyArguments, PageArguments, age_ms, key};
use crate::app::Missing;

/// Commands on received events.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum EventsCommand {
    /// List received events, newest first
    List {
        #[command(flatten)]
        filter: FilterArguments,
        #[command(flatten)]
        search: SearchArguments,
        #[command(flatten)]
        page: PageArguments,
        #[command(flatten)]
        form: FormArguments,
    },
    /// Count received events, up to 10000
    Count {
        #[command(flatten)]
        filter: FilterArguments,
        #[command(flatten)]
        search: SearchArguments,
        #[command(flatten)]
        form: FormArguments,
    },
    /// Show one event: its content, the answer, and each delivery with its attempts
    Show {
        /// Event number or Lark's event id
        #[arg(value_name = "EVENT", value_parser = key)]
        event: String,
        #[command(flatten)]
        form: FormArguments,
    },
    /// Show events as they come, until it is interrupted
    Tail {
        #[command(flatten)]
        filter: FilterArguments,
        #[command(flatten)]
        search: SearchArguments,
        #[command(flatten)]
        form: FormArguments,
    },
    /// Export events with their payloads, newest first: as lines of JSON, or as files for `send --file` and for tests
    Export {
        #[command(flatten)]
        filter: FilterArguments,
        #[command(flatten)]
        search: SearchArguments,
        /// `ndjson`: one event a line, on standard output; `files`: one body a file, as Lark sends it, in --out
        #[arg(long, value_enum, default_value = "ndjson")]
        form: ExportForm,
        /// Folder for the files; it is made, and no file in it is overwritten
        #[arg(long, value_name = "DIR", required_if_eq("form", "files"))]
        out: Option<PathBuf>,
        /// Number of events at most
        #[arg(long, value_name = "EVENTS", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..))]
        limit: u64,
        /// Continue after this number
        #[arg(long, value_name = "NUMBER")]
        before: Option<i64>,
    },
    /// List gaps: times in which no server had a long connection
    Gaps {
        /// Only this application: cli_…
        #[arg(long, value_name = "APP_ID")]
        app: Option<String>,
        /// Only gaps that ended at most this long ago: 90s, 15m, 6h, 2d
        #[arg(long, value_name = "AGE", value_parser = age_ms)]
        since: Option<u64>,
        #[command(flatten)]
        form: FormArguments,
    },
    /// Fetch messages from Lark that were missed, and have them handled; without --since those of all gaps of the last 7 days
    CatchUp(CatchUpArguments),
    /// Handle events again, with new deliveries
    Replay {
        /// Event numbers or Lark event ids; without them, the filter selects
        #[arg(value_name = "EVENT")]
        events: Vec<String>,
        #[command(flatten)]
        filter: FilterArguments,
        /// Allow a plugin that is not loaded; the deliveries wait until it is
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        many: ManyArguments,
        #[command(flatten)]
        form: FormArguments,
    },
}

/// Messages to be fetched.
#[derive(Debug, Args)]
pub(in crate::cli) struct CatchUpArguments {
    /// The application: its name in the settings file or its id [default: the one of `LARK_APP_ID`]
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// Messages of at most this age, in place of the gaps: 15m, 6h, 2d
    #[arg(long, value_name = "AGE", value_parser = age_ms)]
    since: Option<u64>,
    /// Only messages older than this
    #[arg(long, value_name = "AGE", value_parser = age_ms)]
    until: Option<u64>,
    /// Only this chat; may be given several times [default: the groups of the bot, and the chats that messages came from]
    #[arg(long = "chat", value_name = "CHAT_ID")]
    chats: Vec<String>,
    /// In groups also messages that do not mention the bot
    #[arg(long)]
    all_messages: bool,
    /// Only count
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    pub(in crate::cli::operate) form: FormArguments,
}

impl CatchUpArguments {
    /// The request to the server.
    pub(in crate::cli::operate) fn missing(&self, now_ms: u64) -> Missing {
        let ago = |age: Option<u64>| age.map(|age| now_ms.saturating_sub(age));
        Missing {
            app: self.app.clone(),
            from_ms: ago(self.since),
            until_ms: ago(self.until),
            chats: self.chats.clone(),
            all_messages: self.all_messages,
            dry_run: self.dry_run,
        }
    }
}

/// Form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ExportForm {
    /// One event a line, with everything that is known of it
    Ndjson,
    /// One body a file, as Lark sends it
    Files,
}

/// Search in payloads, as long as they are kept.
#[derive(Debug, Args)]
pub(in crate::cli) struct SearchArguments {
    /// Only with this person in the payload: ou_…
    #[arg(long, value_name = "OPEN_ID")]
    user: Option<String>,
    /// Only with this chat in the payload: oc_…
    #[arg(long, value_name = "CHAT_ID")]
    chat: Option<String>,
    /// Only with this message in the payload: om_…
    #[arg(long, value_name = "MESSAGE_ID")]
    message: Option<String>,
    /// Only with this in a text of the payload; the letters a to z in either case
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
}

impl SearchArguments {
    /// The filter with the search in it.
    pub(in crate::cli::operate) fn within(&self, filter: Filter) -> Filter {
        Filter {
            user: self.user.clone(),
            chat: self.chat.clone(),
            message: self.message.clone(),
            text: self.text.clone(),
            ..filter
        }
    }
}
