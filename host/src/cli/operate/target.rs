//! Access to the database: through the server that holds it, or directly when none does.

use std::path::Path;

use lark_callback_store::{Database, Retention, Store, StoreError, announced};
use serde_json::Value;

use super::remote::Remote;
use crate::{
    app::{now_ms, published_names, shipped_names},
    cli::{Exit, Stopped},
    config::OperatorConfig,
    operate::{Actor, Command, Context, Role},
    telemetry::PluginLogs,
};

/// Place where commands are executed.
#[derive(Debug)]
pub(in crate::cli) enum Target {
    /// In this process.
    Open {
        store: Store,
        retention: Retention,
        plugins: Vec<String>,
        actor: Actor,
        /// State of the plugins on the server of these settings; null when none was asked.
        serving: Value,
    },
    /// By the server that holds the database.
    Server(Remote),
}

impl Target {
    /// Asks the server that holds the SQLite file; without one, opens the file. PostgreSQL is shared and opened
    /// directly.
    pub(in crate::cli) async fn find(config: &OperatorConfig) -> Result<Self, Stopped> {
        match missing_file(config) {
            Some(path) => Err(missing(path)),
            None => Self::find_or_make(config).await,
        }
    }

    /// Does the same; none when there is no database yet.
    pub(in crate::cli) async fn find_existing(config: &OperatorConfig) -> Result<Option<Self>, Stopped> {
        match missing_file(config) {
            Some(_) => Ok(None),
            None => Self::find_or_make(config).await.map(Some),
        }
    }

    /// Does the same, but creates a missing database.
    pub(super) async fn find_or_make(config: &OperatorConfig) -> Result<Self, Stopped> {
        if let Database::Sqlite(path) = &config.store.database
            && let Some(address) = announced(path)
        {
            return Ok(Self::Server(Remote::at(&address, config)?));
        }
        match Store::open(&config.store).await {
            Ok(store) => Ok(Self::Open {
                plugins: plugins(config, &store).await,
                store,
                retention: config.retention.clone(),
                actor: actor(config),
                serving: Value::Null,
            }),
            Err(StoreError::Locked { path }) => Err(Stopped {
                exit: Exit::Database,
                text: format!(
                    "a server is using the database {}, but its operator's listener does not answer; start it \
                     without CALLBACK_ADMIN=off \
                     and with a free CALLBACK_ADMIN_PORT, or stop it",
                    path.display()
                ),
            }),
            Err(error) => Err(Stopped::new(Exit::Database, &error)),
        }
    }

    /// Adds what the server of these settings serves, if one runs beside a database that is opened directly.
    pub(super) async fn beside_server(mut self, config: &OperatorConfig) -> Self {
        if let Self::Open { serving, .. } = &mut self
            && let Ok(remote) = Remote::of_running(config)
            && let Ok(mut answer) = remote.plugins().await
        {
            *serving = answer.get_mut("plugins").map(Value::take).unwrap_or_default();
        }
        self
    }

    pub(in crate::cli) async fn execute(&self, command: &Command) -> Result<Value, Stopped> {
        match self {
            Self::Open {
                store,
                retention,
                plugins,
                actor,
                serving,
            } => {
                let context = Context {
                    store,
                    retention,
                    plugins,
                    serving,
                    logs: &PluginLogs::default(),
                    actor,
                    record: None,
                    now_ms: now_ms(),
                };
                Ok(command.execute(context).await?)
            }
            Self::Server(remote) => remote.execute(command).await,
        }
    }
}

impl Target {
    /// Closes the database, so that a server can open it.
    pub(in crate::cli) async fn close(&self) {
        if let Self::Open { store, .. } = self {
            store.close().await;
        }
    }
}

/// Whoever gives the command. An agent that was given the viewer's token alone is a viewer also where no server is asked.
fn actor(config: &OperatorConfig) -> Actor {
    let operator = Actor::of_command_line(config.operator.as_deref());
    let (token, viewers) = (&config.admin.token, &config.admin.viewers);
    if token.is_none() && viewers.token.is_some() {
        return Actor {
            role: Role::Viewer,
            sees_payloads: viewers.see_payloads,
            ..operator
        };
    }
    operator
}

/// Plugins that a server with these settings would load, as far as is known without loading them: those in its folder,
/// the built-in ones, and those that servers of the same PostgreSQL share or serve.
async fn plugins(config: &OperatorConfig, store: &Store) -> Vec<String> {
    let mut plugins = shipped_names();
    plugins.extend(published_names(store).await);
    // A missing folder contains no plugins.
    let files = std::fs::read_dir(&config.plugins_dir).into_iter().flatten().flatten();
    plugins.extend(files.filter_map(|file| {
        let name = file.file_name().into_string().ok()?;
        Some(name.strip_suffix(".wasm")?.to_owned())
    }));
    plugins
}

/// The SQLite file that neither is there nor belongs to a server.
fn missing_file(config: &OperatorConfig) -> Option<&Path> {
    match &config.store.database {
        Database::Sqlite(path) if announced(path).is_none() && !path.is_file() => Some(path),
        _ => None,
    }
}

fn missing(path: &Path) -> Stopped {
    Stopped {
        exit: Exit::Database,
        text: format!(
            "there is no database {}; check TOKEN_DB_PATH and the working folder, or create it with `lark-callback \
             db migrate`",
            path.display()
        ),
    }
}
