//! Arguments of `jobs`.

use clap::{Args, Subcommand, ValueEnum};

use super::{FilterArguments, FormArguments, ManyArguments, SearchArguments, key};
use crate::operate::{Action, JobRequest};

/// Commands on jobs of a running server.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum JobsCommand {
    /// List the jobs of the server, the newest first
    List {
        #[command(flatten)]
        form: FormArguments,
    },
    /// Show how far a job is, and what came of its items
    Show {
        #[command(flatten)]
        job: JobArguments,
    },
    /// Count what an action is for, ask, and do it on the server while its progress is shown
    Start(Box<StartArguments>),
    /// Cancel a job; what it has done stays done
    Cancel {
        #[command(flatten)]
        job: JobArguments,
    },
}

/// One job.
#[derive(Debug, Args)]
pub(in crate::cli) struct JobArguments {
    /// Key of the job, as shown by `jobs list`
    #[arg(value_name = "JOB", value_parser = key)]
    pub(in crate::cli::operate) key: String,
    #[command(flatten)]
    pub(in crate::cli::operate) form: FormArguments,
}

/// Action with the items that it is for.
#[derive(Debug, Args)]
pub(in crate::cli) struct StartArguments {
    /// What is done with each
    #[arg(value_enum)]
    action: JobAction,
    /// Numbers of events or deliveries; without them, the filter selects
    #[arg(value_name = "NUMBER")]
    ids: Vec<i64>,
    /// Only dead letters that failed with this error, as `dead groups` shows it
    #[arg(long, value_name = "ERROR")]
    error: Option<String>,
    #[command(flatten)]
    filter: FilterArguments,
    #[command(flatten)]
    search: SearchArguments,
    /// Allow a plugin that is not loaded; the deliveries wait until it is
    #[arg(long)]
    force: bool,
    /// Return once it has started; `jobs show` tells how far it is
    #[arg(long)]
    pub(in crate::cli::operate) detach: bool,
    #[command(flatten)]
    pub(in crate::cli::operate) many: ManyArguments,
    #[command(flatten)]
    pub(in crate::cli::operate) form: FormArguments,
}

/// Action of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum JobAction {
    /// Handle events again, with new deliveries
    Replay,
    /// Retry deliveries now, whether they are waiting, dead or expired
    Retry,
    /// Drop deliveries that wait or are dead
    Drop,
    /// Retry dead letters, counting attempts from the start
    RetryDead,
    /// Drop dead letters
    DropDead,
}

impl JobAction {
    fn action(self) -> Action {
        match self {
            Self::Replay => Action::Replay,
            Self::Retry => Action::Retry,
            Self::Drop => Action::Drop,
            Self::RetryDead => Action::RetryDead,
            Self::DropDead => Action::DropDead,
        }
    }
}

impl StartArguments {
    /// The request to the server.
    pub(in crate::cli::operate) fn request(&self, now_ms: u64) -> JobRequest {
        let action = self.action.action();
        let mut filter = self.search.within(self.filter.filter(now_ms));
        filter.error.clone_from(&self.error);
        let plugin = if action.is_of_events() {
            filter.plugin.take()
        } else {
            None
        };
        JobRequest {
            action,
            ids: self.ids.clone(),
            filter,
            plugin,
            force: self.force,
            all: self.many.all,
        }
    }

    /// What is done, for a question.
    pub(in crate::cli::operate) fn verb(&self) -> &'static str {
        match self.action {
            JobAction::Replay => "replay",
            JobAction::Retry | JobAction::RetryDead => "retry",
            JobAction::Drop | JobAction::DropDead => "drop",
        }
    }
}
