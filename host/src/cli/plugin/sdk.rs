//! The SDKs that the binary carries: their sources and the WIT, as packages that need nothing of this repository around them.

use std::path::Path;

use toml::{Table, Value};

use super::language::PluginLanguage;

/// Paths and texts of the SDK for Rust and of the WIT, made by `build.rs`.
const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/plugin_sdk_files.rs"));

/// The same of the SDK for TypeScript.
const TYPESCRIPT: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/plugin_sdk_ts_files.rs"));

/// The same of the SDK for Python.
const PYTHON: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/plugin_sdk_python_files.rs"));

/// The manifest of the workspace, which has the versions of the SDK's dependencies.
const WORKSPACE: &str = include_str!("../../../../Cargo.toml");

/// A file of a project: its path inside of it, and its text.
pub(super) type ProjectFile = (String, String);

/// The folder of a project that belongs to the server that made it.
pub(super) const VENDOR: &str = "vendor";

/// The folder of the SDKs for other languages than Rust, by the name of their packages.
pub(super) const PACKAGE: &str = "vendor/lark-plugin-sdk";

/// Returns the language of the project in a folder, if `plugin new` made it.
pub(super) fn language(folder: &Path) -> Option<PluginLanguage> {
    let has = |path: &str| folder.join(path).is_file();
    if has("vendor/plugin-sdk/Cargo.toml") {
        Some(PluginLanguage::Rust)
    } else if has("vendor/lark-plugin-sdk/package.json") {
        Some(PluginLanguage::Ts)
    } else if has("vendor/lark-plugin-sdk/pyproject.toml") {
        Some(PluginLanguage::Python)
    } else {
        None
    }
}

/// Returns the files of the SDK and the WIT, under `vendor/`.
pub(super) fn files(language: PluginLanguage) -> Vec<ProjectFile> {
    let (carried, inside) = match language {
        PluginLanguage::Rust => return rust(),
        PluginLanguage::Ts => (TYPESCRIPT, "plugin-sdk/ts"),
        PluginLanguage::Python => (PYTHON, "plugin-sdk/python"),
    };
    let own = carried.iter().map(|(path, text)| {
        let path = path.strip_prefix(inside).unwrap_or(path);
        (format!("{PACKAGE}{path}"), (*text).to_owned())
    });
    let interface = FILES.iter().filter(|(path, _)| path.starts_with("wit/"));
    let interface = interface.map(|(path, text)| (format!("{VENDOR}/{path}"), (*text).to_owned()));
    own.chain(interface).collect()
}

fn rust() -> Vec<ProjectFile> {
    let files = FILES.iter().map(|(path, text)| {
        let text = if path.ends_with("Cargo.toml") {
            standalone(text)
        } else {
            (*text).to_owned()
        };
        (format!("{VENDOR}/{path}"), text)
    });
    files.collect()
}

/// Replaces whatever a manifest takes from the workspace.
fn standalone(manifest: &str) -> String {
    let (Ok(mut manifest), Ok(workspace)) = (manifest.parse::<Table>(), WORKSPACE.parse::<Table>()) else {
        // A test holds that both are TOML.
        return manifest.to_owned();
    };
    let shared = |part: &str| workspace.get("workspace")?.get(part)?.as_table();
    if let (Some(Value::Table(package)), Some(shared)) = (manifest.get_mut("package"), shared("package")) {
        inherit(package, shared);
    }
    if let Some(shared) = shared("dependencies") {
        for dependencies in dependency_tables(&mut manifest) {
            inherit(dependencies, shared);
        }
    }
    // Its lints are for those who work on it.
    manifest.remove("lints");
    manifest.to_string()
}

/// Puts the workspace's value in place of each `name.workspace = true`.
fn inherit(table: &mut Table, shared: &Table) {
    for (name, value) in table.iter_mut() {
        let is_inherited = value.get("workspace").and_then(Value::as_bool) == Some(true);
        if let Some(shared) = shared.get(name).filter(|_| is_inherited) {
            *value = shared.clone();
        }
    }
}

fn dependency_tables(manifest: &mut Table) -> Vec<&mut Table> {
    let mut tables = Vec::new();
    for (name, value) in manifest.iter_mut() {
        let Value::Table(part) = value else { continue };
        match name.as_str() {
            "dependencies" => tables.push(part),
            "target" => {
                let targets = part.iter_mut().filter_map(|(_, target)| target.get_mut("dependencies"));
                tables.extend(targets.filter_map(Value::as_table_mut));
            }
            _ => {}
        }
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::{PluginLanguage, VENDOR, files};

    #[test]
    fn the_sdk_needs_no_workspace() {
        let files = files(PluginLanguage::Rust);
        let manifests = || files.iter().filter(|(path, _)| path.ends_with("Cargo.toml"));
        for (path, text) in manifests() {
            assert!(!text.contains("workspace"), "{path}: {text}");
        }
        let manifest = format!("{VENDOR}/plugin-sdk/Cargo.toml");
        let (_, text) = manifests().find(|(path, _)| *path == manifest).unwrap();
        for part in ["wit-bindgen = \"", "serde_json", "edition = \"2024\"", "[target."] {
            assert!(text.contains(part), "{part} is missing in {text}");
        }
    }

    #[test]
    fn the_sdk_brings_its_interface_along() {
        for (language, own) in [
            (PluginLanguage::Rust, "vendor/plugin-sdk/src/lib.rs"),
            (PluginLanguage::Ts, "vendor/lark-plugin-sdk/src/index.ts"),
            (
                PluginLanguage::Python,
                "vendor/lark-plugin-sdk/src/lark_plugin/__init__.py",
            ),
        ] {
            let files = files(language);
            for path in ["vendor/wit/plugin.wit", own] {
                assert!(files.iter().any(|(found, _)| found == path), "{language:?}: {path}");
            }
        }
    }
}
