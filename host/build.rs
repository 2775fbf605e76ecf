//! Builds the plugins that are part of the binary and tells `app` where they are; collects the SDK for `plugin new`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a build script reads cargo's environment and reports by panicking"
)]

#[path = "build/component.rs"]
mod component;
#[path = "build/embed.rs"]
mod embed;

use std::{env, path::PathBuf};

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
    let set = |name: &str| PathBuf::from(env::var_os(name).expect("cargo sets it for build scripts"));
    let manifest = set("CARGO_MANIFEST_DIR");
    let root = manifest.parent().expect("the package is a folder of the workspace");
    embed::write(
        root,
        &["plugin-sdk", "wit"],
        &set("OUT_DIR").join("plugin_sdk_files.rs"),
    );
    let folder = component::build(&["--package", "card-auth", "--package", "forward", "--lib"]);
    for (variable, file) in [("CARD_AUTH", "card_auth.wasm"), ("FORWARD", "forward.wasm")] {
        println!("cargo::rustc-env=BUILT_IN_{variable}={}", folder.join(file).display());
    }
}
