//! Builds WebAssembly components with a cargo of its own, for build scripts.
//!
//! The target folder is apart from the one that cargo holds a lock on, and one for all profiles, so that each component is
//! built once.

use std::{
    env,
    fs::File,
    path::{Path, PathBuf},
    process::Command,
};

const TARGET: &str = "wasm32-wasip2";
const PROFILE: &str = "plugin";

/// Runs `cargo build` with `arguments` for WebAssembly and tells the folder of the artifacts.
///
/// # Panics
/// With what happened and what to do, which is what cargo shows of a build script.
pub(crate) fn build(arguments: &[&str]) -> PathBuf {
    let manifest = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let root = manifest
        .parent()
        .expect("the package is a folder of the workspace")
        .to_owned();
    // target/<profile>/build/<package>-<hash>/out
    let out = PathBuf::from(variable("OUT_DIR"));
    let folder = out
        .ancestors()
        .nth(4)
        .expect("OUT_DIR is inside the target folder")
        .join("components");
    std::fs::create_dir_all(&folder).expect("the target folder can be written");

    // Two build scripts may come here at once, and rustup does not like company.
    let lock = File::create(folder.join(".lock")).expect("the target folder can be written");
    lock.lock().expect("the target folder can be locked");
    add_target();
    let mut cargo = Command::new(variable("CARGO"));
    cargo
        .arg("build")
        .args(["--target", TARGET, "--profile", PROFILE])
        .args(arguments);
    cargo.arg("--target-dir").arg(&folder).current_dir(root);
    // What was set for the outer build (flags of the host, clippy in place of the compiler) does not fit this one.
    for name in [
        "RUSTFLAGS",
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTC_WORKSPACE_WRAPPER",
        "CARGO_BUILD_TARGET",
        "CARGO_TARGET_DIR",
    ] {
        cargo.env_remove(name);
    }
    let status = cargo.status().expect("cargo can be started");
    assert!(
        status.success(),
        "the components could not be built; the compiler's own messages are above"
    );
    folder.join(TARGET).join(PROFILE)
}

/// Has rustup add the target when the toolchain does not have it.
fn add_target() {
    if is_installed() {
        return;
    }
    let what_to_do = format!("install it with `rustup target add {TARGET}`, or use a toolchain that has it");
    let added = Command::new("rustup").args(["target", "add", TARGET]).status();
    match added {
        Ok(status) if status.success() && is_installed() => {}
        Ok(_) => panic!(
            "the plugins need the target {TARGET}, and rustup could not add it (is there a network?); {what_to_do}"
        ),
        Err(error) => panic!("the plugins need the target {TARGET}, and rustup was not found ({error}); {what_to_do}"),
    }
}

fn is_installed() -> bool {
    let printed = Command::new(variable("RUSTC"))
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    printed.is_ok_and(|printed| Path::new(String::from_utf8_lossy(&printed.stdout).trim()).is_dir())
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name} for build scripts"))
}
