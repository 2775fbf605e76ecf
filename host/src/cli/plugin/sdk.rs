//! The SDK that the binary carries: its sources and the WIT, as a package that needs no workspace around it.

use toml::{Table, Value};

/// Paths and texts, made by `build.rs`.
const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/plugin_sdk_files.rs"));

/// The manifest of the workspace, which has the versions of the SDK's dependencies.
const WORKSPACE: &str = include_str!("../../../../Cargo.toml");

/// A file of a project: its path inside of it, and its text.
pub(super) type ProjectFile = (String, String);

/// The folder of a project that belongs to the server that made it.
pub(super) const VENDOR: &str = "vendor";

/// Returns the files of the SDK and the WIT, under `vendor/`.
pub(super) fn files() -> Vec<ProjectFile> {
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
    use super::{VENDOR, files};

    #[test]
    fn the_sdk_needs_no_workspace() {
        let files = files();
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
        let has = |path: &str| files().iter().any(|(found, _)| found == path);
        assert!(has("vendor/wit/plugin.wit"));
        assert!(has("vendor/plugin-sdk/src/lib.rs"));
    }
}
