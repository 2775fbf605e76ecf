//! A candidate for loading: the bytes, their source, and the operator's settings.

use std::{fmt, path::PathBuf};

use bytes::Bytes;

use super::settings::Settings;

/// The source of a plugin's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// It is part of the binary.
    BuiltIn,
    /// It was published for all servers that share the database.
    Published,
    /// It was read from this file.
    File(PathBuf),
    /// It has served before, and its version of this number was kept.
    Kept(u64),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::Published => f.write_str("published"),
            Self::Kept(number) => write!(f, "kept version {number}"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A candidate for loading as a plugin.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The file name without its extension.
    pub name: String,
    /// The source of the bytes.
    pub source: Source,
    /// The component.
    pub wasm: Bytes,
    /// SHA-256 of the component, 64 hex digits, if whoever has read it has computed it; otherwise that is done at the load.
    pub hash: Option<String>,
    /// The operator's settings.
    pub settings: Settings,
}
