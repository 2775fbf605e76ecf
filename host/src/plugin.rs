//! Plugins: WebAssembly components that are loaded, routed to and called inside their limits.
//!
//! [`Engine::load`] turns bytes into a [`Plugin`], [`Registry::swap`] puts plugins into service, and [`Plugin::handle`]
//! makes one call, each in an instance of its own that nothing survives. Nothing outside this layer knows wasmtime.

mod backoff;
mod bindings;
mod call;
mod canary;
mod candidate;
mod codegen;
mod compile;
mod description;
mod difference;
mod engine;
mod error;
mod grant;
mod high_water;
mod imports;
mod limits;
mod load;
mod memory;
mod name;
mod registry;
mod schedule;
mod settings;
mod signature;
mod tally;
mod to_add;
mod transfers;
mod web;
mod witness;

#[cfg(test)]
pub(crate) mod fixture;

pub use self::{
    backoff::{BackoffStatus, Ending},
    call::{Bound, CallContext, NewTask, Outcome, Reply, Task},
    canary::Canary,
    candidate::{Candidate, Source},
    codegen::CompilerKind,
    compile::{CompileOrder, CompileSettings, LongCompile, compile},
    description::{Description, DescriptionError, Want},
    difference::Difference,
    engine::{Engine, EngineError, EngineSettings},
    error::{CallError, LoadError, LoadProblem, Place, TaskRefusal, Words},
    grant::{Grants, grants_all_of},
    imports::{LogRecord, Reachable},
    limits::{Limit, LimitHit, Limits, WASM_BYTES_MAX, all as all_limits, page as limits_page},
    load::{CodeSizes, Examined, Part, Plugin, check_component, code_sizes, parts},
    name::{PluginNameError, check_plugin_name},
    registry::{AppIds, Befores, Expected, ExpectedPlugin, Registry, Table, warn_of_unknown_apps},
    schedule::{OperatorSchedule, Schedule, ScheduleSpec},
    settings::{SecretProblem, SecretSource, Secrets, Settings, SettingsError, ValueKind, Variables},
    signature::{SignatureError, TrustedKeys, TrustedKeysError},
    tally::CallTally,
    to_add::to_add,
    witness::{HostCall, Seen, Witness},
};
