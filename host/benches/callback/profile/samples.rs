//! Samples of a process under load: the stack at each, and whose it is.

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use super::{
    owners::{self, Frame, Owner},
    perf::Perf,
};
use crate::server::Server;

/// A second and thread; no multiple of anything that a server does by the clock.
const RATE: &str = "2999";

/// Of each stack so many bytes are kept; deeper frames are of no use here.
const STACK: &str = "dwarf,8192";

/// Samples that are being taken.
pub(super) struct Sampling {
    perf: Perf,
    folder: TempDir,
}

impl Sampling {
    pub(super) fn start(server: &Server) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let file = folder.path().join("samples");
        let file = file.to_str().expect("a path of text");
        let pid = server.pid().to_string();
        // Not cycles: a virtual machine may have no counter for them.
        let perf = Perf::start(&[
            "record",
            "-e",
            "cpu-clock",
            "-F",
            RATE,
            "--call-graph",
            STACK,
            "-m",
            "1024",
            "-o",
            file,
            "-p",
            &pid,
        ]);
        Self { perf, folder }
    }

    pub(super) fn end(self) -> Samples {
        self.perf.end();
        let spawned = Command::new("perf")
            .args(["script", "--no-inline", "-F", "comm,tid,ip,sym,dso", "-i"])
            .arg(self.folder.path().join("samples"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut script = spawned.expect("it can be started");
        let lines = BufReader::new(script.stdout.take().expect("it is piped")).lines();
        let samples = Samples::read(lines.map(|line| line.expect("text")));
        script.wait().expect("it is a child");
        samples
    }
}

/// Samples by owner and symbol.
#[derive(Default)]
pub(super) struct Samples {
    count: usize,
    /// Of each owner the first symbol that made it so, or the innermost one of a sample without owner.
    owned: HashMap<(Owner, String), usize>,
    /// Whose work it was for that memory was asked for, copied or brought in.
    caused: HashMap<Owner, usize>,
}

impl Samples {
    /// From `perf script`: a line with the thread's name, one for each frame from the inside out, and an empty one.
    fn read(lines: impl Iterator<Item = String>) -> Self {
        let mut samples = Self::default();
        let mut thread = String::new();
        let mut frames: Vec<Frame> = Vec::new();
        for line in lines {
            if line.is_empty() {
                samples.add(&thread, &frames);
                thread.clear();
                frames.clear();
            } else if line.starts_with([' ', '\t']) && !thread.is_empty() {
                frames.extend(Frame::read(&line));
            } else {
                line.trim().clone_into(&mut thread);
            }
        }
        samples.add(&thread, &frames);
        samples
    }

    fn add(&mut self, thread: &str, frames: &[Frame]) {
        if frames.is_empty() {
            return;
        }
        self.count += 1;
        let found = owners::of(thread, frames);
        *self.owned.entry((found.owner, found.symbol)).or_default() += 1;
        if let Some(cause) = found.cause {
            *self.caused.entry(cause).or_default() += 1;
        }
    }

    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn share(&self, owner: Owner) -> f64 {
        let owned = self.owned.iter().filter(|((of, _), _)| *of == owner);
        self.of_all(owned.map(|(_, count)| count).sum())
    }

    pub(super) fn caused(&self, owner: Owner) -> f64 {
        self.of_all(self.caused.get(&owner).copied().unwrap_or(0))
    }

    /// The largest first.
    pub(super) fn symbols(&self, owner: Owner) -> Vec<(&str, f64)> {
        let owned = self.owned.iter().filter(|((of, _), _)| *of == owner);
        let mut symbols: Vec<_> = owned
            .map(|((_, symbol), count)| (symbol.as_str(), self.of_all(*count)))
            .collect();
        symbols.sort_by(|a, b| b.1.total_cmp(&a.1));
        symbols
    }

    fn of_all(&self, count: usize) -> f64 {
        count as f64 / self.count.max(1) as f64
    }
}
