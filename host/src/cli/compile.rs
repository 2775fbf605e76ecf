//! `compile-plugin`: the process in which the server compiles a plugin. Not for people.

use std::{path::PathBuf, process::ExitCode};

use crate::plugin::{self, CompileOrder, CompilerKind};

#[derive(Debug, clap::Args)]
pub(super) struct CompileArguments {
    /// Kind of engine to compile for
    #[arg(long)]
    kind: CompilerKind,
    /// Maximum CPU time of this process
    #[arg(long)]
    cpu_seconds_max: u64,
    /// Maximum writable memory of this process
    #[arg(long)]
    memory_bytes_max: u64,
    /// Cache of which compiled functions are taken over, and to which they are added
    #[arg(long)]
    functions: Option<PathBuf>,
    /// Size limit of that cache
    #[arg(long, default_value_t = 0)]
    functions_bytes_max: u64,
}

impl CompileArguments {
    pub(super) fn run(&self) -> ExitCode {
        plugin::compile(&CompileOrder {
            kind: self.kind,
            cpu_seconds_max: self.cpu_seconds_max,
            memory_bytes_max: self.memory_bytes_max,
            functions: self.functions.clone().map(|dir| (dir, self.functions_bytes_max)),
        })
    }
}
