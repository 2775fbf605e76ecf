//! `plugin`: publishes plugins for all servers that share a PostgreSQL.

use std::{io::Write, path::PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::{Exit, Stopped};
use crate::{
    app::publish::{self, PublishError, PublishedPlugin},
    config::{self, Flags},
};

#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// Check a plugin and make it the one that serves under its name, on all servers
    Publish {
        /// The component
        file: PathBuf,
        /// Its name [default: the file's, without .wasm]
        #[arg(long)]
        name: Option<String>,
        /// What a file plugins/NAME.toml would say, for servers that have none
        #[arg(long, value_name = "FILE")]
        settings: Option<PathBuf>,
    },
    /// Show what is published, and how each server gets on with it
    List {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Take a plugin back from all servers
    Unpublish {
        /// Its name
        name: String,
    },
}

pub(super) async fn run(flags: &Flags, command: &PluginCommand) -> Result<(), Stopped> {
    let database = config::load_database(flags).map_err(|error| Stopped::new(Exit::Settings, &error))?;
    let said = match command {
        PluginCommand::Publish { file, name, settings } => {
            publish::publish(&database, file, name.as_deref(), settings.as_deref())
                .await
                .map(|name| format!("published {name}; see how the servers take it: lark-callback plugin list\n"))
        }
        PluginCommand::List { json } => publish::published(&database)
            .await
            .map(|all| if *json { as_json(&all) } else { as_text(&all) }),
        PluginCommand::Unpublish { name } => publish::unpublish(&database, name)
            .await
            .map(|()| format!("{name} is not published any more\n")),
    };
    let said = said.map_err(|error| {
        let exit = if matches!(error, PublishError::Store(_)) {
            Exit::Database
        } else {
            Exit::Failed
        };
        Stopped::new(exit, &error)
    })?;
    // Nobody reads it when standard output is closed.
    let _ = std::io::stdout().write_all(said.as_bytes());
    Ok(())
}

fn as_text(all: &[PublishedPlugin]) -> String {
    let mut text = String::new();
    for PublishedPlugin { version, reports } in all {
        text.push_str(&format!("{} {}\n", version.plugin, version.hash));
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

fn as_json(all: &[PublishedPlugin]) -> String {
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
                "changed_at_ms": version.changed_at_ms,
                "servers": servers,
            })
        })
        .collect();
    format!("{}\n", json!(plugins))
}
