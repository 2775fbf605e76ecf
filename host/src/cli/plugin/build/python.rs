//! Building a plugin in Python: the Python of the project runs the builder of the SDK, which packs the interpreter and the code.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use toml::Table;

use super::{Compiled, stopped, tool};
use crate::{cli::Stopped, telemetry::chain};

/// The oldest version of Python that the tools run on.
const PYTHON_MIN: (u32, u32) = (3, 10);

/// Places of the Python of a project, before the one that is installed.
const ENVIRONMENTS: [&str; 4] = [
    ".venv/bin/python",
    "venv/bin/python",
    ".venv/Scripts/python.exe",
    "venv/Scripts/python.exe",
];

/// How the tools are installed.
const INSTALL: &str = "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt";

/// Builds the project in a folder.
pub(super) fn compiled(folder: &Path, seconds_max: Option<u32>) -> Result<Compiled, Stopped> {
    let name = package(folder)?;
    let folder = tool::whole(folder)?;
    let python = ENVIRONMENTS.iter().map(|place| folder.join(place));
    let python = python
        .into_iter()
        .find(|place| place.is_file())
        .unwrap_or_else(|| PathBuf::from("python3"));
    let shown = python.display();
    match tool::version(python.as_os_str()).as_deref() {
        Some([major, minor, ..]) if (*major, *minor) >= PYTHON_MIN => {}
        found => {
            let is = if found.is_some() {
                "is too old"
            } else {
                "cannot be started"
            };
            return Err(stopped(format!(
                "`{shown}` {is}; a plugin in Python is built with Python {}.{} or newer, from https://www.python.org",
                PYTHON_MIN.0, PYTHON_MIN.1
            )));
        }
    }
    let sdk = folder.join("vendor/lark-plugin-sdk/src");
    let has = |module: &str| {
        let mut asked = Command::new(&python);
        asked.args(["-c", &format!("import {module}")]).env("PYTHONPATH", &sdk);
        asked.output().is_ok_and(|asked| asked.status.success())
    };
    if !has("componentize_py") {
        return Err(stopped(format!(
            "the package componentize-py is not installed for `{shown}`; run `{INSTALL}` in {}",
            folder.display()
        )));
    }
    if !has("lark_plugin") {
        return Err(stopped(format!(
            "{} has no SDK under vendor/, and it is not installed either; a project of `lark-callback plugin new NAME --lang \
             python` has one",
            folder.display()
        )));
    }
    let file = folder.join("build").join(format!("{name}.wasm"));
    let mut command = Command::new(&python);
    command
        .args(["-m", "lark_plugin.build", "--out"])
        .arg(&file)
        .env("PYTHONPATH", &sdk);
    tool::run(command, &folder, "Python", seconds_max)?;
    Ok(Compiled { name, file })
}

/// Reads the name of the project.
fn package(folder: &Path) -> Result<String, Stopped> {
    let path = folder.join("pyproject.toml");
    let text = fs::read_to_string(&path).map_err(|error| stopped(format!("{}: {}", path.display(), chain(&error))))?;
    let manifest: Table = text
        .parse()
        .map_err(|error| stopped(format!("{}: {}", path.display(), chain(&error))))?;
    let project = manifest.get("project").and_then(toml::Value::as_table);
    let name = project
        .and_then(|project| project.get("name"))
        .and_then(toml::Value::as_str);
    let name = name.unwrap_or_default().to_owned();
    tool::check_name(&path, &name)?;
    Ok(name)
}
