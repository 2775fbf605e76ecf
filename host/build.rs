//! Builds the plugins that are part of the binary and tells `app` where they are.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a build script reads cargo's environment and reports by panicking"
)]

#[path = "build/component.rs"]
mod component;

fn main() {
    for path in [
        "../plugins/card-auth",
        "../plugin-sdk",
        "../wit",
        "../Cargo.lock",
        "../.cargo",
        "build",
        "build.rs",
    ] {
        println!("cargo::rerun-if-changed={path}");
    }
    let folder = component::build(&["--package", "card-auth", "--lib"]);
    println!(
        "cargo::rustc-env=BUILT_IN_CARD_AUTH={}",
        folder.join("card_auth.wasm").display()
    );
}
