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

/// The files of a project, by language; the interface is the same for all.
const CARRIED: &[(&str, embed::Set<'_>)] = &[
    (
        "plugin_sdk_files.rs",
        embed::Set {
            folders: &["plugin-sdk", "wit"],
            endings: &[".rs", ".toml", ".wit", "schema/events.json"],
            without: &["plugin-sdk/ts", "plugin-sdk/python"],
        },
    ),
    (
        "plugin_sdk_ts_files.rs",
        embed::Set {
            folders: &["plugin-sdk/ts"],
            endings: &[".ts", ".mjs", ".json", ".md", ".wit"],
            without: &["plugin-sdk/ts/tests", "plugin-sdk/ts/tsconfig.json"],
        },
    ),
    (
        "plugin_sdk_python_files.rs",
        embed::Set {
            folders: &["plugin-sdk/python"],
            endings: &[".py", ".toml", ".md", ".typed"],
            without: &["plugin-sdk/python/tests"],
        },
    ),
];

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
    let out = set("OUT_DIR");
    for (file, carried) in CARRIED {
        embed::write(root, carried, &out.join(file));
    }
    let folder = component::build(&["--package", "card-auth", "--package", "forward", "--lib"]);
    for (variable, file) in [("CARD_AUTH", "card_auth.wasm"), ("FORWARD", "forward.wasm")] {
        println!("cargo::rustc-env=BUILT_IN_{variable}={}", folder.join(file).display());
    }
}
