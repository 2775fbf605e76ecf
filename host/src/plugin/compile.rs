//! Compilation of WebAssembly to machine code: in a separate process with limits, cached on disk for the next start.

mod cache;
mod child;
mod code;
mod functions;
mod notice;
mod process;

use std::{
    path::PathBuf,
    pin::pin,
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    task::{JoinError, spawn_blocking},
    time::timeout,
};
use tracing::dispatcher;
use wasmtime::component::Component;

use self::{cache::Cache, code::Code};
pub use self::{
    child::{CompileOrder, compile},
    notice::LongCompile,
};
use super::{codegen::CompilerKind, error::LoadProblem};

/// Concurrent compiles: one for each of two cores, so that calls still get CPU time.
const COMPILES_MAX: usize = 2;

/// Further compiles while others take long, so that a slow one does not block quick ones.
const SLOW_COMPILES_MAX: usize = 1;

/// Plugins that are parsed, or read from the cache, concurrently. Each is read whole by a thread whose memory the allocator
/// keeps afterwards: with 300 at once a start would keep a gigabyte, and be no faster.
const LOOKS_MAX: usize = 4;

/// The time limit of the cache's disk for one entry: enough for the 33 MiB of a Python plugin on a busy machine.
const CACHE_ANSWER_MAX: Duration = Duration::from_secs(10);

/// The time after which somebody who waits is told of a compile.
const TELL_AFTER: Duration = Duration::from_secs(1);

/// The further time after which a compile counts as slow.
const SLOW_AFTER: Duration = Duration::from_secs(4);

/// The settings of compiling and of the cache.
#[derive(Debug, Clone)]
pub struct CompileSettings {
    /// The program that compiles; absent: this very program. It is called with the arguments of [`CompileOrder`].
    pub program: Option<PathBuf>,
    /// CPU time of one compile in seconds. A Python interpreter of 18 MB takes 12 of a fast machine.
    pub cpu_seconds_max: u64,
    /// Memory of one compile in bytes. A Python interpreter of 18 MB takes 450 MiB.
    pub memory_bytes_max: u64,
    /// The folder of the cache; absent: no cache, and each start compiles everything.
    pub cache_dir: Option<PathBuf>,
    /// The size limit of the cache in bytes. Python takes 33 MiB, a plugin in Rust less than one.
    pub cache_bytes_max: u64,
    /// Whether functions are taken over from compiles before, of whatever components. Only for an author's own.
    pub reuses_functions: bool,
    /// What is done when a compile takes longer than a moment; absent: nothing.
    pub long: Option<LongCompile>,
}

impl Default for CompileSettings {
    fn default() -> Self {
        Self {
            program: None,
            cpu_seconds_max: 120,
            memory_bytes_max: 1 << 30,
            cache_dir: None,
            cache_bytes_max: 1 << 30,
            reuses_functions: false,
            long: None,
        }
    }
}

/// The compiler with its cache.
#[derive(Debug)]
pub(super) struct Compiler {
    settings: CompileSettings,
    cache: Option<Arc<Cache>>,
    at_once: Semaphore,
    slow: Semaphore,
    looks: Semaphore,
    /// Held while the cache's disk has not answered.
    unanswered: Mutex<Weak<()>>,
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
            unanswered: Mutex::default(),
        }
    }

    /// Returns the component of these bytes for this engine, cached or compiled. `hash` is the SHA-256 of the bytes.
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
        // At a first start most plugins wait here.
        let Ok(permit) = self.at_once.acquire().await else {
            return Err(LoadProblem::Crashed);
        };
        // The same component under another name may have been compiled meanwhile.
        if let Some(component) = self.kept(engine, &key).await {
            return Ok(component);
        }
        let code = self.compile(kind, wasm, permit).await?;
        let code = Arc::new(Code::from_our_compiler(code));
        let stored = self.ask_cache({
            let (engine, code) = (engine.clone(), Arc::clone(&code));
            // The stored code is mapped from its file, which takes no memory of its own.
            move |cache| cache.store(&key, &code).then(|| cache.load(&key, &engine)).flatten()
        });
        if let Some(component) = stored.await.flatten() {
            return Ok(component);
        }
        let engine = engine.clone();
        let loaded = blocking(move || code.component(&engine));
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
        if let Ok(code) = timeout(TELL_AFTER, &mut code).await {
            return code;
        }
        if let Some(long) = &self.settings.long {
            long.tell();
        }
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
        let (engine, key) = (engine.clone(), key.to_owned());
        // Never closed.
        let _permit = self.looks.acquire().await;
        self.ask_cache(move |cache| cache.load(&key, &engine)).await?
    }

    /// Runs cache work. `None` when there is no cache or its disk does not answer: nothing waits for a dead mount, and it is not
    /// asked again meanwhile.
    async fn ask_cache<T: Send + 'static>(&self, work: impl FnOnce(&Cache) -> T + Send + 'static) -> Option<T> {
        let cache = Arc::clone(self.cache.as_ref()?);
        if self.unanswered.lock().is_ok_and(|asked| asked.strong_count() > 0) {
            return None;
        }
        let asking = Arc::new(());
        let asked = Arc::clone(&asking);
        let answer = blocking(move || {
            // Held until the disk answers, however long that takes.
            let _asked = asked;
            work(&cache)
        });
        if let Ok(answer) = timeout(CACHE_ANSWER_MAX, answer).await {
            return answer.ok();
        }
        if let Ok(mut unanswered) = self.unanswered.lock()
            && unanswered.strong_count() == 0
        {
            *unanswered = Arc::downgrade(&asking);
            tracing::warn!(
                file = self.settings.cache_dir.as_ref().map(|dir| dir.display().to_string()),
                "The cache folder does not answer; is its disk or network mount gone? Plugins are compiled without it until it \
                 does. Set CALLBACK_CACHE_DIR to a local folder, or to `off`"
            );
        }
        None
    }

    /// Runs work that needs a plugin's whole file, for a few plugins at once.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, JoinError> {
        // Never closed.
        let _permit = self.looks.acquire().await;
        blocking(work).await
    }

    /// Returns the note about the component with this SHA-256, written by any version of the server; at most a few KiB.
    pub(super) async fn note(&self, hash: &str) -> Option<Vec<u8>> {
        let key = cache::note_key(hash);
        self.ask_cache(move |cache| cache.note(&key)).await?
    }

    /// Stores a note about a component; losing it is harmless.
    pub(super) async fn keep_note(&self, hash: &str, note: Vec<u8>) {
        let key = cache::note_key(hash);
        // The cache logs its own errors.
        let _ = self.ask_cache(move |cache| cache.store_note(&key, &note)).await;
    }
}

/// Runs blocking disk work on another thread, with the caller's log subscriber.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, JoinError> {
    let log = dispatcher::get_default(Clone::clone);
    spawn_blocking(move || dispatcher::with_default(&log, work)).await
}
