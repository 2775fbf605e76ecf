//! A PostgreSQL of the tests' own: a cluster in a folder, reached through a socket in it, gone when its process ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "supporting functions of tests are tests"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use crate::{
    guarded::{Guarded, as_postgres},
    parts::{self, Part},
};

/// Starts the server and waits until its input ends, which it does with the process that holds the other side, however that
/// process ends. Then nothing stays behind.
const GUARD: &str = r#"
trap '' INT TERM HUP
bin=$1
folder=$(mktemp -d) || { echo "no folder"; exit 1; }
echo "$folder"
"$bin/initdb" -D "$folder/data" -U postgres -A trust -E UTF8 --no-sync >"$folder/log" 2>&1 &&
cat >>"$folder/data/postgresql.conf" <<END
listen_addresses = ''
unix_socket_directories = '$folder'
shared_buffers = 32MB
max_connections = 200
END
"$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w start >/dev/null 2>&1 && echo started || { cat "$folder/log" >&2; echo failed; }
cat >/dev/null
"$bin/pg_ctl" -D "$folder/data" -m immediate stop >/dev/null 2>&1
rm -rf "$folder"
"#;

/// A cluster that runs.
#[derive(Debug)]
pub struct Cluster {
    bin: PathBuf,
    server: Guarded,
}

impl Cluster {
    /// The one that all tests of this process share; none without PostgreSQL on this machine, which is a failure when `CI` is
    /// `true`.
    pub fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    /// One for a test that stops it.
    ///
    /// # Panics
    /// When it does not start, or when there is none and `CI` is `true`.
    pub fn start() -> Option<Self> {
        if !Part::Postgres.is_here_or_said() {
            return None;
        }
        let bin = parts::postgres_programs()?;
        let server = Guarded::start(GUARD, [bin.to_str().expect("a path of text")]);
        Some(Self { bin, server })
    }

    /// The URL of a new and empty database.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn database(&self) -> String {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("test{}", MADE.fetch_add(1, Ordering::Relaxed));
        self.sql(&format!("create database {name}"));
        format!(
            "postgres://postgres@localhost/{name}?host={}",
            self.server.folder.display()
        )
    }

    /// The folder of its files and of its socket.
    pub(crate) fn folder(&self) -> &Path {
        &self.server.folder
    }

    /// Runs a statement in the database `postgres`.
    ///
    /// # Panics
    /// When it fails.
    pub fn sql(&self, statement: &str) {
        self.psql("postgres", statement);
    }

    /// The result of a query in one of our databases.
    ///
    /// # Panics
    /// When it fails.
    pub fn ask(&self, url: &str, query: &str) -> String {
        let name = url.split(['/', '?']).nth(3).expect("a name");
        self.psql(name, query)
    }

    fn psql(&self, database: &str, statement: &str) -> String {
        let output = Command::new(self.bin.join("psql"))
            .args([
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-U",
                "postgres",
                "-d",
                database,
            ])
            .arg("-h")
            .arg(&self.server.folder)
            .args(["-c", statement])
            .output()
            .expect("psql");
        assert!(
            output.status.success(),
            "{statement}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Ends the server without a word to anybody.
    pub fn kill(&self) {
        self.control(&["-m", "immediate", "stop"]);
    }

    /// Starts it again over the same files.
    pub fn resume(&self) {
        self.control(&["-w", "start"]);
    }

    /// Lets all its processes sleep until the answer is dropped: it is there, and says nothing.
    ///
    /// # Panics
    /// When it does not run.
    pub fn freeze(&self) -> Frozen {
        let pids = fs::read_to_string(self.server.folder.join("data/postmaster.pid")).expect("a server that runs");
        let first = pids.lines().next().expect("its process").to_owned();
        // It first, so that it makes no more.
        signal("-STOP", &[&first]);
        let children = fs::read_to_string(format!("/proc/{first}/task/{first}/children")).expect("its processes");
        let frozen = Frozen {
            processes: children.split_whitespace().map(str::to_owned).chain([first]).collect(),
        };
        frozen.signal("-STOP");
        frozen
    }

    fn control(&self, arguments: &[&str]) {
        let done = as_postgres(self.bin.join("pg_ctl"))
            .arg("-D")
            .arg(self.server.folder.join("data"))
            .arg("-l")
            .arg(self.server.folder.join("log"))
            .args(arguments)
            .current_dir("/")
            .stdout(Stdio::null())
            .status()
            .expect("pg_ctl");
        assert!(done.success(), "pg_ctl {arguments:?} failed");
    }
}

/// A cluster whose processes sleep.
#[derive(Debug)]
pub struct Frozen {
    processes: Vec<String>,
}

impl Frozen {
    fn signal(&self, name: &str) {
        let processes: Vec<_> = self.processes.iter().map(String::as_str).collect();
        signal(name, &processes);
    }
}

impl Drop for Frozen {
    /// One that sleeps could not be ended.
    fn drop(&mut self) {
        self.signal("-CONT");
    }
}

/// One that has ended meanwhile needs none.
fn signal(name: &str, processes: &[&str]) {
    as_postgres("kill")
        .arg(name)
        .arg("--")
        .args(processes)
        .current_dir("/")
        .stderr(Stdio::null())
        .status()
        .expect("kill");
}
