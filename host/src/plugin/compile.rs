//! From WebAssembly to machine code: compiled in a process of its own, inside limits, and kept on disk for the next start.

mod cache;
mod child;
mod code;
mod process;

use std::{path::PathBuf, pin::pin, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    task::{JoinError, spawn_blocking},
    time::timeout,
};
use tracing::dispatcher;
use wasmtime::component::Component;

pub use self::child::{CompileOrder, compile};
use self::{cache::Cache, code::Code};
use super::{codegen::CompilerKind, error::LoadProblem};

/// Compiles at once: one for each of two cores, so that calls keep their turn.
const COMPILES_MAX: usize = 2;

/// Compiles beside them that take long, so that a slow one does not hold up those that are not.
const SLOW_COMPILES_MAX: usize = 1;

/// Plugins that are parsed, or taken from the cache, at once. Each is read whole by a thread whose memory the allocator keeps
/// afterwards: of 300 at once a start would keep a gigabyte, and they are done no sooner.
const LOOKS_MAX: usize = 4;

/// What is usual is done by then.
const SLOW_AFTER: Duration = Duration::from_secs(5);

/// How plugins are compiled, and where the result is kept.
#[derive(Debug, Clone)]
pub struct CompileSettings {
    /// The program that compiles; absent: this very program. It is called with the arguments of [`CompileOrder`].
    pub program: Option<PathBuf>,
    /// CPU time of one compile in seconds. A Python interpreter of 18 MB takes 12 of a fast machine.
    pub cpu_seconds_max: u64,
    /// Memory of one compile in bytes. A Python interpreter of 18 MB takes 450 MiB.
    pub memory_bytes_max: u64,
    /// Where compiled code is kept; absent: nowhere, and each start compiles everything.
    pub cache_dir: Option<PathBuf>,
    /// Bytes of all compiled code that is kept. Python takes 33 MiB, a plugin in Rust less than one.
    pub cache_bytes_max: u64,
}

impl Default for CompileSettings {
    fn default() -> Self {
        Self {
            program: None,
            cpu_seconds_max: 120,
            memory_bytes_max: 1 << 30,
            cache_dir: None,
            cache_bytes_max: 1 << 30,
        }
    }
}

/// Compiles, and keeps what was compiled.
#[derive(Debug)]
pub(super) struct Compiler {
    settings: CompileSettings,
    cache: Option<Arc<Cache>>,
    at_once: Semaphore,
    slow: Semaphore,
    looks: Semaphore,
}

impl Compiler {
    pub(super) fn new(settings: CompileSettings) -> Self {
        let cache = settings
            .cache_dir
            .as_ref()
            .map(|dir| Arc::new(Cache::new(dir.clone(), settings.cache_bytes_max)));
        Self {
            settings,
            cache,
            at_once: Semaphore::new(COMPILES_MAX),
            slow: Semaphore::new(SLOW_COMPILES_MAX),
            looks: Semaphore::new(LOOKS_MAX),
        }
    }

    /// The component of these bytes for this engine: from the cache, or compiled. `hash` is the SHA-256 of the bytes.
    pub(super) async fn component(
        &self,
        engine: &wasmtime::Engine,
        kind: CompilerKind,
        wasm: &Bytes,
        hash: &str,
    ) -> Result<Component, LoadProblem> {
        let key = cache::code_key(engine, kind, hash);
        if let Some(component) = self.kept(engine, &key).await {
            return Ok(component);
        }
        // Waiting for this permit is where most plugins of a first start are.
        let Ok(permit) = self.at_once.acquire().await else {
            return Err(LoadProblem::Crashed);
        };
        // The same component under another name may have been compiled meanwhile.
        if let Some(component) = self.kept(engine, &key).await {
            return Ok(component);
        }
        let code = self.compile(kind, wasm, permit).await?;
        let (engine, cache) = (engine.clone(), self.cache.clone());
        let loaded = blocking(move || {
            let code = Code::from_our_compiler(code);
            match cache {
                // What was stored is mapped from its file, which costs no memory of its own.
                Some(cache) if cache.store(&key, &code) => match cache.load(&key, &engine) {
                    Some(component) => Ok(component),
                    None => code.into_component(&engine),
                },
                _ => code.into_component(&engine),
            }
        });
        match loaded.await {
            Ok(component) => component.map_err(LoadProblem::of_code),
            Err(_panicked) => Err(LoadProblem::Crashed),
        }
    }

    async fn compile(
        &self,
        kind: CompilerKind,
        wasm: &Bytes,
        permit: SemaphorePermit<'_>,
    ) -> Result<Vec<u8>, LoadProblem> {
        let mut code = pin!(process::compile(&self.settings, kind, wasm.clone()));
        if let Ok(code) = timeout(SLOW_AFTER, &mut code).await {
            return code;
        }
        tokio::select! {
            code = &mut code => code,
            slow = self.slow.acquire() => {
                drop(permit);
                let code = code.await;
                drop(slow);
                code
            }
        }
    }

    async fn kept(&self, engine: &wasmtime::Engine, key: &str) -> Option<Component> {
        let cache = Arc::clone(self.cache.as_ref()?);
        let (engine, key) = (engine.clone(), key.to_owned());
        self.look(move || cache.load(&key, &engine)).await.ok()?
    }

    /// Does something about one plugin that needs its whole file, a few at once.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        // Never closed.
        let _permit = self.looks.acquire().await;
        blocking(work).await
    }

    /// What was noted about the component with this SHA-256, by any version of the server; at most a few KiB.
    pub(super) async fn note(&self, hash: &str) -> Option<Vec<u8>> {
        let (cache, key) = (Arc::clone(self.cache.as_ref()?), cache::note_key(hash));
        blocking(move || cache.note(&key)).await.ok()?
    }

    /// Notes something about a component; nothing depends on its being kept.
    pub(super) async fn keep_note(&self, hash: &str, note: Vec<u8>) {
        let Some(cache) = self.cache.clone() else { return };
        let key = cache::note_key(hash);
        // It has said in the log why, if it could not.
        let _ = blocking(move || cache.store_note(&key, &note)).await;
    }
}

/// The disk blocks. What is logged there goes where the caller's lines go.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, JoinError> {
    let log = dispatcher::get_default(Clone::clone);
    spawn_blocking(move || dispatcher::with_default(&log, work)).await
}
