//! Linux' `perf`, started on one process and stopped again.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// Within this time it has attached itself to all threads of a process, or it never will.
const ATTACHED_WITHIN: Duration = Duration::from_secs(10);

/// Whether it can be used; the error says what to do.
pub(super) fn is_here() -> Result<(), String> {
    let tried = Command::new("perf")
        .args(["stat", "-e", "raw_syscalls:sys_enter,cpu-clock", "true"])
        .output();
    match tried {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!(
            "`perf` may not look at processes and system calls here; run this as root: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
        Err(_) => Err("There is no `perf`; on Debian it is in the package linux-perf.".to_owned()),
    }
}

/// A `perf` that looks on.
pub(super) struct Perf(Child);

impl Perf {
    /// Returns once it looks on.
    pub(super) fn start(arguments: &[&str]) -> Self {
        let spawned = Command::new("perf")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut child = spawned.expect("it can be started");
        let folder = format!("/proc/{}/fd", child.id());
        let begun = Instant::now();
        let mut before = 0;
        loop {
            crate::server::pause();
            let now = attached(Path::new(&folder));
            if now > 0 && now == before {
                return Self(child);
            }
            before = now;
            let ended = child.try_wait().expect("it is a child");
            assert!(
                ended.is_none() && begun.elapsed() < ATTACHED_WITHIN,
                "perf {} does not look on",
                arguments.join(" ")
            );
        }
    }

    /// Returns once everything is written.
    pub(super) fn end(mut self) {
        let pid = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process"), Signal::INT).expect("it runs");
        self.0.wait().expect("it is a child");
    }
}

/// How many events it has open.
fn attached(folder: &Path) -> usize {
    let links = fs::read_dir(folder).into_iter().flatten().flatten();
    links
        .filter(|link| fs::read_link(link.path()).is_ok_and(|target| target.to_string_lossy().contains("[perf_event]")))
        .count()
}
