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
        "../plugins/forward",
        "../plugin-sdk",
        "../wit",
        "../Cargo.lock",
        "../.cargo",
        "build",
        "build.rs",
    ] {
        println!("cargo::rerun-if-changed={path}");
    }
    let folder = component::build(&["--package", "card-auth", "--package", "forward", "--lib"]);
    for (variable, file) in [("CARD_AUTH", "card_auth.wasm"), ("FORWARD", "forward.wasm")] {
        println!("cargo::rustc-env=BUILT_IN_{variable}={}", folder.join(file).display());
    }
}
