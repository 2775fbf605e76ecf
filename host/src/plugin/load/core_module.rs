//! A core module in place of a component: what it was probably built for, and what to do.

use wasmparser::{Parser, Payload};

use crate::plugin::error::LoadProblem;

const WASIP1: &str = "it was built for wasm32-wasip1 (WASI 0.1); build it with `cargo build --target wasm32-wasip2 --release`, or \
                      in another language with a tool that makes components of WASI 0.2";
const BROWSER: &str = "it was built for a browser with wasm-bindgen; a plugin is built with \
                       `cargo build --target wasm32-wasip2 --release`";
const LAST_STEP: &str = "its bindings are there, and the last step is missing; build it with \
                         `cargo build --target wasm32-wasip2 --release`, or in another language finish it with \
                         `wasm-tools component new`";
const OTHER: &str = "it was probably built for wasm32-unknown-unknown; build it with \
                     `cargo build --target wasm32-wasip2 --release`";

/// The problem of a core module. What cannot be read of it is not looked at: it is refused either way.
pub(super) fn problem(wasm: &[u8]) -> LoadProblem {
    let mut hint = OTHER;
    for payload in Parser::new(0).parse_all(wasm) {
        match payload {
            Ok(Payload::ImportSection(imports)) => {
                for import in imports.into_imports().flatten() {
                    hint = of_import(import.module).unwrap_or(hint);
                    if [WASIP1, BROWSER].contains(&hint) {
                        return LoadProblem::CoreModule { hint };
                    }
                }
            }
            Ok(Payload::CustomSection(custom)) if custom.name().starts_with("component-type") => hint = LAST_STEP,
            Ok(_) => {}
            Err(_) => break,
        }
    }
    LoadProblem::CoreModule { hint }
}

fn of_import(module: &str) -> Option<&'static str> {
    match module {
        "wasi_snapshot_preview1" | "wasi_unstable" => Some(WASIP1),
        module if module.starts_with("__wbindgen") || module == "wbg" => Some(BROWSER),
        module if module.starts_with("lark-callback:") => Some(LAST_STEP),
        _ => None,
    }
}
