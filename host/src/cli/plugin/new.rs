//! `plugin new`: a project for a plugin, which builds and whose test passes.

mod bundled;
mod template;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use serde_json::json;

use self::template::Project;
use super::{
    language::PluginLanguage,
    sdk::{self, ProjectFile, VENDOR},
    wasm,
};
use crate::{
    app::shipped_names,
    cli::{Exit, Stopped},
    operate::Nearest,
    plugin::check_plugin_name,
    telemetry::chain,
};

/// Arguments of `plugin new`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct NewArguments {
    /// Folder to make; its last part is the plugin's name
    #[arg(required_unless_present = "update_sdk", value_name = "NAME")]
    folder: Option<PathBuf>,
    /// Event type of Lark's that the plugin handles [default: that of its kind]
    #[arg(long, value_name = "TYPE")]
    event: Option<String>,
    /// Kind of handler to begin with [default: that of the event type, or card]
    #[arg(long)]
    kind: Option<PluginKind>,
    /// Language
    #[arg(long, default_value = "rust")]
    lang: PluginLanguage,
    /// In the folder of a project: replace its SDK by the one of this program
    #[arg(long, conflicts_with_all = ["folder", "event", "kind", "lang"])]
    update_sdk: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Kind of a plugin, which decides how its project begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum PluginKind {
    /// Answers clicks on cards
    Card,
    /// Answers messages
    Bot,
    /// Gives links a title
    Preview,
    /// Answers at once and does the slow part afterwards
    Task,
    /// Handles any event
    Event,
}

const CARD: &str = "card.action.trigger";
const MESSAGE: &str = "im.message.receive_v1";
const PREVIEW: &str = "url.preview.get";

/// Names that cargo refuses for a package, or that would hide a crate that every plugin uses.
const TAKEN: [&str; 10] = [
    "alloc",
    "core",
    "lark-plugin-sdk",
    "proc_macro",
    "self",
    "serde",
    "serde_json",
    "std",
    "super",
    "test",
];

/// Makes the project; returns what to print.
pub(super) fn run(arguments: &NewArguments) -> Result<String, Stopped> {
    let Some(folder) = &arguments.folder else {
        return update_sdk(Path::new("."), arguments.json);
    };
    let project = project(folder, arguments)?;
    let mut files = match project.language {
        PluginLanguage::Rust => project.rust_files(),
        PluginLanguage::Ts => bundled::TYPESCRIPT.files(&project),
        PluginLanguage::Python => bundled::PYTHON.files(&project),
    };
    files.extend(project.shared_files());
    files.extend(sdk::files(project.language));
    write(folder, &files)?;
    Ok(told(folder, &project, files.len(), arguments.json))
}

fn name_of(value: &impl ValueEnum) -> String {
    let shown = value.to_possible_value();
    shown.map_or_else(String::new, |value| value.get_name().to_owned())
}

fn usage(text: impl Into<String>) -> Stopped {
    Stopped {
        exit: Exit::Usage,
        text: text.into(),
    }
}

fn failed(path: &Path, error: &io::Error) -> Stopped {
    Stopped {
        exit: Exit::Failed,
        text: format!("{}: {}", path.display(), chain(error)),
    }
}

/// Chooses kind and event type, and checks the name.
fn project(folder: &Path, arguments: &NewArguments) -> Result<Project, Stopped> {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    check_plugin_name(name).map_err(|error| usage(format!("{name:?}: {}", chain(&error))))?;
    let is_rust = arguments.lang == PluginLanguage::Rust;
    if is_rust && !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Err(usage(format!(
            "{name:?}: a package of Rust's begins with a letter; for example p{name}"
        )));
    }
    if is_rust && TAKEN.contains(&name) {
        return Err(usage(format!(
            "{name:?} is the name of a package that every plugin uses; for example my-{name}"
        )));
    }
    if shipped_names().iter().any(|shipped| shipped == name) {
        return Err(usage(format!(
            "{name:?} is built into the server, and a plugin of this name would replace it; choose another name"
        )));
    }
    let (kind, event) = match (arguments.kind, &arguments.event) {
        (kind, None) => {
            let kind = kind.unwrap_or(PluginKind::Card);
            (kind, default_event(kind)?.to_owned())
        }
        (None, Some(event)) => (fitting(event), event.clone()),
        (Some(kind), Some(event)) => (kind, event.clone()),
    };
    check_event(kind, &event)?;
    Ok(Project {
        name: name.to_owned(),
        kind,
        event,
        language: arguments.lang,
    })
}

fn default_event(kind: PluginKind) -> Result<&'static str, Stopped> {
    match kind {
        PluginKind::Card => Ok(CARD),
        PluginKind::Bot | PluginKind::Task => Ok(MESSAGE),
        PluginKind::Preview => Ok(PREVIEW),
        PluginKind::Event => Err(usage(
            "--kind event needs --event TYPE, for example --event im.chat.updated_v1",
        )),
    }
}

fn fitting(event: &str) -> PluginKind {
    match event {
        CARD => PluginKind::Card,
        MESSAGE => PluginKind::Bot,
        PREVIEW => PluginKind::Preview,
        _ => PluginKind::Event,
    }
}

/// A new project with a misspelt event type would be loaded and never called. A type that is only unknown is taken: Lark may
/// have added it.
fn check_event(kind: PluginKind, event: &str) -> Result<(), Stopped> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if event.is_empty() || event.len() > 256 || !event.bytes().all(is_word) {
        return Err(usage(format!(
            "--event {event:?}: an event type has letters, digits, `.`, `_` and `-`, for example {MESSAGE}"
        )));
    }
    let documented: Vec<_> = lark_protocol::documented_event_types().collect();
    if !documented.iter().any(|known| known == event)
        && let Nearest::One(nearest) = Nearest::of(event, documented)
    {
        return Err(usage(format!(
            "--event {event}: no such event type is documented; did you mean {nearest}?"
        )));
    }
    let only = match kind {
        PluginKind::Card => CARD,
        PluginKind::Bot => MESSAGE,
        PluginKind::Preview => PREVIEW,
        PluginKind::Task | PluginKind::Event => return Ok(()),
    };
    if event == only {
        return Ok(());
    }
    let (kind, fitting) = (name_of(&kind), name_of(&fitting(event)));
    Err(usage(format!(
        "--kind {kind} handles {only}; for {event} use --kind {fitting}, or --kind task"
    )))
}

/// Writes all files beside the place, and then moves them there at once.
fn write(folder: &Path, files: &[ProjectFile]) -> Result<(), Stopped> {
    let is_empty = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(failed(folder, &error)),
    };
    if !is_empty {
        return Err(usage(format!(
            "{} exists and is not empty; choose another name, or remove it",
            folder.display()
        )));
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let aside = folder.with_file_name(format!(".{name}.new-{}", std::process::id()));
    let written = write_into(&aside, files).and_then(|()| {
        // An empty folder is replaced.
        fs::rename(&aside, folder).map_err(|error| failed(folder, &error))
    });
    if written.is_err() {
        let _ = fs::remove_dir_all(&aside);
    }
    written
}

fn write_into(folder: &Path, files: &[ProjectFile]) -> Result<(), Stopped> {
    for (path, text) in files {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
        }
        fs::write(&path, text).map_err(|error| failed(&path, &error))?;
    }
    Ok(())
}

/// Replaces `vendor/` of the project in a folder.
fn update_sdk(folder: &Path, as_json: bool) -> Result<String, Stopped> {
    let vendor = folder.join(VENDOR);
    let Some(language) = sdk::language(folder) else {
        return Err(usage(
            "this is not the folder of a project that `plugin new` made: it has no SDK under vendor/",
        ));
    };
    let aside = folder.join(format!(".vendor.new-{}", std::process::id()));
    let files = sdk::files(language);
    let in_vendor = |(path, text): &ProjectFile| {
        let path = path.strip_prefix(VENDOR).unwrap_or(path).trim_start_matches('/');
        (path.to_owned(), text.clone())
    };
    let files: Vec<ProjectFile> = files.iter().map(in_vendor).collect();
    let replaced = write_into(&aside, &files).and_then(|()| {
        let old = folder.join(format!(".vendor.old-{}", std::process::id()));
        fs::rename(&vendor, &old).map_err(|error| failed(&vendor, &error))?;
        if let Err(error) = fs::rename(&aside, &vendor) {
            let _ = fs::rename(&old, &vendor);
            return Err(failed(&vendor, &error));
        }
        fs::remove_dir_all(&old).map_err(|error| failed(&old, &error))
    });
    if let Err(stopped) = replaced {
        let _ = fs::remove_dir_all(&aside);
        return Err(stopped);
    }
    if as_json {
        return Ok(format!("{}\n", json!({"updated": vendor, "files": files.len()})));
    }
    Ok(format!(
        "replaced {} by the SDK of lark-callback {}; run `{}`\n",
        vendor.display(),
        env!("CARGO_PKG_VERSION"),
        test_command(language)
    ))
}

/// How the project's own tests are run.
fn test_command(language: PluginLanguage) -> &'static str {
    match language {
        PluginLanguage::Rust => "cargo test",
        PluginLanguage::Ts => "npm test",
        PluginLanguage::Python => ".venv/bin/pytest",
    }
}

fn told(folder: &Path, project: &Project, files: usize, as_json: bool) -> String {
    let Project {
        name,
        kind,
        event,
        language,
    } = project;
    let (shown, kind) = (folder.display(), name_of(kind));
    if as_json {
        let lang = name_of(language);
        let made = json!({"name": name, "folder": folder, "kind": kind, "event": event, "lang": lang, "files": files});
        return format!("{made}\n");
    }
    // What the language needs once, the handler and the manual of the SDK.
    let (first, handler, manual) = match language {
        PluginLanguage::Rust => ("", "src/lib.rs", "vendor/plugin-sdk/src/lib.rs"),
        PluginLanguage::Ts => ("  npm install\n", "src/plugin.ts", "vendor/lark-plugin-sdk/README.md"),
        PluginLanguage::Python => (
            "  python3 -m venv .venv\n  .venv/bin/pip install -r requirements.txt\n",
            "src/plugin.py",
            "vendor/lark-plugin-sdk/README.md",
        ),
    };
    format!(
        "made {shown}: a plugin of kind {kind} for {event}\n\n  cd {}\n{first}  {}\n  lark-callback plugin build\n  \
         lark-callback plugin test dist/{name}.wasm\n\nThe handler is in {handler}, the manual in README.md and in \
         {manual}.\n",
        wasm::for_shell(folder),
        test_command(*language)
    )
}

#[cfg(test)]
mod tests;
