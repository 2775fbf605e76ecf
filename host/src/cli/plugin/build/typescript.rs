//! Building a plugin in TypeScript or JavaScript: Node runs the builder of the SDK, which bundles and compiles.

use std::{ffi::OsStr, fs, path::Path, process::Command};

use serde_json::Value;

use super::{Compiled, stopped, tool};
use crate::{cli::Stopped, telemetry::chain};

/// The oldest version of Node that the tools run on.
const NODE_MIN: u32 = 20;

/// Places of the builder in a project: of `plugin new`, or of the registry.
const BUILDERS: [&str; 2] = [
    "vendor/lark-plugin-sdk/bin/lark-plugin.mjs",
    "node_modules/lark-plugin-sdk/bin/lark-plugin.mjs",
];

/// Builds the project in a folder.
pub(super) fn compiled(folder: &Path, seconds_max: Option<u32>) -> Result<Compiled, Stopped> {
    let name = package(folder)?;
    let node = OsStr::new("node");
    match tool::version(node).as_deref() {
        Some([major, ..]) if *major >= NODE_MIN => {}
        Some(found) => {
            let found: Vec<String> = found.iter().map(u32::to_string).collect();
            return Err(stopped(format!(
                "Node {} is installed here, and a plugin in TypeScript is built with Node {NODE_MIN} or newer; get it from \
                 https://nodejs.org",
                found.join(".")
            )));
        }
        None => {
            return Err(stopped(format!(
                "Node is not installed here: `node` cannot be started; get Node {NODE_MIN} or newer from https://nodejs.org"
            )));
        }
    }
    let Some(builder) = BUILDERS.iter().find(|builder| folder.join(builder).is_file()) else {
        return Err(stopped(format!(
            "{} has no SDK, neither under vendor/ nor under node_modules/; a project of `lark-callback plugin new NAME --lang \
             ts` has one",
            folder.display()
        )));
    };
    for package in ["esbuild", "componentize-qjs"] {
        if !folder.join("node_modules").join(package).is_dir() {
            return Err(stopped(format!(
                "the package {package} is not installed in {}; run `npm install` there",
                folder.display()
            )));
        }
    }
    let file = folder.join("node_modules/.lark-plugin").join(format!("{name}.wasm"));
    let mut command = Command::new(node);
    command.arg(builder).args(["build", "--out"]).arg(tool::whole(&file)?);
    tool::run(command, folder, "TypeScript", seconds_max)?;
    Ok(Compiled { name, file })
}

/// Reads the name of the package, without its scope.
fn package(folder: &Path) -> Result<String, Stopped> {
    let path = folder.join("package.json");
    let text = fs::read_to_string(&path).map_err(|error| stopped(format!("{}: {}", path.display(), chain(&error))))?;
    let manifest: Value =
        serde_json::from_str(&text).map_err(|error| stopped(format!("{}: {}", path.display(), chain(&error))))?;
    let name = manifest.get("name").and_then(Value::as_str).unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or_default().to_owned();
    tool::check_name(&path, &name)?;
    Ok(name)
}
