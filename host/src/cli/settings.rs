//! `settings`: every setting with its default and its meaning.

use std::io::{self, Write};

use super::Stopped;
use crate::config::settings;

/// Arguments of `settings`.
#[derive(Debug, clap::Args)]
pub(super) struct SettingsArguments {
    /// As the page of the manual, in Markdown
    #[arg(long)]
    markdown: bool,
}

pub(super) fn run(arguments: &SettingsArguments) -> Result<(), Stopped> {
    let text = if arguments.markdown {
        settings::page()
    } else {
        settings::help()
    };
    write!(io::stdout(), "{text}").map_err(|error| Stopped::unheard(&error))
}
