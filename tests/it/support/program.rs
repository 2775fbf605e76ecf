//! The real binary as a child process: its lines, its signals, its exit code.

use std::{
    fmt,
    io::{BufRead, BufReader, Read},
    os::fd::OwnedFd,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{client::Client, lark::Lark, place::Place, wait::until};

/// A process that runs; it is killed when dropped.
pub(crate) struct Program {
    child: Child,
    lark: Lark,
    stdout: Lines,
    stderr: Lines,
    readers: Vec<JoinHandle<()>>,
}

/// A process that has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Absent when a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

type Lines = Arc<Mutex<Vec<String>>>;

impl Program {
    /// Starts in the place's folder, with its settings and nothing else in the environment.
    pub(super) fn start(place: &Place, arguments: &[&str], more: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lark-callback"));
        command.env_clear().envs(place.settings().iter().cloned());
        command.envs(more.iter().copied());
        Self::spawn(command.args(arguments).current_dir(place.path("")), place.lark.clone())
    }

    /// Starts with an empty environment in some folder.
    pub(crate) fn bare(folder: &Path, arguments: &[&str], lark: Lark) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lark-callback"));
        Self::spawn(command.env_clear().args(arguments).current_dir(folder), lark)
    }

    /// Starts with a standard output that is read by nobody but the test, so it may become full.
    pub(crate) fn writing_to(place: &Place, arguments: &[&str], stdout: OwnedFd) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lark-callback"));
        command.env_clear().envs(place.settings().iter().cloned());
        command.args(arguments).current_dir(place.path(""));
        let command = command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
        Self::watch(command, place.lark.clone())
    }

    /// Starts where `/proc` is empty, as in a bare root. Only who may mount can do this.
    pub(crate) fn without_proc(place: &Place) -> Self {
        let mut command = Command::new("unshare");
        command.env_clear().envs(place.settings().iter().cloned());
        command.args(["--mount", "/bin/sh", "-c", r#"mount -t tmpfs none /proc && exec "$0""#]);
        command.arg(env!("CARGO_BIN_EXE_lark-callback"));
        Self::spawn(command.current_dir(place.path("")), place.lark.clone())
    }

    /// Starts as systemd does, with these listening sockets from descriptor 3 on; `names` is `LISTEN_FDNAMES`. A shell
    /// moves them there and becomes the program, so that the process id is right.
    pub(super) fn activated(place: &Place, sockets: [Option<OwnedFd>; 2], names: &str) -> Self {
        const SCRIPT: &str = r#"exec 3<&0 4>&1 </dev/null >/dev/null; LISTEN_PID=$$ exec "$0""#;
        let count = sockets.iter().flatten().count().to_string();
        let [first, second] = sockets.map(|socket| socket.map_or_else(Stdio::null, Stdio::from));
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", SCRIPT, env!("CARGO_BIN_EXE_lark-callback")])
            .env_clear()
            .envs(place.settings().iter().cloned())
            .envs([("LISTEN_FDS", count.as_str()), ("LISTEN_FDNAMES", names)])
            .current_dir(place.path(""))
            .stdin(first)
            .stdout(second);
        Self::watch(command.stderr(Stdio::piped()), place.lark.clone())
    }

    fn spawn(command: &mut Command, lark: Lark) -> Self {
        let piped = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self::watch(piped, lark)
    }

    fn watch(command: &mut Command, lark: Lark) -> Self {
        let mut child = command.spawn().unwrap();
        let (stdout, stderr) = (Lines::default(), Lines::default());
        let spoken = child
            .stdout
            .take()
            .map(|stream| keep_lines(stream, Arc::clone(&stdout)));
        let logged = child
            .stderr
            .take()
            .map(|stream| keep_lines(stream, Arc::clone(&stderr)));
        let readers = spoken.into_iter().chain(logged).collect();
        Self {
            child,
            lark,
            stdout,
            stderr,
            readers,
        }
    }

    /// The address in the log line that says that it serves, when its plugins are loaded.
    pub(crate) async fn serving(&mut self) -> Client {
        let client = self.listening().await;
        self.until_logged(r#""message":"All plugins are loaded""#).await;
        client
    }

    /// The same, while its plugins may still be loading.
    pub(crate) async fn listening(&mut self) -> Client {
        let line = self.until_logged(r#""message":"Serving""#).await;
        let line: Value = serde_json::from_str(&line).unwrap();
        Client {
            address: line["address"].as_str().unwrap().parse().unwrap(),
            lark: self.lark.clone(),
        }
    }

    /// The first line on standard error with this text.
    pub(crate) async fn until_logged(&mut self, text: &str) -> String {
        let lines = Arc::clone(&self.stderr);
        self.until_line(&lines, text).await
    }

    /// The first line on standard output with this text.
    pub(crate) async fn until_said(&mut self, text: &str) -> String {
        let lines = Arc::clone(&self.stdout);
        self.until_line(&lines, text).await
    }

    async fn until_line(&mut self, lines: &Lines, text: &str) -> String {
        let found = until(&format!("a line with: {text}"), async || {
            // Asked before the look, so that the look sees everything that came before the end.
            let is_over = self.readers.iter().all(JoinHandle::is_finished);
            let line = lines.lock().unwrap().iter().find(|line| line.contains(text)).cloned();
            line.map(Ok).or(is_over.then_some(Err(())))
        })
        .await;
        found.unwrap_or_else(|()| panic!("it ended without a line with {text}: {self:?}"))
    }

    pub(crate) fn stdout(&self) -> String {
        self.stdout.lock().unwrap().join("\n")
    }

    pub(crate) fn stderr(&self) -> String {
        self.stderr.lock().unwrap().join("\n")
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until it ends by itself.
    pub(crate) async fn finished(mut self) -> Finished {
        let status = until("the process to end", async || self.child.try_wait().unwrap()).await;
        until("its last words", async || {
            self.readers.iter().all(JoinHandle::is_finished).then_some(())
        })
        .await;
        Finished {
            code: status.code(),
            stdout: self.stdout(),
            stderr: self.stderr(),
        }
    }
}

fn keep_lines(stream: impl Read + Send + 'static, lines: Lines) -> JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            lines.lock().unwrap().push(line);
        }
    })
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stdout:\n{}\nstderr:\n{}", self.stdout(), self.stderr())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
