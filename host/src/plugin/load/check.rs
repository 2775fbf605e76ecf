//! What can be said about a candidate before it runs.

use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};
use wasmtime::{Engine, component::Component};

use super::LoadProblem;
use crate::plugin::imports::is_offered;

/// CPython with its library has 40 MiB.
const WASM_BYTES_MAX: usize = 64 << 20;

const HANDLER: &str = "lark-callback:plugin/handler@0.1.0";

/// Checks the whole file before the compiler sees any of it: in a watched folder, a file that is still being copied is the
/// normal case.
pub(super) fn bytes(wasm: &[u8]) -> Result<(), LoadProblem> {
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
    let damaged = |error: wasmparser::BinaryReaderError| LoadProblem::Damaged {
        offset: error.offset(),
        message: error.message().to_owned(),
    };
    match Parser::new(0).parse_all(wasm).next() {
        Some(Ok(Payload::Version {
            encoding: Encoding::Module,
            ..
        })) => return Err(LoadProblem::CoreModule),
        Some(Err(error)) => return Err(damaged(error)),
        _ => {}
    }
    // Everything that components may use; what this engine does not support is refused by the compiler, by name.
    Validator::new_with_features(WasmFeatures::all())
        .validate_all(wasm)
        .map_err(damaged)?;
    Ok(())
}

/// Checks that it exports what a plugin exports, and imports nothing that plugins do not get.
pub(super) fn world(engine: &Engine, component: &Component) -> Result<(), LoadProblem> {
    let world = component.component_type();
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
    if starts("wasi:sockets/") {
        "plugins have no network of their own: `std::net` or an HTTP client such as `reqwest` or `ureq` is in it"
    } else if starts("wasi:http/") {
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
