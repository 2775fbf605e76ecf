//! What the kernel counts of a process while it answers: page faults, changes of threads, system calls by name.

use std::{collections::BTreeMap, fs, path::PathBuf};

use tempfile::TempDir;

use super::perf::Perf;
use crate::server::Server;

/// System calls that are counted by name; the others are in the sum.
const CALLS: [&str; 29] = [
    "accept4",
    "brk",
    "clock_gettime",
    "clock_nanosleep",
    "close",
    "epoll_ctl",
    "epoll_pwait",
    "epoll_wait",
    "fcntl",
    "fdatasync",
    "fsync",
    "futex",
    "getrandom",
    "ioctl",
    "lseek",
    "madvise",
    "mmap",
    "mprotect",
    "mremap",
    "munmap",
    "newfstat",
    "pread64",
    "pwrite64",
    "read",
    "recvfrom",
    "sched_yield",
    "sendto",
    "write",
    "writev",
];

/// Counts for one request.
pub(super) struct Counts {
    /// Those that needed no disk, which are nearly all.
    pub(super) faults: f64,
    /// How often a thread gave up its core to wait for something.
    pub(super) waits: f64,
    /// How often one had to make room for another.
    pub(super) preempted: f64,
    pub(super) calls: f64,
    pub(super) by_name: BTreeMap<&'static str, f64>,
}

/// A count that goes on.
pub(super) struct Counting {
    perf: Perf,
    folder: TempDir,
    before: [u64; 3],
}

impl Counting {
    pub(super) fn start(server: &Server) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut events = vec!["raw_syscalls:sys_enter".to_owned()];
        let known = CALLS.iter().filter(|call| tracepoint(call).exists());
        events.extend(known.map(|call| format!("syscalls:sys_enter_{call}")));
        let pid = server.pid().to_string();
        let file = folder.path().join("counts");
        let file = file.to_str().expect("a path of text");
        let events = events.join(",");
        let perf = Perf::start(&["stat", "-x", ",", "-o", file, "-e", &events, "-p", &pid]);
        Self {
            perf,
            before: of_kernel(server),
            folder,
        }
    }

    pub(super) fn end(self, server: &Server, requests: usize) -> Counts {
        let now = of_kernel(server);
        self.perf.end();
        let of_one = |count: u64| count as f64 / requests as f64;
        let [faults, waits, preempted] = std::array::from_fn(|at| of_one(now[at].saturating_sub(self.before[at])));
        let text = fs::read_to_string(self.folder.path().join("counts")).expect("its result");
        let counted = |event: &str| {
            let line = text.lines().find(|line| line.split(',').nth(2) == Some(event));
            let count = line.and_then(|line| line.split(',').next()?.parse().ok());
            of_one(count.unwrap_or(0))
        };
        Counts {
            faults,
            waits,
            preempted,
            calls: counted("raw_syscalls:sys_enter"),
            by_name: CALLS
                .into_iter()
                .map(|call| (call, counted(&format!("syscalls:sys_enter_{call}"))))
                .collect(),
        }
    }
}

/// Where the kernel describes how a call is counted; not every kernel has every call.
fn tracepoint(call: &str) -> PathBuf {
    PathBuf::from("/sys/kernel/tracing/events/syscalls").join(format!("sys_enter_{call}"))
}

/// Page faults, waits and preemptions of all threads that are alive.
fn of_kernel(server: &Server) -> [u64; 3] {
    let folder = PathBuf::from(format!("/proc/{}", server.pid()));
    let stat = fs::read_to_string(folder.join("stat")).expect("the process runs");
    let fields = stat.rsplit_once(')').expect("it has a name").1;
    let faults = fields.split_whitespace().nth(7).and_then(|field| field.parse().ok());
    let tasks = fs::read_dir(folder.join("task")).expect("the process runs").flatten();
    let switches = tasks.filter_map(|task| fs::read_to_string(task.path().join("status")).ok());
    let mut counts = [faults.expect("a count"), 0, 0];
    for status in switches {
        for (at, name) in [(1, "voluntary_ctxt_switches:"), (2, "nonvoluntary_ctxt_switches:")] {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            counts[at] += line.and_then(|line| line.trim().parse::<u64>().ok()).unwrap_or(0);
        }
    }
    counts
}
