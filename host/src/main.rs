//! The program: what the command line asks for, and an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    lark_callback::cli::main()
}
