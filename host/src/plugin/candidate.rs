//! What may become a plugin: the bytes, where they come from, and the operator's side.

use std::{fmt, path::PathBuf};

use bytes::Bytes;

use super::settings::Settings;

/// The most bytes of a component. An interpreter with its library has 40 MiB; beyond 64 it is a mistake, and the bytes, the
/// compiler's copy and the machine code would all be in memory at once.
pub const WASM_BYTES_MAX: usize = 64 << 20;

/// Where a plugin's bytes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// It is part of the binary.
    BuiltIn,
    /// It was published for all servers that share the database.
    Published,
    /// It was read from this file.
    File(PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::Published => f.write_str("published"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// What may become a plugin.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The name of the file without its ending.
    pub name: String,
    /// Where the bytes come from.
    pub source: Source,
    /// The component.
    pub wasm: Bytes,
    /// The operator's side.
    pub settings: Settings,
}
