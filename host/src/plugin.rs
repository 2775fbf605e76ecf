//! Plugins: WebAssembly components that are loaded, routed to and called inside their limits.
//!
//! [`Engine::load`] turns bytes into a [`Plugin`], [`Registry::swap`] puts plugins into service, and [`Plugin::handle`]
//! makes one call, each in an instance of its own that nothing survives. Nothing outside this layer knows wasmtime.

mod bindings;
mod call;
mod compile;
mod description;
mod engine;
mod grant;
mod imports;
mod limits;
mod load;
mod log_text;
mod name;
mod registry;
mod settings;

#[cfg(test)]
pub(crate) mod fixture;

pub use self::{
    call::{CallContext, CallError, NewTask, Outcome, Reply, Task, TaskRefusal},
    compile::{CompileOrder, CompileSettings, CompilerKind, compile},
    description::{Description, DescriptionError, Want},
    engine::{Engine, EngineError, EngineSettings, Reachable},
    imports::LogRecord,
    limits::{LimitHit, Limits},
    load::{Candidate, LoadError, LoadProblem, Plugin, Source},
    name::{PluginNameError, check_plugin_name},
    registry::{Expected, ExpectedPlugin, Registry, Table},
    settings::{Settings, SettingsError},
};
