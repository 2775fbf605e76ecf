//! Why a file did not become a plugin: what happened, where, and what to do.

use super::Source;
use crate::plugin::{call::CallError, description::DescriptionError};

/// A candidate that was not loaded; what was in service before still is.
#[derive(Debug, thiserror::Error)]
#[error("plugin {plugin} ({origin}) was not loaded")]
pub struct LoadError {
    /// The plugin's name.
    pub plugin: String,
    /// Where its bytes came from.
    pub origin: Source,
    /// What is wrong.
    #[source]
    pub problem: LoadProblem,
}

/// What is wrong with a candidate.
#[derive(Debug, thiserror::Error)]
pub enum LoadProblem {
    /// Larger than any plugin.
    #[error("it has {bytes} bytes, and {bytes_max} are the most; build it in release mode and stripped")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// An empty file.
    #[error("it is empty; perhaps it is still being copied: copy to another name, then rename")]
    Empty,
    /// Not WebAssembly at all.
    #[error("it is not WebAssembly: it does not begin with the bytes of a .wasm file")]
    NotWasm,
    /// Broken or cut off.
    #[error(
        "it is damaged at byte {offset}: {message}; perhaps it is still being copied: copy to another name, then rename"
    )]
    Damaged {
        /// Where the reading stopped.
        offset: usize,
        /// What the parser said.
        message: String,
    },
    /// A core module.
    #[error("it is a core module and not a component; build it with `cargo build --target wasm32-wasip2 --release`")]
    CoreModule,
    /// A component of another kind.
    #[error("it is a component, but not a plugin: it does not export {wanted}; {hint}")]
    WrongWorld {
        /// The missing export.
        wanted: &'static str,
        /// What it is instead, and what to do.
        hint: String,
    },
    /// It imports what plugins do not get.
    #[error("it imports {import}, which plugins do not get; {hint}")]
    Import {
        /// The interface.
        import: String,
        /// The habit that usually causes it.
        hint: &'static str,
    },
    /// The interfaces have the right names and other types.
    #[error("it was built against another version of the plugin interface; build it again with this server's SDK")]
    Interface(#[source] wasmtime::Error),
    /// It has functions of the component model's asynchronous kind.
    #[error("it was built for asynchronous functions, which plugins do not have; with `componentize-qjs` add `--sync`")]
    Asynchronous(#[source] wasmtime::Error),
    /// Valid, and still refused by the compiler.
    #[error("it could not be compiled; it may use a part of WebAssembly that this server does not support")]
    Compile(#[source] wasmtime::Error),
    /// The compiler broke.
    #[error("the compiler crashed on it; report this with the file")]
    Crashed,
    /// The first instance did not answer.
    #[error("it did not describe itself; in `describe` a plugin has no values, no keys and no time of day")]
    Describe(#[source] CallError),
    /// It answered nonsense.
    #[error(transparent)]
    Description(#[from] DescriptionError),
    /// The operator has not given what it needs.
    #[error("it needs what it was not given; add to {file} beside it: {}", missing.join("; "))]
    Wants {
        /// The file to edit.
        file: String,
        /// The lines to add, each with its section.
        missing: Vec<String>,
    },
}
