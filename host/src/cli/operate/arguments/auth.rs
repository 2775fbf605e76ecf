//! Arguments of `auth`.

use clap::{Args, Subcommand};

use super::FormArguments;

/// Card authorization.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AuthCommand {
    /// Send a user a card that asks to authorize the application
    Request {
        #[command(flatten)]
        who: UserArguments,
        /// Scope to request; repeat for several
        #[arg(long, value_name = "SCOPE")]
        scope: Vec<String>,
        /// Text on the card
        #[arg(long, value_name = "TEXT")]
        message: Option<String>,
        /// The user's tenant; required for store applications
        #[arg(long, value_name = "KEY")]
        tenant: Option<String>,
    },
    /// Show what a user has authorized and until when
    Status {
        #[command(flatten)]
        who: UserArguments,
    },
    /// List users who have authorized an application; their tokens are never shown
    List {
        /// Only this application: cli_…
        #[arg(long, value_name = "APP_ID")]
        app: Option<String>,
        /// Only this user: ou_…
        #[arg(long, value_name = "OPEN_ID")]
        user: Option<String>,
        /// Continue after this row: `next_after` of the page before
        #[arg(long, value_name = "ROW")]
        after: Option<String>,
        /// Number of rows, at most 500
        #[arg(long, value_name = "ROWS", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
        #[command(flatten)]
        form: FormArguments,
    },
    /// List attempts at authorizations of the last day
    Sessions {
        #[command(flatten)]
        form: FormArguments,
    },
    /// Delete a user's authorization
    Revoke {
        #[command(flatten)]
        who: UserArguments,
    },
}

/// User and application of an authorization.
#[derive(Debug, Args)]
pub(in crate::cli) struct UserArguments {
    /// The user's `open_id`: ou_…
    #[arg(long, value_name = "OPEN_ID")]
    pub(in crate::cli::operate) user: String,
    /// The application's name in the settings or its id; default: the first one
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli::operate) app: Option<String>,
    #[command(flatten)]
    pub(in crate::cli::operate) form: FormArguments,
}
