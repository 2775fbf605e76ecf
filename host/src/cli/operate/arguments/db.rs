//! Arguments of the commands on the database.

use std::path::PathBuf;

use clap::Subcommand;

use super::FormArguments;

/// Commands on the database.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum DbCommand {
    /// Bring the schema up to date (the server also does this at start)
    Migrate {
        #[command(flatten)]
        form: FormArguments,
    },
    /// Show size, row counts, queue and servers
    Status {
        #[command(flatten)]
        form: FormArguments,
    },
    /// Delete expired data now
    Prune {
        #[command(flatten)]
        form: FormArguments,
    },
    /// Back up the SQLite database to a new file; safe while the server runs
    Backup {
        /// File to create
        #[arg(value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        form: FormArguments,
    },
    /// Replace the SQLite database with a backup; stop the server first. The old database is kept beside it
    Restore {
        /// Backup file made by `db backup`
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Only check whether it can be restored
        #[arg(long)]
        check: bool,
        #[command(flatten)]
        form: FormArguments,
    },
    /// Copy the SQLite database into an empty PostgreSQL; stop all servers first
    Copy {
        /// postgres://USER:PASSWORD@HOST:PORT/DATABASE
        #[arg(long, value_name = "URL")]
        to: String,
        #[command(flatten)]
        form: FormArguments,
    },
}
