//! The child process: reads a component, compiles it within limits that it sets for itself, and writes the code.

use std::{
    io::{self, Read, Write},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use rustix::process::{Resource, Rlimit, nice, setrlimit};
use serde::{Deserialize, Serialize};
use wasmparser::{Validator, WasmFeatures};

use super::functions::Functions;
use crate::plugin::{
    codegen::{CompilerKind, compiling_engine},
    limits::WASM_BYTES_MAX,
};

/// The exit code of a child that has written to standard error, as JSON, why it rejects the component.
pub(super) const REFUSED: u8 = 65;

/// The niceness of a compile: calls go first.
const NICER: i32 = 10;

/// The orders of the child process.
#[derive(Debug, Clone)]
pub struct CompileOrder {
    /// The kind of engine to compile for.
    pub kind: CompilerKind,
    /// CPU seconds of the whole process.
    pub cpu_seconds_max: u64,
    /// Bytes of writable memory of the whole process.
    pub memory_bytes_max: u64,
    /// The cache of which functions are taken over, and its size limit in bytes; absent: all are compiled.
    pub functions: Option<(PathBuf, u64)>,
}

/// The reason a component is rejected.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Refused {
    /// It is not valid WebAssembly.
    Damaged { offset: usize, message: String },
    /// It breaks a rule of this server.
    Uncompiled { message: String },
}

/// Compiles the component on standard input, and writes the code to standard output. Does nothing unless all limits are set,
/// because the input is not trusted.
pub fn compile(order: &CompileOrder) -> ExitCode {
    if let Err(error) = limit(order) {
        return failed(&format!("the limits of the compiler could not be set: {error}"));
    }
    let mut wasm = Vec::new();
    let most = u64::try_from(WASM_BYTES_MAX).unwrap_or(u64::MAX);
    if let Err(error) = io::stdin().take(most + 1).read_to_end(&mut wasm) {
        return failed(&format!("the component could not be read: {error}"));
    }
    match translate(order.kind, &wasm, order.functions.clone()) {
        Ok(code) => match io::stdout().write_all(&code).and_then(|()| io::stdout().flush()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => failed(&format!("the compiled code could not be written: {error}")),
        },
        Err(refused) => {
            let said = serde_json::to_string(&refused).unwrap_or_default();
            let _ = io::stderr().write_all(said.as_bytes());
            ExitCode::from(REFUSED)
        }
    }
}

fn failed(text: &str) -> ExitCode {
    // The parent reports it.
    let _ = writeln!(io::stderr(), "{text}");
    ExitCode::FAILURE
}

/// Sets the limits of this process. Nothing can raise them again.
fn limit(order: &CompileOrder) -> io::Result<()> {
    let exactly = |value| Rlimit {
        current: Some(value),
        maximum: Some(value),
    };
    // The hard limit is a second above the soft one, so that the signal of the first can be told from a kill.
    let cpu = Rlimit {
        current: Some(order.cpu_seconds_max),
        maximum: Some(order.cpu_seconds_max + 1),
    };
    setrlimit(Resource::Cpu, cpu)?;
    // Not the address space: reserving costs nothing, and a thread's heap reserves 64 MiB.
    setrlimit(Resource::Data, exactly(order.memory_bytes_max))?;
    setrlimit(Resource::Core, exactly(0))?;
    // Both only lower its priority, so a failure is ignored.
    let _ = nice(NICER);
    #[cfg(target_os = "linux")]
    {
        // If memory runs out all the same, the kernel should kill this process and not the server.
        let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    }
    Ok(())
}

/// Validates and compiles.
pub(super) fn translate(
    kind: CompilerKind,
    wasm: &[u8],
    functions: Option<(PathBuf, u64)>,
) -> Result<Vec<u8>, Refused> {
    // All features are validated; the compiler rejects the ones that this engine does not support, by name.
    Validator::new_with_features(WasmFeatures::all())
        .validate_all(wasm)
        .map_err(|error| Refused::Damaged {
            offset: error.offset(),
            message: error.message().to_owned(),
        })?;
    precompiled(kind, wasm, functions).map_err(|error| Refused::Uncompiled {
        message: format!("{error:#}"),
    })
}

fn precompiled(kind: CompilerKind, wasm: &[u8], functions: Option<(PathBuf, u64)>) -> wasmtime::Result<Vec<u8>> {
    let engine = compiling_engine(kind, None)?;
    let Some((dir, bytes_max)) = functions else {
        return engine.precompile_component(wasm);
    };
    let functions = Arc::new(Functions::read(dir, bytes_max, &engine, kind));
    let code = compiling_engine(kind, Some(Arc::clone(&functions) as _))?.precompile_component(wasm)?;
    functions.keep();
    Ok(code)
}
