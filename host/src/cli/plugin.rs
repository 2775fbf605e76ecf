//! `plugin`: makes, builds and tests plugins, lists them, and publishes them to all servers that share a PostgreSQL.

mod author;
mod build;
mod check;
mod dev;
mod fetch;
mod inspect;
mod language;
mod new;
mod sdk;
mod test;
mod wasm;

use std::{
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use clap::Subcommand;
use lark_callback_store::{Database, StoreSettings};
use serde_json::{Value, json};

use self::author::Printed;
use super::{
    Exit, Stopped,
    language::Language,
    operate::{PluginOrderCommand, Remote, plugin_orders},
};
use crate::{
    app::{
        install::{self, NewFile},
        publish::{self, PublishError, PublishedPlugin},
    },
    config::{self, ConfigError, Flags},
    plugin::{Limits, all_limits, limits_page},
    telemetry::escaped_lines,
};

#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    #[command(flatten)]
    Author(author::AuthorCommand),
    /// Check a plugin and publish it to all servers that share a PostgreSQL
    Publish {
        /// The component (.wasm) to publish
        file: PathBuf,
        /// Name of the plugin [default: the file name without .wasm]
        #[arg(long)]
        name: Option<String>,
        /// Settings file, as plugins/NAME.toml, for servers that have none of their own
        #[arg(long, value_name = "FILE")]
        settings: Option<PathBuf>,
    },
    /// List loaded plugins, those not loaded and why, and published plugins with their state on each server
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Every limit of a plugin with its default, its ceiling and its unit
    Limits {
        /// As the page of the manual, in Markdown
        #[arg(long)]
        markdown: bool,
        /// Language of the texts [default: that of the terminal]
        #[arg(long)]
        lang: Option<Language>,
    },
    /// Check a plugin and put it into the plugins folder, where the running server takes it
    Install {
        /// Component to install: a file, `https://HOST/NAME.wasm#sha256=HASH`, or `oci://REGISTRY/REPOSITORY:TAG`
        #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
        source: String,
        /// Name of the plugin [default: that of the file or repository]
        #[arg(long)]
        name: Option<String>,
        /// Signature of the component [default: the file of this name with .sig, if there is one]
        #[arg(long, value_name = "FILE")]
        signature: Option<PathBuf>,
    },
    /// Remove a published plugin from all servers
    Unpublish {
        /// Name of the plugin
        name: String,
    },
    #[command(flatten)]
    Order(PluginOrderCommand),
}

pub(super) async fn run(flags: &Flags, command: &PluginCommand) -> Result<(), Stopped> {
    let said = match command {
        PluginCommand::Author(command) => {
            let Printed { text, is_good } = author::run(flags, command).await?;
            let _ = std::io::stdout().write_all(escaped_lines(&text).as_bytes());
            return if is_good {
                Ok(())
            } else {
                // Everything has been said.
                Err(Stopped {
                    exit: Exit::Failed,
                    text: String::new(),
                })
            };
        }
        PluginCommand::Limits { markdown, lang } => limits(*markdown, *lang),
        PluginCommand::List { json } => list(flags, *json).await?,
        PluginCommand::Publish { file, name, settings } => {
            let keys = config::load_operator(flags)
                .map_err(|error| Stopped::new(Exit::Settings, &error))?
                .plugin_keys;
            let name = publish::publish((&database(flags)?, &keys), file, name.as_deref(), settings.as_deref()).await?;
            format!("published {name}; see its state on each server with: lark-callback plugin list\n")
        }
        PluginCommand::Install {
            source,
            name,
            signature,
        } => install(flags, source, name.as_deref(), signature.as_deref()).await?,
        PluginCommand::Order(command) => return plugin_orders(flags, command).await,
        PluginCommand::Unpublish { name } => {
            publish::unpublish(&database(flags)?, name).await?;
            format!("unpublished {name}\n")
        }
    };
    // A closed standard output is not an error here.
    let _ = std::io::stdout().write_all(escaped_lines(&said).as_bytes());
    Ok(())
}

/// The limits for a terminal, or as the page of the manual.
fn limits(markdown: bool, lang: Option<Language>) -> String {
    // The page is English unless asked otherwise, wherever it is made.
    if markdown {
        return limits_page(lang.unwrap_or(Language::En).into());
    }
    let of = match Language::chosen(lang) {
        Language::En => 0_usize,
        Language::Zh => 1,
    };
    let word = |words: [&'static str; 2]| words.get(of).copied().unwrap_or_default();
    let defaults = Limits::default();
    let texts = all_limits().iter().map(|limit| {
        let default = limit.of(&defaults);
        let default = default.map_or_else(|| word(limit.unset).to_owned(), |number| number.to_string());
        let (unit, counts) = (word(limit.unit), word(limit.counts));
        format!(
            "{} = {default}  (1 to {}{}{unit})\n    {counts}\n",
            limit.key,
            limit.ceiling,
            if unit.is_empty() { "" } else { " " }
        )
    });
    texts.collect()
}

/// Fetches a plugin, checks it, and puts it into the folder.
async fn install(flags: &Flags, source: &str, name: Option<&str>, signature: Option<&Path>) -> Result<String, Stopped> {
    let config = config::load_operator(flags).map_err(|error| Stopped::new(Exit::Settings, &error))?;
    let fetched = fetch::fetch(source).await?;
    let signature = signature.map(publish::read).transpose()?.or(fetched.signature);
    let new = NewFile {
        name: name.map_or(fetched.name, str::to_owned),
        wasm: fetched.wasm,
        signature,
    };
    let name = new.name.clone();
    let installed = install::install(&config.plugins_dir, &config.plugin_keys, new)
        .await
        .map_err(|error| Stopped::new(Exit::Failed, &error))?;
    Ok(format!(
        "installed {name} {} ({}) as {}; a running server takes it within a second: lark-callback plugin show {name}\n",
        installed.version,
        installed.hash,
        installed.path.display()
    ))
}

fn database(flags: &Flags) -> Result<StoreSettings, Stopped> {
    config::load_database(flags).map_err(|error| Stopped::new(Exit::Settings, &error))
}

/// Lists the plugins as reported by the running server, and the published ones on a PostgreSQL. Without a server, lists
/// the files in the folder.
async fn list(flags: &Flags, as_json: bool) -> Result<String, Stopped> {
    let wrong = |error: &ConfigError| Stopped::new(Exit::Settings, error);
    let config = config::load_operator(flags).map_err(|error| wrong(&error))?;
    let (serving, why_not) = match Remote::of_running(&config) {
        Ok(remote) => match remote.plugins().await {
            Ok(answer) => (answer.get("plugins").cloned(), None),
            // A rejected token must be reported, not hidden behind a listing of the folder.
            Err(error) if matches!(error.exit, Exit::Settings) => return Err(error),
            Err(error) => (None, Some(error.text)),
        },
        Err(error) => (None, Some(error.text)),
    };
    let published = match &config.store.database {
        Database::Postgres(_) => Some(publish::published(&config.store).await?),
        Database::Sqlite(_) => None,
    };
    let folder = config::load_plugins_dir(flags).map_err(|error| wrong(&error))?;
    let files = if serving.is_none() { files(&folder)? } else { Vec::new() };
    if as_json {
        let published = published.as_deref().map(published_as_json);
        return Ok(format!(
            "{}\n",
            json!({"serving": serving, "published": published, "files": files})
        ));
    }
    let mut text = match &serving {
        Some(plugins) => serving_as_text(plugins),
        None => files_as_text(&folder, &files, why_not.as_deref().unwrap_or_default()),
    };
    if let Some(published) = published {
        text.push_str("\npublished for all servers on this PostgreSQL:\n");
        text.push_str(&published_as_text(&published));
    }
    Ok(text)
}

/// Names of the plugins in the folder. Whether they load is known only to a server.
fn files(folder: &Path) -> Result<Vec<String>, Stopped> {
    let found = match std::fs::read_dir(folder) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            let mut stopped = Stopped::new(Exit::Failed, &error);
            stopped.text = format!("the folder {} cannot be read: {}", folder.display(), stopped.text);
            return Err(stopped);
        }
    };
    let mut names: Vec<_> = found
        .filter_map(Result::ok)
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".wasm"))
        .collect();
    names.sort();
    Ok(names)
}

fn files_as_text(folder: &Path, files: &[String], why_not: &str) -> String {
    let mut text = format!("no server could be asked ({why_not})\n");
    if files.is_empty() {
        text.push_str(&format!("the folder {} contains no plugins\n", folder.display()));
    } else {
        text.push_str(&format!("the folder {} contains:\n", folder.display()));
    }
    for file in files {
        text.push_str(&format!("  {file}\n"));
    }
    text
}

fn serving_as_text(plugins: &Value) -> String {
    let mut text = String::new();
    for plugin in plugins.as_array().into_iter().flatten() {
        let field = |pointer: &str| plugin.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let short = |hash: &str| hash.get(..12).unwrap_or(hash).to_owned();
        let name = field("/name");
        match plugin.get("active") {
            Some(active) if active.is_object() => {
                let (version, hash) = (field("/active/version"), short(field("/active/hash")));
                let is_paused = plugin.pointer("/active/paused") == Some(&Value::Bool(true));
                let state = if is_paused { "is paused" } else { "serves" };
                let source = field("/active/source");
                let apps = plugin.pointer("/active/apps").and_then(Value::as_array);
                let apps = apps.map_or(String::new(), |apps| {
                    let names: Vec<_> = apps.iter().filter_map(Value::as_str).collect();
                    format!(", for {}", names.join(", "))
                });
                text.push_str(&format!("{name} {version} {hash} {state}{apps}, from {source}\n"));
                let rest = (field("/active/canary/rest/version"), field("/active/canary/rest/hash"));
                if !rest.1.is_empty() {
                    text.push_str(&format!(
                        "  as a canary; {} {} serves the rest\n",
                        rest.0,
                        short(rest.1)
                    ));
                }
            }
            _ if plugin.get("disabled_by_command") == Some(&Value::Bool(true)) => {
                text.push_str(&format!(
                    "{name} is disabled by a command; lark-callback plugin enable {name}\n"
                ));
            }
            _ if plugin.get("disabled") == Some(&Value::Bool(true)) => {
                text.push_str(&format!(
                    "{name} is disabled by {name}.toml; events that arrive meanwhile are not stored for it\n"
                ));
            }
            _ => text.push_str(&format!("{name} does not serve\n")),
        }
        if let Some(backoff) = plugin.get("backoff").filter(|backoff| backoff.is_object()) {
            let crashes = backoff.get("crashes").and_then(Value::as_u64).unwrap_or_default();
            let seconds = backoff.get("seconds").and_then(Value::as_f64).unwrap_or_default();
            let until = if seconds > 0.0 {
                format!("not called for another {seconds:.0} s")
            } else {
                "the next call is its trial".to_owned()
            };
            text.push_str(&format!(
                "  backing off: {crashes} crashes in a row, {until}: {}\n",
                field("/backoff/error")
            ));
        }
        for schedule in plugin.get("schedules").and_then(Value::as_array).into_iter().flatten() {
            text.push_str(&schedule_as_text(schedule));
        }
        if plugin.get("held").is_some_and(Value::is_object) {
            text.push_str(&format!(
                "  not used: {}: {}\n",
                field("/held/source"),
                field("/held/reason")
            ));
        }
    }
    if text.is_empty() {
        text.push_str("no plugin\n");
    }
    text
}

fn schedule_as_text(schedule: &Value) -> String {
    let field = |name: &str| schedule.get(name).and_then(Value::as_str);
    let missed = match schedule.get("missed").and_then(Value::as_u64) {
        None | Some(0) => String::new(),
        Some(missed) => format!(", {missed} missed"),
    };
    format!(
        "  task {} at {} {} for {}: next {}, last {}{missed}\n",
        field("task").unwrap_or_default(),
        field("at").unwrap_or_default(),
        field("zone").unwrap_or_default(),
        field("app").unwrap_or_default(),
        field("next").unwrap_or("never"),
        field("last").unwrap_or("never"),
    )
}

impl From<PublishError> for Stopped {
    fn from(error: PublishError) -> Self {
        let exit = match &error {
            PublishError::Store(_) => Exit::Database,
            PublishError::Unknown { .. } => Exit::NotFound,
            _ => Exit::Failed,
        };
        Self::new(exit, &error)
    }
}

fn published_as_text(all: &[PublishedPlugin]) -> String {
    let mut text = String::new();
    if all.is_empty() {
        text.push_str("  none\n");
    }
    for PublishedPlugin { version, reports } in all {
        text.push_str(&format!("{} {}\n", version.plugin, version.hash));
        if let Some(origin) = &version.settings_origin {
            text.push_str(&format!("  settings from {origin}\n"));
        }
        if version.signature.is_some() {
            text.push_str("  signed\n");
        }
        for report in reports {
            let state = match &report.hash {
                Some(hash) if *hash == version.hash => "serves it",
                Some(_) => "serves another one",
                None => "serves nothing under this name",
            };
            let reason = report
                .reason
                .as_ref()
                .map_or(String::new(), |reason| format!(" ({reason})"));
            text.push_str(&format!("  {} {state}{reason}\n", report.node));
        }
    }
    text
}

fn published_as_json(all: &[PublishedPlugin]) -> Value {
    let plugins: Vec<_> = all
        .iter()
        .map(|PublishedPlugin { version, reports }| {
            let servers: Vec<_> = reports
                .iter()
                .map(|report| json!({"server": report.node, "hash": report.hash, "reason": report.reason}))
                .collect();
            json!({
                "name": version.plugin,
                "hash": version.hash,
                "changed_by": version.changed_by,
                "settings_origin": version.settings_origin,
                "is_signed": version.signature.is_some(),
                "changed_at_ms": version.changed_at_ms,
                "servers": servers,
            })
        })
        .collect();
    json!(plugins)
}
