//! The programs that a language is built with: whether they are there, and running them.

use std::{
    ffi::OsStr,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::stopped;
use crate::{
    cli::Stopped,
    config::{self, BUILD_SECONDS_MAX},
    plugin::check_plugin_name,
    telemetry::chain,
};

/// Time after which whoever waits is told what it may be: a build takes seconds, and what a module does outside of functions is
/// done in it.
const LONG: Duration = Duration::from_secs(60);

/// The limit of a build: twenty times what one of Python takes, because a machine may be busy with others.
const SECONDS_MAX: u32 = 600;

/// Time that the builder has beyond the limit, to find where the plugin was: it runs its code once more.
const GRACE: Duration = Duration::from_secs(20);

/// Time for a builder to end what it has started, once it is asked to.
const END: Duration = Duration::from_secs(5);

/// Asks a program for its version, as numbers; absent when it cannot be started.
pub(super) fn version(program: &OsStr) -> Option<Vec<u32>> {
    let asked = Command::new(program).arg("--version").output().ok()?;
    let said = String::from_utf8_lossy(&asked.stdout).into_owned();
    let number = said.split_whitespace().last()?.trim_start_matches('v');
    let parts = number.split('.').map_while(|part| part.parse().ok());
    asked.status.success().then(|| parts.collect())
}

/// Runs the builder of an SDK in the folder of a project. What it says goes to standard error.
///
/// The builder keeps to the limit itself, and says where the plugin was; one of an older SDK is ended here.
pub(super) fn run(
    mut command: Command,
    folder: &Path,
    language: &str,
    seconds_max: Option<u32>,
) -> Result<(), Stopped> {
    let seconds = match seconds_max {
        Some(seconds) => seconds,
        None => config::build_seconds_max().map_err(stopped)?.unwrap_or(SECONDS_MAX),
    };
    let program = command.get_program().to_string_lossy().into_owned();
    let started = command
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .env(BUILD_SECONDS_MAX, seconds.to_string())
        .spawn();
    let mut child = started.map_err(|error| stopped(format!("`{program}` cannot be started: {error}")))?;
    let builder = Pid::from_child(&child);
    let (done, end) = mpsc::channel();
    // A builder that does not end even when it is killed is left to the system.
    thread::spawn(move || done.send(child.wait()));
    let status = ended(&end, builder, Duration::from_secs(u64::from(seconds))).ok_or_else(|| {
        stopped(format!(
            "the build has taken {seconds} s and is ended. What a module does outside of functions is done while it is built: \
             does a loop there have no end? Move it into a function; or give the build more time: --seconds-max"
        ))
    })?;
    let status = status.map_err(|error| stopped(format!("`{program}` cannot be waited for: {error}")))?;
    if status.success() {
        return Ok(());
    }
    Err(stopped(format!(
        "the plugin in {} was not built; the messages of the {language} SDK are above",
        folder.display()
    )))
}

/// Waits for the end of a builder; absent when it was ended because it took too long.
fn ended(
    end: &Receiver<io::Result<ExitStatus>>,
    builder: Pid,
    seconds_max: Duration,
) -> Option<io::Result<ExitStatus>> {
    let wait = |time: Duration| match end.recv_timeout(time) {
        Ok(status) => Some(status),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => Some(Err(io::Error::other("nothing waits for it"))),
    };
    if seconds_max > LONG {
        if let Some(status) = wait(LONG) {
            return Some(status);
        }
        // A closed standard error is not an error here.
        let _ = writeln!(
            io::stderr(),
            "lark-callback: note: the build has taken {} s so far, and is ended after {} s. What a module does outside of \
             functions is done while it is built: does something there never end? Ctrl-C stops the build",
            LONG.as_secs(),
            seconds_max.as_secs()
        );
    }
    let rest = if seconds_max > LONG {
        seconds_max.saturating_sub(LONG)
    } else {
        seconds_max
    };
    if let Some(status) = wait(rest + GRACE) {
        return Some(status);
    }
    // That of Python hands this on to the compiler, and would leave it alone when killed. It may have ended meanwhile.
    let _ = kill_process(builder, Signal::INT);
    if wait(END).is_none() {
        let _ = kill_process(builder, Signal::KILL);
    }
    None
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
