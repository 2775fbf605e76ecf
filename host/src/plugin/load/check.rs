//! What can be said about a candidate before it runs.

use wasmparser::{BinaryReaderError, Encoding, Parser, Payload, Validator, WasmFeatures};
use wasmtime::component::Component;

use super::LoadProblem;
use crate::plugin::{bindings::HANDLER, imports::is_offered};

/// An interpreter with its library has 40 MiB.
const WASM_BYTES_MAX: usize = 64 << 20;

/// Checks the whole file before the compiler sees any of it: in a watched folder, a file that is still being copied is the
/// normal case. Tells how many bytes its memories have at first.
pub(super) fn bytes(wasm: &[u8]) -> Result<u64, LoadProblem> {
    if wasm.is_empty() {
        return Err(LoadProblem::Empty);
    }
    if wasm.len() > WASM_BYTES_MAX {
        return Err(LoadProblem::TooLarge {
            bytes: wasm.len(),
            bytes_max: WASM_BYTES_MAX,
        });
    }
    if !wasm.starts_with(b"\0asm") {
        return Err(LoadProblem::NotWasm);
    }
    let memory_bytes = sections(wasm)?;
    // Everything that components may use; what this engine does not support is refused by the compiler, by name.
    Validator::new_with_features(WasmFeatures::all())
        .validate_all(wasm)
        .map_err(|error| damaged(&error))?;
    Ok(memory_bytes)
}

/// Checks that it is a component and that everything in it is there to its end, which the validator alone does not notice
/// of a part that has just begun. Adds the memories of its modules up.
fn sections(wasm: &[u8]) -> Result<u64, LoadProblem> {
    let mut memory_bytes = 0_u64;
    for (index, payload) in Parser::new(0).parse_all(wasm).enumerate() {
        match payload.map_err(|error| damaged(&error))? {
            Payload::Version {
                encoding: Encoding::Module,
                ..
            } if index == 0 => return Err(LoadProblem::CoreModule),
            Payload::ModuleSection {
                unchecked_range: range, ..
            }
            | Payload::ComponentSection {
                unchecked_range: range, ..
            } if range.end > wasm.len() => {
                return Err(LoadProblem::Damaged {
                    offset: wasm.len(),
                    message: "it ends too early".to_owned(),
                });
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    let memory = memory.map_err(|error| damaged(&error))?;
                    let page_bytes = 1_u64
                        .checked_shl(memory.page_size_log2.unwrap_or(16))
                        .unwrap_or(u64::MAX);
                    memory_bytes = memory_bytes.saturating_add(memory.initial.saturating_mul(page_bytes));
                }
            }
            _ => {}
        }
    }
    Ok(memory_bytes)
}

fn damaged(error: &BinaryReaderError) -> LoadProblem {
    LoadProblem::Damaged {
        offset: error.offset(),
        message: error.message().to_owned(),
    }
}

/// What the compiler refuses. Its reasons have no types; a test holds the text.
pub(super) fn uncompiled(error: wasmtime::Error) -> LoadProblem {
    if format!("{error:#}").contains("component model async feature") {
        LoadProblem::Asynchronous(error)
    } else {
        LoadProblem::Compile(error)
    }
}

/// Checks that it exports what a plugin exports, and imports nothing that plugins do not get.
pub(super) fn world(component: &Component) -> Result<(), LoadProblem> {
    let (engine, world) = (component.engine(), component.component_type());
    let exports: Vec<&str> = world.exports(engine).map(|(name, _)| name).collect();
    if !exports.contains(&HANDLER) {
        return Err(LoadProblem::WrongWorld {
            wanted: HANDLER,
            hint: instead(&exports),
        });
    }
    match world
        .imports(engine)
        .map(|(name, _)| name)
        .find(|name| !is_offered(name))
    {
        Some(import) => Err(LoadProblem::Import {
            import: import.to_owned(),
            hint: habit(import),
        }),
        None => Ok(()),
    }
}

/// What a component without our handler is instead.
fn instead(exports: &[&str]) -> String {
    if exports.is_empty() {
        return "it exports nothing: it is no plugin, or still being copied (copy to another name, then rename)"
            .to_owned();
    }
    let starts = |prefix: &str| exports.iter().find(|export| export.starts_with(prefix));
    if let Some(other) = starts("lark-callback:plugin/handler") {
        return format!("it exports {other}; build it again with this server's SDK");
    }
    if starts("wasi:cli/run").is_some() {
        return "it is a program with a main function; make it a library (`crate-type = [\"cdylib\"]`) and `register!` a plugin"
            .to_owned();
    }
    if starts("wasi:http/").is_some() {
        return "it answers HTTP by itself; a plugin exports the handler of the world `lark-callback:plugin/plugin`"
            .to_owned();
    }
    "`register!` a plugin in it, or build it against the world `lark-callback:plugin/plugin`".to_owned()
}

/// What usually brings such an import along.
fn habit(import: &str) -> &'static str {
    let starts = |prefix: &str| import.starts_with(prefix);
    if starts("wasi:http/") {
        "plugins cannot call out over HTTP in this version: an HTTP client or `fetch` is in it"
    } else if starts("lark-callback:") {
        "this server is older than the SDK: update the server, or build with an older SDK"
    } else if starts("wasi:") && import.contains("@0.3") {
        "it was built for WASI 0.3: build it for `wasm32-wasip2`"
    } else if starts("wasi:") {
        "the language's runtime or a library asks for it: leave out what touches the system"
    } else {
        "only the interfaces of `lark-callback:plugin` and a part of WASI are offered"
    }
}
