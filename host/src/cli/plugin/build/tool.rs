//! The programs that a language is built with: whether they are there, and running them.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::stopped;
use crate::{cli::Stopped, plugin::check_plugin_name, telemetry::chain};

/// Asks a program for its version, as numbers; absent when it cannot be started.
pub(super) fn version(program: &OsStr) -> Option<Vec<u32>> {
    let asked = Command::new(program).arg("--version").output().ok()?;
    let said = String::from_utf8_lossy(&asked.stdout).into_owned();
    let number = said.split_whitespace().last()?.trim_start_matches('v');
    let parts = number.split('.').map_while(|part| part.parse().ok());
    asked.status.success().then(|| parts.collect())
}

/// Runs the builder of an SDK in the folder of a project. What it says goes to standard error.
pub(super) fn run(mut command: Command, folder: &Path, language: &str) -> Result<(), Stopped> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    let status = command
        .status()
        .map_err(|error| stopped(format!("`{program}` cannot be started: {error}")))?;
    if status.success() {
        return Ok(());
    }
    Err(stopped(format!(
        "the plugin in {} was not built; the messages of the {language} SDK are above",
        folder.display()
    )))
}

/// The whole path of a folder, because the builder runs inside of it.
pub(super) fn whole(folder: &Path) -> Result<PathBuf, Stopped> {
    let whole = std::path::absolute(folder);
    whole.map_err(|error| stopped(format!("{}: {}", folder.display(), chain(&error))))
}

/// Whether a package's name can be that of a plugin.
pub(super) fn check_name(manifest: &Path, name: &str) -> Result<(), Stopped> {
    check_plugin_name(name).map_err(|error| {
        stopped(format!(
            "{}: the package {name:?} would be a plugin of that name, but {}",
            manifest.display(),
            chain(&error)
        ))
    })
}
