//! `plugin inspect`: what a component is made of, what it asks for, and what its operator has to add.

use std::{collections::BTreeMap, path::PathBuf};

use serde_json::json;

use super::{Printed, wasm};
use crate::{
    app::workbench::{self, Workbench},
    cli::{Exit, Stopped},
    openapi::{ScopeNeed, scopes_of_grant},
    plugin::{CodeSizes, Description, Examined, Part, Settings, code_sizes, parts, to_add},
    telemetry::{amount, chain, on_one_line},
};

/// Arguments of `plugin inspect`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct InspectArguments {
    /// The component
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Looks at a component; one that no server would load is an error.
pub(super) async fn run(arguments: &InspectArguments) -> Result<Printed, Stopped> {
    let file = &arguments.file;
    let bytes = wasm::read(file)?;
    let refused = |text: String| Stopped {
        exit: Exit::Failed,
        text: format!("{}: {text}", file.display()),
    };
    let candidate = workbench::candidate(file, bytes.clone(), Settings::default())
        .map_err(|problem| refused(problem.to_string()))?;
    let bench = Workbench::for_a_look(wasm::compile_settings(file, bytes.len())).await?;
    let examined = bench.examine(candidate).await;
    bench.close().await;
    let examined = examined.map_err(|error| refused(chain(&error.problem)))?;
    let parts = parts(&bytes).map_err(|problem| refused(chain(&problem)))?;
    let code = code_sizes(&bytes).map_err(|problem| refused(chain(&problem)))?;
    let text = if arguments.json {
        as_json(&examined, bytes.len(), &parts, &code)
    } else {
        as_text(&examined, bytes.len(), &parts, &wasm::plugin_name(file)) + &code_as_text(&code)
    };
    Ok(Printed::new(text, true))
}

fn as_json(examined: &Examined, bytes: usize, parts: &[Part], code: &CodeSizes) -> String {
    let description = &examined.description;
    let parts: BTreeMap<&str, u64> = parts.iter().map(|part| (part.name.as_str(), part.bytes)).collect();
    let said = json!({
        "name": description.name,
        "version": description.version,
        "hash": examined.hash,
        "event_types": description.event_types,
        "finishes_late": description.finishes_late,
        "ordering_key": description.ordering_key,
        "wants": description.wants,
        "settings": to_add(&description.wants, &description.config_kinds),
        "scopes": scopes(description),
        "imports": examined.imports,
        "bytes": bytes,
        "parts": parts,
        "code": sizes_as_json(&code.packages),
        "largest_functions": sizes_as_json(&code.functions),
        "memory_bytes_at_start": examined.memory_bytes,
    });
    format!("{said}\n")
}

fn as_text(examined: &Examined, bytes: usize, parts: &[Part], name: &str) -> String {
    let description = &examined.description;
    let mut text = format!(
        "{} {}, sha256 {}\n",
        description.name, description.version, examined.hash
    );
    let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:<9} {value}\n"));
    line("events", &description.event_types.join(", "));
    if let Some(key) = &description.ordering_key {
        line("order", &format!("events with the same {key} one after the other"));
    }
    if description.finishes_late {
        line("late", "a call may go on after \"working on it\" was shown");
    }
    let largest: Vec<String> = parts
        .iter()
        .take(4)
        .map(|part| format!("{} {}", part.name, wasm::size(part.bytes)))
        .collect();
    line("size", &format!("{}: {}", wasm::size(bytes as u64), largest.join(", ")));
    if parts.iter().any(|part| part.name == "debug information") {
        line(
            "",
            "leave the debug information out: strip = \"debuginfo\" under [profile.release]",
        );
    }
    line(
        "memory",
        &format!("{} at the start of each call", wasm::size(examined.memory_bytes)),
    );
    line("imports", &examined.imports.join("\n            "));
    let to_add = to_add(&description.wants, &description.config_kinds);
    if to_add.is_empty() {
        line("wants", "nothing");
    } else {
        text.push_str(&format!("\nneeds in plugins/{name}.toml:\n\n{to_add}"));
    }
    let scopes = scopes(description);
    if !scopes.is_empty() {
        text.push_str("\nneeds of the application in the developer console, one scope of each line:\n\n");
        for (call, scopes) in scopes {
            let scopes = scopes.map_or("not known here; see Lark's page of the call".to_owned(), |scopes| {
                scopes.join(", ")
            });
            text.push_str(&format!("  {call}: {scopes}\n"));
        }
    }
    text
}

/// Calls that a plugin wants, each with the scopes any one of which is enough; none where they are not known. A call that
/// needs no scope is not among them.
fn scopes(description: &Description) -> BTreeMap<String, Option<Vec<&'static str>>> {
    let calls = description.wants.iter();
    let calls = calls.filter(|want| matches!(&*want.kind, "openapi" | "openapi_as_user"));
    let mut needed = BTreeMap::new();
    for call in calls {
        let scopes = match scopes_of_grant(&call.value) {
            ScopeNeed::Nothing => continue,
            ScopeNeed::OneOf(scopes) => Some(scopes.to_vec()),
            ScopeNeed::Unknown => None,
        };
        needed.insert(on_one_line(&call.value), scopes);
    }
    needed
}

fn sizes_as_json(sizes: &[(String, u64)]) -> Vec<serde_json::Value> {
    let sizes = sizes.iter();
    sizes
        .map(|(name, bytes)| json!({"name": name, "bytes": bytes}))
        .collect()
}

/// What makes it big: the packages that most of the code comes from, and the largest functions.
fn code_as_text(code: &CodeSizes) -> String {
    const PACKAGES_MAX: usize = 8;
    const FUNCTIONS_MAX: usize = 5;
    let mut text = "\ncode by the package that it comes from:\n".to_owned();
    let mut line = |name: &str, bytes: u64| text.push_str(&format!("  {:>10}  {name}\n", wasm::size(bytes)));
    let (shown, others) = code.packages.split_at(code.packages.len().min(PACKAGES_MAX));
    for (name, bytes) in shown {
        line(name, *bytes);
    }
    if !others.is_empty() {
        let bytes = others.iter().map(|(_, bytes)| bytes).sum();
        line(&amount(others.len(), "other"), bytes);
    }
    text.push_str("largest functions:\n");
    for (name, bytes) in code.functions.iter().take(FUNCTIONS_MAX) {
        text.push_str(&format!("  {:>10}  {name}\n", wasm::size(*bytes)));
    }
    text
}
