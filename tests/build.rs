//! Builds the test plugins for WebAssembly.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a build script reads cargo's environment and reports by panicking"
)]

#[path = "../host/build/component.rs"]
mod component;

fn main() {
    for path in [
        "guests",
        "../plugins/examples",
        "../plugin-sdk",
        "../wit",
        "../Cargo.lock",
        "../.cargo",
        "../host/build",
        "build.rs",
    ] {
        println!("cargo::rerun-if-changed={path}");
    }
    let folder = component::build(&["--package", "guests", "--examples"]);
    println!("cargo::rustc-env=GUESTS={}", folder.join("examples").display());
}
