//! `compile-plugin`: the process in which a plugin is compiled. Not for people: the server calls it.

use std::process::ExitCode;

use crate::plugin::{self, CompileOrder, CompilerKind};

#[derive(Debug, clap::Args)]
pub(super) struct CompileArguments {
    /// For which kind of engine
    #[arg(long)]
    kind: CompilerKind,
    /// CPU time of this process
    #[arg(long)]
    cpu_seconds_max: u64,
    /// Writable memory of this process
    #[arg(long)]
    memory_bytes_max: u64,
}

impl CompileArguments {
    pub(super) fn run(&self) -> ExitCode {
        plugin::compile(&CompileOrder {
            kind: self.kind,
            cpu_seconds_max: self.cpu_seconds_max,
            memory_bytes_max: self.memory_bytes_max,
        })
    }
}
