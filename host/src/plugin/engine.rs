//! The engine of plugins: the pools of instances, the linker, and the thread that interrupts calls.

mod permits;
mod pool;
mod ticker;
mod turns;

use std::{fmt, io, sync::Arc};

use bytes::Bytes;
use tokio::sync::Semaphore;
use wasmtime::component::{Component, Linker};

use self::{permits::Shared as Places, pool::Cleaning, ticker::Ticker};
pub(super) use self::{
    permits::{Permit, Permits},
    turns::{CpuUsage, Turn, Turns, thread_cpu},
};
use super::{
    codegen::{CompilerKind, on_demand},
    compile::{CompileSettings, Compiler},
    error::LoadProblem,
    imports::{self, CallState, Reachable},
    memory::{Budget, Share},
};

/// The settings of the engine.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// Calls that may run at once, over all plugins. 256 calls that wait 500 ms for Lark are 500 a second; the pools'
    /// addresses for them (6 TiB of 128) cost nothing until they are used.
    pub instances_max: u32,
    /// Bytes of a memory that are cleaned in place after a call instead of being given back to the system, which costs a
    /// page fault for each of them in the next call: 12 µs for a small handler from Rust became 30 µs without. Such a
    /// handler writes 60 KiB; for one that writes 600 it became 105 instead of 170 µs when 512 KiB were kept instead of 256.
    /// All calls together keep at most 128 MiB this way.
    pub memory_keep_resident_bytes: usize,
    /// Bytes of memory that all calls together may use.
    pub memory_bytes_max: u64,
    /// The settings of compiling.
    pub compile: CompileSettings,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            instances_max: 256,
            memory_keep_resident_bytes: 512 << 10,
            memory_bytes_max: 4 << 30,
            compile: CompileSettings::default(),
        }
    }
}

/// An error of starting the engine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The machine or the settings do not support it.
    #[error("the WebAssembly engine could not be set up; this machine may be of a kind that it does not support")]
    Setup(#[source] wasmtime::Error),
    /// The system could not start a thread.
    #[error("the threads that run plugins could not be started; raise this process's thread limit")]
    Thread(#[source] io::Error),
}

/// The engine; clones share it.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    /// The engine of plugins whose memories start small.
    small: Pool,
    /// The engine of all others.
    large: Pool,
    reachable: Reachable,
    places: Arc<Places>,
    memory: Arc<Budget>,
    turns: Arc<Turns>,
    loads: Arc<Semaphore>,
    /// Places for instances that are kept between calls.
    kept: Arc<Semaphore>,
    compiler: Compiler,
    /// The compiler of both.
    kind: CompilerKind,
    _ticker: Ticker,
}

/// An engine of wasmtime, and what it links plugins with. A component belongs to the engine that compiled it.
struct Pool {
    wasm: wasmtime::Engine,
    linker: Linker<CallState>,
}

impl Pool {
    fn of(wasm: wasmtime::Engine) -> Result<Self, EngineError> {
        let mut linker = Linker::new(&wasm);
        imports::link(&mut linker).map_err(EngineError::Setup)?;
        Ok(Self { wasm, linker })
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("places", &self.shared.places)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// Starts the engine with the services that plugins can reach.
    ///
    /// # Errors
    /// [`EngineError`], when this machine cannot run plugins at all. A machine that only refuses to reserve the pool's
    /// addresses runs them more slowly, with a warning.
    pub fn start(settings: EngineSettings, reachable: impl Into<Reachable>) -> Result<Self, EngineError> {
        let (small, large, kind) = engines(&settings).or_else(|error| {
            tracing::warn!(
                error = format!("{error:#}"),
                "Could not reserve address space for pooled plugin instances; plugins run, but each call is slower \
                  (is virtual memory limited, `ulimit -v`?)"
            );
            let engine = wasmtime::Engine::new(&on_demand()).map_err(EngineError::Setup)?;
            Ok((engine.clone(), engine, CompilerKind::OnDemand))
        })?;
        let places = Places::new(settings.instances_max.max(1));
        let ticker = Ticker::start([small.weak(), large.weak()], Arc::clone(&places)).map_err(EngineError::Thread)?;
        Ok(Self {
            shared: Arc::new(Shared {
                small: Pool::of(small)?,
                large: Pool::of(large)?,
                reachable: reachable.into(),
                places,
                memory: Budget::new(settings.memory_bytes_max),
                turns: Arc::new(Turns::start().map_err(EngineError::Thread)?),
                kept: Arc::new(Semaphore::new(pool::KEPT_MAX as usize)),
                loads: Arc::new(Semaphore::new(pool::LOADS_MAX as usize)),
                compiler: Compiler::new(settings.compile),
                kind,
                _ticker: ticker,
            }),
        })
    }

    /// Returns the component of these bytes. `hash` is their SHA-256; its memories start with this many bytes.
    pub(super) async fn component(
        &self,
        wasm: &Bytes,
        hash: &str,
        memory_bytes: u64,
    ) -> Result<Component, LoadProblem> {
        let pool = self.pool(memory_bytes <= pool::SMALL_BYTES_MAX);
        let (compiler, kind) = (&self.shared.compiler, self.shared.kind);
        compiler.component(&pool.wasm, kind, wasm, hash).await
    }

    pub(super) fn compiler(&self) -> &Compiler {
        &self.shared.compiler
    }

    /// Returns the linker for a component.
    pub(super) fn linker_of(&self, component: &Component) -> &Linker<CallState> {
        let is_small = wasmtime::Engine::same(component.engine(), &self.shared.small.wasm);
        &self.pool(is_small).linker
    }

    fn pool(&self, is_small: bool) -> &Pool {
        if is_small {
            &self.shared.small
        } else {
            &self.shared.large
        }
    }

    pub(super) fn reachable(&self) -> &Reachable {
        &self.shared.reachable
    }

    /// Returns the permits of one plugin.
    pub(super) fn permits(&self, own_max: Option<u64>) -> Permits {
        Permits::new(&self.shared.places, own_max)
    }

    /// Returns one plugin's share of the memory of all calls.
    pub(super) fn share(&self) -> Arc<Share> {
        self.shared.memory.share()
    }

    /// Returns the memory that calls and kept instances use, for tests.
    #[cfg(test)]
    pub(super) fn memory_in_use(&self) -> u64 {
        self.shared.memory.used()
    }

    /// Returns a record of the CPU time of a plugin that is not known yet.
    pub(super) fn cpu_usage(&self) -> Arc<CpuUsage> {
        Arc::new(CpuUsage::new())
    }

    pub(super) fn turns(&self) -> &Arc<Turns> {
        &self.shared.turns
    }

    /// Returns the places for instances that are kept between calls: the pool has room for that many beside the calls.
    pub(super) fn kept(&self) -> &Arc<Semaphore> {
        &self.shared.kept
    }

    /// Returns how many plugins may describe themselves at once: the pool has room for that many beside the calls.
    pub(super) fn loads(&self) -> &Arc<Semaphore> {
        &self.shared.loads
    }
}

/// One engine for small memories, one for large ones.
fn engines(settings: &EngineSettings) -> wasmtime::Result<(wasmtime::Engine, wasmtime::Engine, CompilerKind)> {
    let engine = |cleaning| wasmtime::Engine::new(&pool::pooled(settings, cleaning));
    Ok((
        engine(Cleaning::Whole)?,
        engine(Cleaning::Written)?,
        CompilerKind::Pooled,
    ))
}
