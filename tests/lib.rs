//! The foundation of all tests: the test plugins of `guests/examples` as WebAssembly components, a PostgreSQL, a `PgBouncer`, and
//! which real parts this machine has.

mod guarded;
pub mod nginx;
pub mod parts;
pub mod pgbouncer;
pub mod postgres;

use std::path::{Path, PathBuf};

/// The component of one example, for example `echo`.
///
/// # Panics
/// When there is no such example.
pub fn guest(name: &str) -> PathBuf {
    let path = Path::new(env!("GUESTS")).join(name).with_extension("wasm");
    assert!(path.is_file(), "there is no test plugin `{name}` ({})", path.display());
    path
}
