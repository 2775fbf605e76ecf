//! `completions` and `man`: what a shell and a manual know of the command line, from its own definition.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
};

use clap::Command;

use super::{Exit, Stopped};

/// Arguments of `completions`.
#[derive(Debug, clap::Args)]
pub(super) struct CompletionsArguments {
    /// Shell to write the script for
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Debug, clap::Args)]
pub(super) struct ManArguments {
    /// Write one page for each command into this folder, which is created
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Writes the script of a shell to standard output.
pub(super) fn completions(command: &Command, arguments: &CompletionsArguments) -> Result<(), Stopped> {
    let name = env!("CARGO_PKG_NAME");
    // The generators offer hidden commands too, so that they get a command without them.
    let inner = command.get_subcommands().filter(|inner| !inner.is_hide_set());
    let mut command = Command::new(name)
        .version(env!("CARGO_PKG_VERSION"))
        .args(command.get_arguments())
        .subcommands(inner.cloned());
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    print(&script)
}

/// Writes the page of the program to standard output, or a page for each command into a folder.
pub(super) fn man(command: Command, arguments: &ManArguments) -> Result<(), Stopped> {
    let Some(folder) = &arguments.dir else {
        let mut page = Vec::new();
        let rendered = clap_mangen::Man::new(command).render(&mut page);
        rendered.map_err(|error| Stopped::new(Exit::Failed, &error))?;
        return print(&page);
    };
    let written = fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    written.map_err(|error| Stopped {
        exit: Exit::Failed,
        text: format!("cannot write the pages to {}: {error}", folder.display()),
    })
}

fn print(text: &[u8]) -> Result<(), Stopped> {
    io::stdout().write_all(text).map_err(|error| Stopped::unheard(&error))
}
