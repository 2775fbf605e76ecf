//! `plugin`: makes, builds and tests plugins, lists them, and publishes them to all servers that share a PostgreSQL.

mod author;
mod build;
mod check;
mod dev;
mod fetch;
mod inspect;
mod language;
mod list;
mod new;
mod sdk;
mod test;
mod wasm;

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use lark_callback_store::StoreSettings;

use self::author::Printed;
use super::{
    Exit, Stopped,
    language::Language,
    operate::{PluginDataCommand, PluginOrderCommand, Target, plugin_data, plugin_orders},
};
use crate::{
    app::{
        install::{self, Installed, NewFile},
        publish::{self, PublishError},
    },
    config::{self, Flags, OperatorConfig},
    operate::{self, InstalledPlugin},
    plugin::{CompileSettings, Limits, all_limits, limits_page},
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
    #[command(flatten)]
    Data(PluginDataCommand),
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
        PluginCommand::List { json } => list::list(flags, *json).await?,
        PluginCommand::Publish { file, name, settings } => {
            let config = config::load_operator(flags).map_err(|error| Stopped::new(Exit::Settings, &error))?;
            let (keys, operator) = (&config.plugin_keys, config.operator.as_deref());
            let (name, settings) = (name.as_deref(), settings.as_deref());
            let name = publish::publish((&database(flags)?, keys), file, name, settings, operator).await?;
            format!("published {name}; see its state on each server with: lark-callback plugin list\n")
        }
        PluginCommand::Install {
            source,
            name,
            signature,
        } => install(flags, source, name.as_deref(), signature.as_deref()).await?,
        PluginCommand::Order(command) => return plugin_orders(flags, command).await,
        PluginCommand::Data(command) => return plugin_data(flags, command).await,
        PluginCommand::Unpublish { name } => {
            let config = config::load_operator(flags).map_err(|error| Stopped::new(Exit::Settings, &error))?;
            publish::unpublish(&database(flags)?, name, config.operator.as_deref()).await?;
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
    let compile = CompileSettings {
        long: Some(wasm::told_when_long(&format!("{name}.wasm"), new.wasm.len(), false)),
        ..CompileSettings::default()
    };
    let installed = install::install(&config.plugins_dir, &config.plugin_keys, new, compile)
        .await
        .map_err(|error| Stopped::new(Exit::Failed, &error))?;
    record_installed(&config, &name, &installed).await;
    Ok(format!(
        "installed {name} {} ({}) as {}; a running server takes it within a second, unless it was sent back before or a version is pinned: \
         lark-callback plugin show {name}\n",
        installed.version,
        installed.hash,
        installed.path.display()
    ))
}

/// Has the database note it, where there is one: the plugin is in its place, whatever comes of the note.
async fn record_installed(config: &OperatorConfig, name: &str, installed: &Installed) {
    let target = match Target::find_existing(config).await {
        Ok(Some(target)) => target,
        Ok(None) => return,
        Err(stopped) => return unrecorded(&stopped),
    };
    let command = operate::Command::PluginInstalled(InstalledPlugin {
        plugin: name.to_owned(),
        version: installed.version.clone(),
        hash: installed.hash.clone(),
    });
    if let Err(stopped) = target.execute(&command).await {
        unrecorded(&stopped);
    }
    target.close().await;
}

fn unrecorded(stopped: &Stopped) {
    let text = format!(
        "lark-callback: warning: installed, but not recorded in the audit: {}\n",
        stopped.text
    );
    let _ = std::io::stderr().write_all(escaped_lines(&text).as_bytes());
}

fn database(flags: &Flags) -> Result<StoreSettings, Stopped> {
    config::load_database(flags).map_err(|error| Stopped::new(Exit::Settings, &error))
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
