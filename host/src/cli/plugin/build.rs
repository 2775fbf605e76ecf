//! `plugin build`: builds the plugin in a folder with the right target, or says what is missing and how to get it.

mod python;
mod slim;
mod tool;
mod typescript;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::{Value, json};
use toml::Table;

use super::{
    Printed, check,
    language::{DIST, PluginLanguage},
    wasm,
};
use crate::{
    app::{
        install::hash,
        workbench::{self, Findings},
    },
    cli::{Exit, Stopped},
    codes::told,
    config::{self, Flags},
    plugin::{Settings, check_component, check_plugin_name},
    telemetry::chain,
};

const TARGET: &str = "wasm32-wasip2";

/// Arguments of `plugin build`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct BuildArguments {
    /// Folder of the project
    #[arg(default_value = ".", value_name = "FOLDER")]
    folder: PathBuf,
    /// Do not ask the network
    #[arg(long)]
    offline: bool,
    /// End a build in TypeScript or Python that takes longer [default: `LARK_PLUGIN_BUILD_SECONDS_MAX`, or else 600]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=99_999))]
    seconds_max: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A plugin that was built.
#[derive(Debug)]
pub(super) struct Built {
    /// Its name, which is its package's.
    pub(super) name: String,
    /// The component, under `dist/`.
    pub(super) wasm: PathBuf,
    /// Its settings beside it, if the project has them.
    pub(super) settings: Option<PathBuf>,
    bytes: usize,
}

/// Component as the tools of a language have made it.
struct Compiled {
    name: String,
    file: PathBuf,
}

/// Builds, and looks at the result as `plugin check` does; the answer is not good when a server would not load it. What its
/// operator has yet to grant or to set is no fault of the project. The compiler's own messages go to standard error.
pub(super) async fn run(flags: &Flags, arguments: &BuildArguments) -> Result<Printed, Stopped> {
    let built = build(&arguments.folder, arguments.offline, arguments.seconds_max)?;
    let beside = built.wasm.with_extension("toml");
    let variables = config::load_variables(flags);
    let read = workbench::read_settings_with_stand_ins(&beside, &variables, Settings::secret_sources);
    let (settings, absent) = match read {
        Ok((settings, absent)) => (Ok(settings), absent),
        Err(problem) => (Err(problem), Vec::new()),
    };
    // What is to be added goes into the file of the project, of which the next build makes a copy again.
    let of_project = arguments.folder.join(format!("{}.toml", built.name));
    let mut found = check::findings(&built.wasm, &of_project, settings)
        .await?
        .as_before_a_server();
    let absent = absent.iter().map(|source| {
        told!(
            "the server needs {source}, which is not here",
            "服务需要 {source}，此处没有"
        )
    });
    found.notes.extend(absent);
    let is_good = found.problems.is_empty();
    Ok(Printed::new(told(&built, &found, arguments.json), is_good))
}

/// What was built, with what is found of it.
fn told(built: &Built, found: &Findings, is_json: bool) -> String {
    let Built {
        name,
        wasm,
        settings,
        bytes,
    } = built;
    let is_good = found.problems.is_empty();
    if is_json {
        let said = json!({
            "name": name, "file": wasm, "settings": settings, "bytes": bytes, "ok": is_good,
            "problems": check::english(&found.problems), "notes": check::english(&found.notes),
        });
        return format!("{said}\n");
    }
    let mut text = format!("{} has {}\n", wasm.display(), wasm::size(*bytes as u64));
    if let Some(settings) = settings {
        text.push_str(&format!(
            "{} is beside it; on a server both go into the plugins folder\n",
            settings.display()
        ));
    }
    text.push_str(&check::lines(found));
    let next = if is_good {
        "next: lark-callback plugin test"
    } else {
        "no server would load it: lark-callback plugin check"
    };
    text.push_str(&format!("{next} {}\n", wasm::for_shell(wasm)));
    text
}

/// Builds the project in a folder, and puts the component and its settings under `dist/`.
pub(super) fn build(folder: &Path, is_offline: bool, seconds_max: Option<u32>) -> Result<Built, Stopped> {
    let language = language(folder);
    let Compiled { name, file: compiled } = match language {
        PluginLanguage::Rust => rust(folder, is_offline)?,
        PluginLanguage::Ts => typescript::compiled(folder, seconds_max)?,
        PluginLanguage::Python => python::compiled(folder, seconds_max)?,
    };
    // So that paths are shown without a `./` in front.
    let folder = folder.strip_prefix(".").unwrap_or(folder);
    let failed = |path: &Path, error: &io::Error| stopped(format!("{}: {}", path.display(), chain(error)));
    let bytes = fs::read(&compiled).map_err(|error| failed(&compiled, &error))?;
    check_component(&bytes).map_err(|problem| {
        stopped(format!(
            "{} was built, and no server would load it: {}",
            compiled.display(),
            chain(&problem)
        ))
    })?;
    let bytes = match language {
        PluginLanguage::Rust => slim::slim(&bytes),
        PluginLanguage::Ts | PluginLanguage::Python => bytes,
    };
    let dist = folder.join(DIST);
    fs::create_dir_all(&dist).map_err(|error| failed(&dist, &error))?;
    let put = |content: &[u8], file: String| {
        // Aside and renamed: somebody may watch this folder.
        let (aside, to) = (
            dist.join(format!(".{file}.part-{}", std::process::id())),
            dist.join(file),
        );
        let written = fs::write(&aside, content).and_then(|()| fs::rename(&aside, &to));
        if written.is_err() {
            let _ = fs::remove_file(&aside);
        }
        written.map_err(|error| failed(&to, &error)).map(|()| to)
    };
    let own = folder.join(format!("{name}.toml"));
    let settings = if own.is_file() {
        let content = fs::read(&own).map_err(|error| failed(&own, &error))?;
        Some(put(&content, format!("{name}.toml"))?)
    } else {
        None
    };
    Ok(Built {
        wasm: put(&bytes, format!("{name}.wasm"))?,
        settings,
        bytes: bytes.len(),
        name,
    })
}

/// The language of a project, by the file that every project of it has.
fn language(folder: &Path) -> PluginLanguage {
    let has = |file: &str| folder.join(file).is_file();
    if !has("Cargo.toml") && has("package.json") {
        PluginLanguage::Ts
    } else if !has("Cargo.toml") && has("pyproject.toml") {
        PluginLanguage::Python
    } else {
        PluginLanguage::Rust
    }
}

fn rust(folder: &Path, is_offline: bool) -> Result<Compiled, Stopped> {
    let name = package(folder)?;
    tools()?;
    let file = compiled(folder, &name, is_offline)?;
    Ok(Compiled { name, file })
}

fn stopped(text: String) -> Stopped {
    Stopped {
        exit: Exit::Failed,
        text,
    }
}

/// Reads the name of the package, and whether it can become a plugin at all.
fn package(folder: &Path) -> Result<String, Stopped> {
    let path = folder.join("Cargo.toml");
    let shown = path.display();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let instead = "go to the folder of a plugin's project, or make one: lark-callback plugin new NAME";
            return Err(stopped(format!("there is no {shown}; {instead}")));
        }
        Err(error) => return Err(stopped(format!("{shown}: {}", chain(&error)))),
    };
    let manifest: Table = text
        .parse()
        .map_err(|error| stopped(format!("{shown}: {}", chain(&error))))?;
    let Some(package) = manifest.get("package") else {
        return Err(stopped(format!(
            "{shown} has no [package]: it is a workspace; name the folder of the plugin: lark-callback plugin build FOLDER"
        )));
    };
    let name = package
        .get("name")
        .and_then(toml::Value::as_str)
        .unwrap_or_default()
        .to_owned();
    check_plugin_name(&name).map_err(|error| {
        stopped(format!(
            "{shown}: the package {name:?} would be a plugin of that name, but {}",
            chain(&error)
        ))
    })?;
    let kinds = manifest
        .get("lib")
        .and_then(|lib| lib.get("crate-type"))
        .and_then(toml::Value::as_array);
    let is_component = kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind.as_str() == Some("cdylib")));
    if !is_component {
        return Err(stopped(format!(
            "{shown} does not make a component: add\n\n[lib]\ncrate-type = [\"cdylib\"]\n"
        )));
    }
    Ok(name)
}

/// Whether there are a cargo and the target.
fn tools() -> Result<(), Stopped> {
    let asked = Command::new("rustc")
        .args(["--print", "target-libdir", "--target", TARGET])
        .output();
    let printed = match asked {
        Ok(printed) => printed,
        Err(error) => {
            return Err(stopped(format!(
                "Rust is not installed here: `rustc` cannot be started ({error}); get it from https://rustup.rs, then run \
                 `rustup target add {TARGET}`"
            )));
        }
    };
    let has_target = Path::new(String::from_utf8_lossy(&printed.stdout).trim()).is_dir();
    if printed.status.success() && has_target {
        return Ok(());
    }
    Err(stopped(format!(
        "the Rust that is used here cannot build for {TARGET}; add the target with `rustup target add {TARGET}`, or use a \
         toolchain that has it (plugins are not built for wasm32-unknown-unknown or wasm32-wasip1)"
    )))
}

/// Runs cargo; returns the component that it made.
fn compiled(folder: &Path, name: &str, is_offline: bool) -> Result<PathBuf, Stopped> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["rustc", "--release", "--lib", "--target", TARGET])
        .arg("--message-format=json-render-diagnostics")
        .current_dir(folder)
        .stdout(Stdio::piped());
    if is_offline {
        cargo.arg("--offline");
    }
    // In a folder of all projects Cargo tells packages of one name by nothing else, and would take the component of one project
    // for that of the other.
    if config::shares_cargo_targets()
        && let Ok(project) = fs::canonicalize(folder)
    {
        let project = hash(project.as_os_str().as_encoded_bytes());
        cargo.args(["--", "--cfg", &format!("lark_plugin_project=\"{project}\"")]);
    }
    let run = cargo.spawn().and_then(std::process::Child::wait_with_output);
    let run = run.map_err(|error| {
        stopped(format!(
            "`cargo` cannot be started ({error}); get Rust from https://rustup.rs"
        ))
    })?;
    if !run.status.success() {
        return Err(stopped(format!(
            "cargo did not build {name}; its own messages are above{}",
            if is_offline {
                " (without --offline it may get what it misses)"
            } else {
                ""
            }
        )));
    }
    let said = String::from_utf8_lossy(&run.stdout);
    let made = said.lines().filter_map(|line| artifact(line, name)).next_back();
    made.ok_or_else(|| {
        stopped(format!(
            "cargo made no .wasm file of the package {name}; has it `crate-type = [\"cdylib\"]`?"
        ))
    })
}

/// The component that a line of cargo's is about.
fn artifact(line: &str, name: &str) -> Option<PathBuf> {
    let line: Value = serde_json::from_str(line).ok()?;
    if line.get("reason")?.as_str()? != "compiler-artifact" {
        return None;
    }
    let target = line.get("target")?.get("name")?.as_str()?;
    if target.replace('-', "_") != name.replace('-', "_") {
        return None;
    }
    let files = line.get("filenames")?.as_array()?;
    let mut files = files.iter().filter_map(Value::as_str);
    files.find(|file| file.ends_with(".wasm")).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{artifact, build};

    fn refused(manifest: Option<&str>) -> String {
        let folder = tempfile::tempdir().unwrap();
        if let Some(manifest) = manifest {
            fs::write(folder.path().join("Cargo.toml"), manifest).unwrap();
        }
        build(folder.path(), true, None).unwrap_err().text
    }

    #[test]
    fn a_folder_that_is_no_plugin_is_told_what_it_lacks() {
        for (manifest, told) in [
            (None, "lark-callback plugin new"),
            (Some("[workspace]"), "it is a workspace"),
            (Some("[package]\nname = \"a\""), "crate-type = [\"cdylib\"]"),
            (
                Some("[package]\nname = \"a\"\n[lib]\ncrate-type = [\"rlib\"]"),
                "crate-type = [\"cdylib\"]",
            ),
            (
                Some("[package]\nname = \"A\"\n[lib]\ncrate-type = [\"cdylib\"]"),
                "only has a-z",
            ),
            (Some("[package\n"), "Cargo.toml"),
        ] {
            let text = refused(manifest);
            assert!(text.contains(told), "{manifest:?}: {text}");
        }
    }

    #[test]
    fn the_component_is_found_among_what_cargo_says() {
        let line = r#"{"reason":"compiler-artifact","target":{"name":"a_b"},"filenames":["/t/a_b.d","/t/a_b.wasm"]}"#;
        assert_eq!(artifact(line, "a-b").unwrap().to_str(), Some("/t/a_b.wasm"));
        assert_eq!(artifact(line, "c"), None);
        assert_eq!(artifact("not JSON", "a-b"), None);
    }
}
