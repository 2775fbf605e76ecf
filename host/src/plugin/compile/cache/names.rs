//! Names of entries.

use std::hash::{DefaultHasher, Hash, Hasher};

use sha2::{Digest, Sha256};

use crate::plugin::codegen::CompilerKind;

/// The version of the layout, part of every name.
const FORMAT: &str = "2";

/// The kind of an entry, as the extension of its name.
pub(super) const CODE: &str = "code";
pub(super) const NOTE: &str = "note";
pub(super) const FUNCTIONS: &str = "functions";

/// The name of compiled code: it differs by engine, settings, version of the server and component.
pub(in crate::plugin::compile) fn code_key(engine: &wasmtime::Engine, kind: CompilerKind, wasm_hash: &str) -> String {
    of_engine(engine, kind, wasm_hash, CODE)
}

/// The name of compiled functions of many components: it differs by engine, settings and version of the server.
pub(in crate::plugin::compile) fn functions_key(engine: &wasmtime::Engine, kind: CompilerKind) -> String {
    of_engine(engine, kind, "", FUNCTIONS)
}

fn of_engine(engine: &wasmtime::Engine, kind: CompilerKind, wasm_hash: &str, ending: &str) -> String {
    let mut compatible = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut compatible);
    let parts = [
        FORMAT,
        env!("CARGO_PKG_VERSION"),
        kind.word(),
        &format!("{:016x}", compatible.finish()),
        wasm_hash,
    ];
    format!("{}.{ending}", hex::encode(Sha256::digest(parts.join("\n"))))
}

/// The name of the note about a component; the same for all versions of the server.
pub(in crate::plugin::compile) fn note_key(wasm_hash: &str) -> String {
    format!("{}.{NOTE}", hex::encode(Sha256::digest([FORMAT, wasm_hash].join("\n"))))
}
