//! The programs that a language is built with: whether they are there, and running them.

use std::{
    ffi::OsStr,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use super::stopped;
use crate::{cli::Stopped, plugin::check_plugin_name, telemetry::chain};

/// Time after which whoever waits is told what it may be: a build takes seconds, and what a module does outside of functions is
/// done in it.
const LONG: Duration = Duration::from_secs(60);

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
    let (done, is_done) = mpsc::channel::<()>();
    let waiting = thread::spawn(move || {
        if is_done.recv_timeout(LONG) == Err(RecvTimeoutError::Timeout) {
            // A closed standard error is not an error here.
            let _ = writeln!(
                std::io::stderr(),
                "lark-callback: note: the build has taken {} s so far. What a module does outside of functions is done while it is \
                 built: does something there never end? Ctrl-C stops the build",
                LONG.as_secs()
            );
        }
    });
    let status = command
        .status()
        .map_err(|error| stopped(format!("`{program}` cannot be started: {error}")));
    drop(done);
    // It has nothing to panic about.
    let _ = waiting.join();
    let status = status?;
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
