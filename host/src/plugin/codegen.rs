//! The settings of wasmtime on which compiled code depends: the same where it is compiled and where it runs.

use std::{str::FromStr, sync::Arc};

use wasmtime::{CacheStore, Config, InstanceAllocationStrategy};

use super::limits::WASM_STACK_BYTES;

/// The stack of a call: the plugin's and, above it, what the host does for the plugin (a database query is some ten KiB
/// deep). Only touched pages cost memory.
const CALL_STACK_BYTES: usize = 2 << 20;

/// The kind of engine that code is compiled for; the code of one kind does not run on the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompilerKind {
    /// Memories have 4 GiB of addresses each.
    Pooled,
    /// Memories have as many addresses as they use.
    OnDemand,
}

impl CompilerKind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Pooled => "pooled",
            Self::OnDemand => "on-demand",
        }
    }
}

impl FromStr for CompilerKind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        [Self::Pooled, Self::OnDemand]
            .into_iter()
            .find(|kind| kind.word() == word)
            .ok_or_else(|| format!("`{word}` is neither `pooled` nor `on-demand`"))
    }
}

/// Settings that both kinds have in common, and the whole of those for [`CompilerKind::Pooled`] but for the pool itself, which
/// has no part in the code.
pub(super) fn base() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        // Plugins see plain functions; with the state that asynchronous ones need, a call took 50 µs instead of 12.
        .concurrency_support(false)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(CALL_STACK_BYTES)
        // Threads and shared memories would be a way around the limits of one call.
        .wasm_threads(false)
        // Only debuggers read it.
        .native_unwind_info(false);
    config
}

/// Instances from the system, for machines that refuse to reserve the addresses of the pool (`ulimit -v`).
pub(super) fn on_demand() -> Config {
    let mut config = base();
    config
        .allocation_strategy(InstanceAllocationStrategy::OnDemand)
        // Explicit bounds checks are slower, and all that is left without addresses to waste.
        .memory_reservation(0)
        .memory_guard_size(64 << 10)
        .memory_reservation_for_growth(1 << 20);
    config
}

/// An engine that compiles for others of this kind and runs nothing, with functions that need not be compiled again.
pub(super) fn compiling_engine(
    kind: CompilerKind,
    functions: Option<Arc<dyn CacheStore>>,
) -> wasmtime::Result<wasmtime::Engine> {
    let mut config = match kind {
        CompilerKind::Pooled => base(),
        CompilerKind::OnDemand => on_demand(),
    };
    if let Some(functions) = functions {
        config.enable_incremental_compilation(functions)?;
    }
    wasmtime::Engine::new(&config)
}
