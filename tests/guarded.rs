//! A server in a folder of its own, watched by a shell that ends it and deletes the folder as soon as the process of the tests
//! is gone, however that ends.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "supporting functions of tests are tests"
)]

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::parts;

/// A server that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Guarded {
    /// Its files and its socket.
    pub(crate) folder: PathBuf,
    /// Ends the server when its input is closed.
    guard: Child,
}

impl Guarded {
    /// Runs a script with these arguments in `$1` and so on. It writes its folder and then `started`, and ends the server when its
    /// input ends.
    ///
    /// # Panics
    /// When the server does not start.
    pub(crate) fn start<'a>(script: &str, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let mut guard = as_postgres("sh")
            .args(["-c", script, "guard"])
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut lines = BufReader::new(guard.stdout.take().expect("its output")).lines();
        let mut said = || lines.next().expect("a word from the shell").expect("a line of text");
        let folder = PathBuf::from(said());
        assert_eq!(said(), "started", "no server started in {}", folder.display());
        Self { folder, guard }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        // It may have ended already.
        let _ = self.guard.wait();
    }
}

/// A server refuses to run as root.
pub(crate) fn as_postgres(program: impl AsRef<Path>) -> Command {
    if !parts::is_root() {
        return Command::new(program.as_ref());
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups", "--"]);
    command.arg(program.as_ref());
    command
}
