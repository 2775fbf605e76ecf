//! `plugin check`: whether a server would load a plugin with its settings; every finding with what to do.

use std::path::PathBuf;

use serde_json::json;

use super::{Printed, wasm};
use crate::{
    app::workbench::{self, Workbench},
    cli::Stopped,
    config::{self, Flags},
    plugin::{Examined, LoadProblem, Settings, check_component},
    telemetry::chain,
};

/// Arguments of `plugin check`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct CheckArguments {
    /// The component
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Its settings [default: the .toml file of the same name beside it]
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Findings about a plugin.
#[derive(Debug, Default)]
struct Findings {
    /// A server would not load it.
    problems: Vec<String>,
    /// It would, and something is worth knowing.
    notes: Vec<String>,
}

/// Interfaces whose calls need an entry of `[grant]`: the kinds, and an entry as an example.
const GRANTED: [(&str, &[&str], &str); 4] = [
    (
        "lark-callback:plugin/openapi@",
        &["openapi", "openapi_as_user"],
        "openapi = [\"POST /open-apis/im/v1/messages\"]",
    ),
    (
        "lark-callback:plugin/media@",
        &["openapi"],
        "openapi = [\"POST /open-apis/im/v1/images\"]",
    ),
    (
        "lark-callback:plugin/http@",
        &["http", "http_private"],
        "http = [\"GET https://api.example.com/**\"]",
    ),
    ("lark-callback:plugin/oauth@", &["oauth"], "oauth = [\"authorize\"]"),
];

/// Checks; the answer is not good when a server would not load it.
pub(super) async fn run(flags: &Flags, arguments: &CheckArguments) -> Result<Printed, Stopped> {
    let file = &arguments.file;
    let bytes = wasm::read(file)?;
    let mut found = Findings::default();
    let beside = wasm::settings_file(file, arguments.settings.as_deref())?;
    let settings = workbench::read_settings(&beside, &config::load_variables(flags)).unwrap_or_else(|problem| {
        found.problems.push(problem);
        Settings::default()
    });
    if !settings.enabled {
        found.notes.push(format!(
            "{}: `enabled = false`: a server does not load it",
            beside.display()
        ));
    }
    let are_settings_read = found.problems.is_empty();
    match workbench::candidate(file, bytes.clone(), settings.clone()) {
        Err(problem) => {
            found.problems.push(problem);
            if let Err(problem) = check_component(&bytes) {
                found.problems.push(chain(&problem));
            }
        }
        Ok(candidate) => {
            let bench = Workbench::for_a_look(config::author_cache_dir()).await?;
            match bench.examine(candidate).await {
                Ok(examined) => found.add(&examined, &settings, &beside.display().to_string(), are_settings_read),
                Err(error) => found.problems.push(chain(&error.problem)),
            }
            bench.close().await;
        }
    }
    Ok(found.told(arguments))
}

impl Findings {
    fn add(&mut self, examined: &Examined, settings: &Settings, beside: &str, are_settings_read: bool) {
        // What settings lack that could not be read is not known.
        if !examined.missing.is_empty() && are_settings_read {
            let problem = LoadProblem::Wants {
                file: beside.to_owned(),
                missing: examined.missing.clone(),
                description: Box::new(examined.description.clone()),
            };
            self.problems.push(chain(&problem));
        }
        for (name, nearest) in examined.description.unknown_event_types() {
            self.notes.push(format!(
                "no event type {name} is documented; did you mean {nearest}? A misspelt one is never delivered"
            ));
        }
        for (interface, kinds, example) in GRANTED {
            let is_imported = examined.imports.iter().any(|import| import.starts_with(interface));
            let granted = |kind: &&str| settings.grant.get(*kind).is_some_and(|list| !list.is_empty());
            let is_wanted = examined
                .description
                .wants
                .iter()
                .any(|want| kinds.contains(&want.kind.as_str()));
            if is_imported && are_settings_read && !is_wanted && !kinds.iter().any(granted) {
                let name = interface.trim_end_matches('@');
                self.notes.push(format!(
                    "it imports {name}, and nothing is granted for it, so each of its calls will be refused; what it needs \
                     goes into {beside}, for example `{example}` under [grant]; list it in WANTS too, so that a server that \
                     lacks it says so when it loads the plugin"
                ));
            }
        }
    }

    fn told(&self, arguments: &CheckArguments) -> Printed {
        let is_good = self.problems.is_empty();
        if arguments.json {
            let said = json!({"ok": is_good, "file": arguments.file, "problems": self.problems, "notes": self.notes});
            return Printed::new(format!("{said}\n"), is_good);
        }
        let file = arguments.file.display();
        let mut text = String::new();
        for problem in &self.problems {
            text.push_str(&format!("problem: {problem}\n"));
        }
        for note in &self.notes {
            text.push_str(&format!("note: {note}\n"));
        }
        text.push_str(&match self.problems.len() {
            0 => format!("A server would load {file}.\n"),
            1 => format!("1 problem; a server would not load {file}.\n"),
            count => format!("{count} problems; a server would not load {file}.\n"),
        });
        Printed::new(text, is_good)
    }
}
