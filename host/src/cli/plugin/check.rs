//! `plugin check`: whether a server would load a plugin with its settings; every finding with what to do.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Printed, wasm};
use crate::{
    app::workbench::{self, Findings, Workbench},
    cli::Stopped,
    codes::{Text, told},
    config::{self, Flags},
    plugin::{Settings, check_component},
    telemetry::amount,
};

/// Arguments of `plugin check`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CheckArguments {
    /// The component
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Its settings [default: the .toml file of the same name beside it, or in the project of which it is in dist]
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Checks; the answer is not good when a server would not load it.
pub(super) async fn run(flags: &Flags, arguments: &CheckArguments) -> Result<Printed, Stopped> {
    let file = &arguments.file;
    let beside = wasm::settings_file(file, arguments.settings.as_deref())?;
    let settings = workbench::read_settings(&beside, &config::load_variables(flags));
    let mut found = findings(file, &beside, settings).await?;
    if let Some(copy) = wasm::other_copy(file, &beside) {
        found.notes.push(told!(
            "{} says something else than {}, which is read here; the next build copies it",
            "{} 与此处读取的 {} 内容不同；下次构建会重新复制",
            copy.display(),
            beside.display()
        ));
    }
    Ok(told(&found.as_on_a_server(), arguments))
}

/// Looks at a component with its settings, as they could be read from their place.
pub(super) async fn findings(
    file: &Path,
    beside: &Path,
    settings: Result<Settings, Text>,
) -> Result<Findings, Stopped> {
    let bytes = wasm::read(file)?;
    let mut found = Findings::default();
    let settings = settings.unwrap_or_else(|problem| {
        found.problems.push(problem);
        Settings::default()
    });
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    found.add_placed(&name, &settings, &beside.display().to_string());
    let are_settings_read = found.problems.is_empty();
    match workbench::candidate(file, bytes.clone(), settings.clone()) {
        Err(problem) => {
            found.problems.push(problem);
            if let Err(problem) = check_component(&bytes) {
                found.problems.push(problem.text());
            }
        }
        Ok(candidate) => {
            let bench = Workbench::for_a_look(wasm::compile_settings(file, bytes.len())).await?;
            match bench.examine(candidate).await {
                Ok(examined) => found.add(&examined, &settings, &beside.display().to_string(), are_settings_read),
                Err(error) => found.problems.push(error.problem.text()),
            }
            bench.close().await;
        }
    }
    Ok(found)
}

/// A line for each finding.
pub(super) fn lines(found: &Findings) -> String {
    let problems = found.problems.iter().map(|problem| format!("problem: {problem}\n"));
    let notes = found.notes.iter().map(|note| format!("note: {note}\n"));
    problems.chain(notes).collect()
}

/// Findings as programs get them.
pub(super) fn english(texts: &[Text]) -> Vec<&str> {
    texts.iter().map(Text::en).collect()
}

/// The findings, as the command prints them.
fn told(found: &Findings, arguments: &CheckArguments) -> Printed {
    let is_good = found.problems.is_empty();
    if arguments.json {
        let said = json!({
            "ok": is_good, "file": arguments.file,
            "problems": english(&found.problems), "notes": english(&found.notes),
        });
        return Printed::new(format!("{said}\n"), is_good);
    }
    let file = arguments.file.display();
    let mut text = lines(found);
    text.push_str(&match found.problems.len() {
        0 => format!("A server would load {file}.\n"),
        count => format!("{}; a server would not load {file}.\n", amount(count, "problem")),
    });
    Printed::new(text, is_good)
}
