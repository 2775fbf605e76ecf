//! Arguments of the commands on received events.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use lark_callback_store::Filter;

use super::{FilterArguments, FormArguments, ManyArguments, PageArguments};

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
    /// Show one event: its content, the answer, and each delivery with its attempts
    Show {
        /// Event number or Lark's event id
        #[arg(value_name = "EVENT")]
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
