//! The imports of plugins: the state of one call, and the linker. One file per interface.

mod call_subject;
mod clock;
mod config;
mod http;
mod kv;
mod lark_calls;
mod log;
mod log_flow;
mod media;
mod metrics;
mod oauth;
mod openapi;
mod sockets;
mod wasi;

use std::{fmt, sync::Arc};

use lark_callback_store::Store;
use wasmtime::component::{HasSelf, Linker, ResourceTable};

pub use self::log::LogRecord;
use self::wasi::Wasi;
pub(super) use self::{
    call_subject::{CallSubject, Owner},
    kv::KvTurns,
    lark_calls::LarkFailures,
    log::CallLog,
    log_flow::LogFlow,
};
use super::{
    bindings,
    high_water::HighWater,
    limits::Limits,
    memory::{MemoryMeter, Share},
    settings::Settings,
    transfers::Transferred,
    web::Used,
    witness::{HostCall, Witness},
};
use crate::{
    moment::Moment,
    outward::{Connections, Web},
    telemetry::{PluginLog, PluginLogs, PluginMetrics},
    tokens::Tokens,
};

/// The services behind the imports of plugins.
#[derive(Debug, Clone)]
pub struct Reachable {
    /// The store of their key-value data.
    pub store: Store,
    /// Calls to Lark; absent: none are possible.
    pub tokens: Option<Tokens>,
    /// Requests to other services.
    pub web: Web,
    /// Their metrics.
    pub metrics: PluginMetrics,
    /// Their last log lines.
    pub logs: PluginLogs,
    /// Sees what calls do, on an author's workbench.
    pub witness: Option<Witness>,
}

impl From<Store> for Reachable {
    fn from(store: Store) -> Self {
        Self {
            store,
            tokens: None,
            web: Web::default(),
            metrics: PluginMetrics::default(),
            logs: PluginLogs::default(),
            witness: None,
        }
    }
}

/// The state shared by all calls of one loaded plugin.
#[derive(Debug)]
pub(super) struct Scope {
    /// The plugin's name.
    pub(super) plugin: Arc<str>,
    pub(super) settings: Settings,
    pub(super) reachable: Reachable,
    /// Its part in the memory of all calls.
    pub(super) memory: Arc<Share>,
    /// Its connections to services.
    pub(super) connections: Connections,
    /// Whose turn it is at the database.
    pub(super) kv_turns: KvTurns,
    /// The rate limit of its log lines.
    pub(super) log_flow: LogFlow,
    /// Its last log lines.
    pub(super) log: Arc<PluginLog>,
    /// How near its calls came to its limits.
    pub(super) high_water: HighWater,
    /// How often Lark has let it down.
    pub(super) lark_failures: LarkFailures,
}

impl Scope {
    pub(super) fn limits(&self) -> &Limits {
        &self.settings.limits
    }
}

/// The services that a call may use besides logging and the streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Everything the operator granted.
    Granted,
    /// Nothing: the plugin only describes itself, and is not trusted with anything yet.
    Nothing,
}

/// The state of one call; it lives and dies with its store.
pub(super) struct CallState {
    scope: Arc<Scope>,
    reach: Reach,
    clock: Moment,
    subject: CallSubject,
    /// Shared with the captured streams.
    pub(super) log: Arc<CallLog>,
    pub(super) memory: MemoryMeter,
    /// How often it has counted something.
    counts: u32,
    /// Use of the limits of HTTP so far.
    http: Used,
    /// The same for images and files.
    media: Transferred,
    handles: ResourceTable,
    /// Made when a WASI function is called for the first time: a handler that only reads its JSON never pays for it.
    wasi: Option<Wasi>,
}

impl CallState {
    /// Shows a call of the host to the witness, if there is one.
    fn shows(&self, call: impl FnOnce() -> HostCall) {
        if let (Some(witness), Reach::Granted) = (&self.scope.reachable.witness, self.reach) {
            witness.host_call(call());
        }
    }

    /// Returns the witness of the call.
    pub(super) fn witness(&self) -> Option<&Witness> {
        self.scope.reachable.witness.as_ref()
    }

    /// Begins another call in the same instance. Only what the instance itself holds on to goes over: its memory, its open
    /// handles and its streams.
    pub(super) fn begin_again(&mut self, mut next: Self) {
        if let Some(wasi) = &self.wasi {
            wasi.present.set(&next.log, next.clock);
        }
        std::mem::swap(&mut self.memory, &mut next.memory);
        std::mem::swap(&mut self.handles, &mut next.handles);
        next.wasi = self.wasi.take();
        *self = next;
    }

    /// Returns whether the instance may serve another call, by what it holds after this one. An open response, upload or
    /// download would hold a connection that nobody reads. One that has described its plugin serves no call.
    pub(super) fn may_be_kept(&mut self, bytes_max: u64, handles_max: usize) -> bool {
        self.reach == Reach::Granted
            && !self.http.reads()
            && !self.media.is_open()
            && self.memory.memory_bytes() <= bytes_max
            && self.handles.iter_mut().count() <= handles_max
    }

    /// Tells how near this call came to its limits.
    pub(super) fn tell_use(&self) {
        let high_water = &self.scope.high_water;
        high_water.memory_bytes(self.memory.memory_bytes());
        high_water.log_bytes(self.log.bytes());
        self.http.tell(high_water);
        self.media.tell(high_water);
    }

    /// Returns whose call it is.
    pub(super) fn owner(&self) -> Owner {
        self.subject.owner()
    }

    pub(super) fn new(scope: &Arc<Scope>, reach: Reach, clock: Moment, subject: CallSubject, log: CallLog) -> Self {
        let limits = scope.limits();
        let mut handles = ResourceTable::new();
        handles.set_max_capacity(usize::try_from(limits.handles_max).unwrap_or(usize::MAX));
        let memory = MemoryMeter::new(limits, &scope.memory);
        Self {
            scope: Arc::clone(scope),
            reach,
            clock,
            subject,
            log: Arc::new(log),
            memory,
            counts: 0,
            http: Used::default(),
            media: Transferred::default(),
            handles,
            wasi: None,
        }
    }
}

/// The types that the interfaces share; there is nothing to call.
impl bindings::lark_callback::plugin::types::Host for CallState {}

impl fmt::Debug for CallState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallState")
            .field("plugin", &self.scope.plugin)
            .field("reach", &self.reach)
            .finish_non_exhaustive()
    }
}

/// Everything that a plugin may import, by interface and the part of the version that must agree.
const OFFERED: [&str; 36] = [
    "lark-callback:plugin/config@0.1",
    "lark-callback:plugin/http@0.1",
    "lark-callback:plugin/kv@0.1",
    "lark-callback:plugin/log@0.1",
    "lark-callback:plugin/media@0.1",
    "lark-callback:plugin/metrics@0.1",
    "lark-callback:plugin/oauth@0.1",
    "lark-callback:plugin/openapi@0.1",
    "lark-callback:plugin/types@0.1",
    "wasi:cli/environment@0.2",
    "wasi:cli/exit@0.2",
    "wasi:cli/stderr@0.2",
    "wasi:cli/stdin@0.2",
    "wasi:cli/stdout@0.2",
    "wasi:cli/terminal-input@0.2",
    "wasi:cli/terminal-output@0.2",
    "wasi:cli/terminal-stderr@0.2",
    "wasi:cli/terminal-stdin@0.2",
    "wasi:cli/terminal-stdout@0.2",
    "wasi:clocks/monotonic-clock@0.2",
    "wasi:clocks/wall-clock@0.2",
    "wasi:filesystem/preopens@0.2",
    "wasi:filesystem/types@0.2",
    "wasi:io/error@0.2",
    "wasi:io/poll@0.2",
    "wasi:io/streams@0.2",
    "wasi:random/insecure@0.2",
    "wasi:random/insecure-seed@0.2",
    "wasi:random/random@0.2",
    "wasi:sockets/instance-network@0.2",
    "wasi:sockets/ip-name-lookup@0.2",
    "wasi:sockets/network@0.2",
    "wasi:sockets/tcp@0.2",
    "wasi:sockets/tcp-create-socket@0.2",
    "wasi:sockets/udp@0.2",
    "wasi:sockets/udp-create-socket@0.2",
];

/// Whether an import of this name can be linked.
pub(super) fn is_offered(import: &str) -> bool {
    let (interface, version) = import.split_once('@').unwrap_or((import, ""));
    OFFERED.iter().any(|offered| {
        let (name, wanted) = offered.split_once('@').unwrap_or((offered, ""));
        name == interface
            && (version == wanted || version.strip_prefix(wanted).is_some_and(|patch| patch.starts_with('.')))
    })
}

/// Connects everything of [`OFFERED`]. Built once; each plugin is linked with it once, each call with nothing.
pub(super) fn link(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    bindings::Plugin::add_to_linker::<_, HasSelf<_>>(linker, |state| state)?;
    wasi::link(linker)?;
    sockets::link(linker)
}
