//! The program: what the command line asks for, and an exit code.

use std::process::ExitCode;

/// A call allocates and frees about a hundred times, some pieces of several KiB. With the allocator of the system that, and
/// its copying, took a tenth of a click.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    lark_callback::cli::main()
}
