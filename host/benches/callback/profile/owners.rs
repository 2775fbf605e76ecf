//! Whose a sample is: the one place where symbols, system calls and threads are given to owners.
//!
//! Three lists, looked through in this order: what the kernel did, the threads that do one thing only, and the program's own
//! symbols. Of those the innermost frame decides that stands in the list; frames that belong to everybody (the standard
//! library, collections, locks) stand in none and leave it to their callers. What no list knows is `Other`, and is named.

/// A part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    /// Signature, decryption, JSON of the envelope.
    Protocol,
    /// Sockets and HTTP.
    Http,
    /// From the opened event to the plugin and back.
    Dispatch,
    /// Setting up and tearing down what a plugin runs in.
    Instance,
    /// The plugin's own code.
    Guest,
    /// Lines of the log, up to the file.
    LogLine,
    /// Receipts, replies, deliveries: statements and what they need.
    Statements,
    /// Bringing them to the disk.
    Commit,
    /// Handing over to another thread: waking it, waiting, being scheduled.
    Threads,
    Allocation,
    /// Copying of memory, and pages that are touched for the first time.
    Memory,
    Other,
}

/// In the order of a request.
pub(super) const OWNERS: [Owner; 12] = [
    Owner::Protocol,
    Owner::Http,
    Owner::Dispatch,
    Owner::Instance,
    Owner::Guest,
    Owner::LogLine,
    Owner::Statements,
    Owner::Commit,
    Owner::Threads,
    Owner::Allocation,
    Owner::Memory,
    Owner::Other,
];

impl Owner {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Protocol => "protocol",
            Self::Http => "http",
            Self::Dispatch => "dispatch",
            Self::Instance => "instance",
            Self::Guest => "guest",
            Self::LogLine => "log line",
            Self::Statements => "receipt, statements",
            Self::Commit => "commit",
            Self::Threads => "thread changes",
            Self::Allocation => "allocation",
            Self::Memory => "copying, page faults",
            Self::Other => "other",
        }
    }
}

/// How the names of functions of the kernel begin; the first in the list that stands anywhere in a stack decides.
const KERNEL: &[(Owner, &str)] = &[
    (Owner::Memory, "exc_page_fault asm_exc_page_fault"),
    // Giving up the core, whatever is waited for.
    (Owner::Threads, "schedule __schedule preempt_schedule"),
    (
        Owner::Threads,
        "__x64_sys_futex eventfd_write eventfd_read __x64_sys_sched_yield __x64_sys_clock_nanosleep",
    ),
    (
        Owner::Commit,
        "__x64_sys_fdatasync __x64_sys_fsync __x64_sys_pwrite64 __x64_sys_ftruncate __x64_sys_fcntl",
    ),
    (Owner::Statements, "__x64_sys_pread64"),
    // Before `read` and `write`, which end here for a socket.
    (
        Owner::Http,
        "sock_ inet_ tcp_ __x64_sys_sendto __x64_sys_recvfrom __x64_sys_accept __x64_sys_epoll do_epoll",
    ),
    (Owner::LogLine, "__x64_sys_write"),
    (
        Owner::Instance,
        "__x64_sys_madvise __x64_sys_mprotect __x64_sys_mmap __x64_sys_munmap pagemap",
    ),
];

/// Threads that do one thing only.
const THREADS: &[(&str, Owner)] = &[("log", Owner::LogLine), ("plugin-epoch", Owner::Instance)];

/// The threads that SQLite runs on: what is not in the list is done for a statement.
const SQLITE_THREAD: &str = "sqlx-sqlite";

/// Parts of the names of functions.
const PROGRAM: &[(Owner, &str)] = &[
    (
        Owner::Allocation,
        "mi_ __rust_alloc __rust_dealloc __rust_realloc __rdl_ malloc cfree mimalloc",
    ),
    (Owner::Memory, "memcpy memmove memset memcmp bcmp"),
    (
        Owner::Commit,
        "sqlite3Wal walWrite walChecksum walFrames walIndex walHash walTry walRestart pager_ pagerWal \
         sqlite3PagerCommit unixSync unixWrite sqlite3PcacheMakeClean sqlite3PcacheDirty pcacheManageDirty \
         sqlite3BtreeCommit writer::",
    ),
    (
        Owner::Statements,
        "sqlite3 sqlx lark_callback_store vdbe pcache1 unixRead unixLock unixShm unixFile",
    ),
    (Owner::LogLine, "tracing telemetry dispatch::report::log"),
    (
        Owner::Protocol,
        "lark_protocol serde_json sha2:: aes:: cbc:: base64 hex:: subtle:: ring:: sha256",
    ),
    (Owner::Instance, "wasmtime lark_callback::plugin wasmparser cranelift"),
    (
        Owner::Dispatch,
        "callback::native lark_callback::dispatch lark_callback::deliver lark_callback::apps arc_swap",
    ),
    (
        Owner::Http,
        "tokio::net hyper axum http_body tower httparse lark_callback::http lark_callback::listen http:: mio::",
    ),
    (
        Owner::Threads,
        "tokio:: parking_lot std::sync:: std::sys::sync futex flume crossbeam pthread_",
    ),
];

/// Whether one of these words is in a name, as the test has it.
fn is_one_of(words: &str, name: &str, test: fn(&str, &str) -> bool) -> bool {
    words.split_ascii_whitespace().any(|word| test(name, word))
}

/// One frame of a stack.
pub(super) struct Frame {
    symbol: String,
    object: String,
}

/// The owner of a sample.
pub(super) struct Found {
    pub(super) owner: Owner,
    /// By which it was found, or the innermost one.
    pub(super) symbol: String,
    /// For whom memory was asked for, copied or brought in.
    pub(super) cause: Option<Owner>,
}

impl Frame {
    /// `ADDRESS SYMBOL (OBJECT)`; both may contain anything.
    pub(super) fn read(line: &str) -> Option<Self> {
        let (_, rest) = line.trim().split_once(' ')?;
        let (symbol, object) = rest.rsplit_once(" (")?;
        Some(Self {
            symbol: symbol.to_owned(),
            object: object.trim_end_matches(')').to_owned(),
        })
    }

    fn is_kernel(&self) -> bool {
        self.object.starts_with("[kernel") || self.object.starts_with("[guest.kernel")
    }

    /// Compiled code of a plugin: a file of the cache, with names; or, as it was made just now, no file and no name.
    fn is_guest(&self, is_innermost: bool) -> bool {
        // Further out an unknown frame is a stack that could not be followed.
        let is_nameless =
            self.symbol == "[unknown]" && ["//anon", "[unknown"].iter().any(|made| self.object.starts_with(made));
        self.symbol.starts_with("wasm[") || self.object.ends_with(".code") || is_innermost && is_nameless
    }
}

/// The owner of a sample of this thread.
pub(super) fn of(thread: &str, frames: &[Frame]) -> Found {
    let kernel = frames.iter().take_while(|frame| frame.is_kernel()).count();
    let (kernel, program) = frames.split_at(kernel);
    let of_thread = THREADS.iter().find(|(name, _)| thread.starts_with(name));
    let of_program = in_program(thread, program);
    let (owner, symbol) = in_kernel(kernel)
        .or_else(|| of_thread.map(|(name, owner)| (*owner, format!("thread {name}"))))
        .or_else(|| of_program.first().cloned())
        .unwrap_or_else(|| (Owner::Other, frames[0].symbol.clone()));
    let is_memory = |owner: &Owner| matches!(owner, Owner::Allocation | Owner::Memory);
    let cause = is_memory(&owner).then(|| {
        let mut of_program = of_program.iter().map(|(owner, _)| *owner);
        let by_frame = of_program.find(|owner| !is_memory(owner));
        by_frame.or(of_thread.map(|(_, owner)| *owner)).unwrap_or(Owner::Other)
    });
    Found { owner, symbol, cause }
}

/// What it does for this process; an interrupt comes to whoever happens to run.
fn in_kernel(frames: &[Frame]) -> Option<(Owner, String)> {
    if frames.last()?.symbol.starts_with("asm_sysvec") {
        return None;
    }
    KERNEL.iter().find_map(|(owner, beginnings)| {
        let is_of = |frame: &&Frame| is_one_of(beginnings, &frame.symbol, |name, word| name.starts_with(word));
        Some((*owner, frames.iter().find(is_of)?.symbol.clone()))
    })
}

/// The owners of the frames that have one, from the inside out.
fn in_program(thread: &str, frames: &[Frame]) -> Vec<(Owner, String)> {
    let mut found: Vec<_> = frames
        .iter()
        .enumerate()
        .filter_map(|(depth, frame)| {
            let owner = if frame.is_guest(depth == 0) {
                Owner::Guest
            } else {
                let is_of =
                    |(_, parts): &&(Owner, &str)| is_one_of(parts, &frame.symbol, |name, word| name.contains(word));
                PROGRAM.iter().find(is_of)?.0
            };
            Some((owner, frame.symbol.clone()))
        })
        .collect();
    if thread.starts_with(SQLITE_THREAD) {
        found.push((Owner::Statements, format!("thread {SQLITE_THREAD}")));
    }
    found
}
