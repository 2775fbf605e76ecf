//! The commands for authors: they need no server, and nothing of the network beyond the language's registry.

use clap::Subcommand;

use super::{build, check, dev, inspect, new, test};
use crate::{
    app::workbench::WorkbenchError,
    cli::{Exit, Stopped},
    config::Flags,
    telemetry,
};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum AuthorCommand {
    /// Make a project for a plugin, which builds and whose test passes
    New(new::NewArguments),
    /// Build the plugin in a folder; says what is missing and how to get it
    Build(build::BuildArguments),
    /// Check whether a server would load a plugin with its settings, and say what to do if not
    Check(check::CheckArguments),
    /// Show the size and the imports of a plugin, and what its operator has to grant
    Inspect(inspect::InspectArguments),
    /// Call a plugin in the sandbox, with a played Lark: one event, or a folder of fixtures as a regression test
    Test(test::TestArguments),
    /// Build a plugin whenever its sources change, have a local server take it, and send it the last event again
    Dev(dev::DevArguments),
}

/// Runs a command.
pub(super) async fn run(flags: &Flags, command: &AuthorCommand) -> Result<Printed, Stopped> {
    // What was compiled may be kept nowhere: each command takes long, and says why.
    telemetry::tell_warnings("lark_callback::plugin::compile");
    match command {
        AuthorCommand::New(arguments) => Ok(Printed::new(new::run(arguments)?, true)),
        AuthorCommand::Build(arguments) => build::run(flags, arguments).await,
        AuthorCommand::Check(arguments) => check::run(flags, arguments).await,
        AuthorCommand::Inspect(arguments) => inspect::run(arguments).await,
        AuthorCommand::Test(arguments) => test::run(flags, arguments).await,
        AuthorCommand::Dev(arguments) => {
            dev::run(flags, arguments).await?;
            Ok(Printed::new(String::new(), true))
        }
    }
}

/// Text to print, and whether the exit code is 0.
#[derive(Debug)]
pub(super) struct Printed {
    pub(super) text: String,
    pub(super) is_good: bool,
}

impl Printed {
    pub(super) fn new(text: String, is_good: bool) -> Self {
        Self { text, is_good }
    }
}

impl From<WorkbenchError> for Stopped {
    fn from(error: WorkbenchError) -> Self {
        Self::new(Exit::Failed, &error)
    }
}
