//! Publishing plugins for all servers that share a database, from outside of them.

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use lark_callback_store::{Database, NewPlugin, PluginReport, PluginVersion, Store, StoreError, StoreSettings};

use super::now_ms;
use crate::{
    plugin::{Candidate, Engine, EngineError, EngineSettings, LoadError, LoadProblem, Settings, SettingsError, Source},
    reload,
};

/// As much as a folder of plugins takes.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Why a plugin was not published, taken back or listed.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine that tries it.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// No plugin may have this name.
    #[error("{name:?} cannot be the name of a plugin: {reason}; give another with --name")]
    Name {
        /// The name.
        name: String,
        /// Why not.
        reason: String,
    },
    /// The operator's side cannot be used.
    #[error("the settings in {path} cannot be used")]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: SettingsError,
    },
    /// It would serve nowhere.
    #[error("nothing is published{}", remedy(.0))]
    Load(#[from] LoadError),
    /// There is nobody to publish it for.
    #[error(
        "the database is the SQLite file {path}, which belongs to a single server; publishing is for servers that \
          share a PostgreSQL (DATABASE_URL). With a single server copy the plugin into its folder \
          (CALLBACK_PLUGINS_DIR): it is loaded at once"
    )]
    NotShared {
        /// The database.
        path: PathBuf,
    },
    /// There is none of this name.
    #[error("no plugin {name} is published; see: lark-callback plugin list")]
    Unknown {
        /// The name.
        name: String,
    },
}

/// What a plugin asks for is the only thing that can be put right beside it.
fn remedy(error: &LoadError) -> &'static str {
    match error.problem {
        LoadProblem::Wants { .. } => {
            "; what it asks for is given to it in a file like plugins/NAME.toml, with --settings FILE"
        }
        _ => "",
    }
}

/// What is published, and how the servers get on with it.
#[derive(Debug)]
pub struct PublishedPlugin {
    /// What is to serve.
    pub version: PluginVersion,
    /// What the servers said.
    pub reports: Vec<PluginReport>,
}

/// Loads a plugin as a server would, and makes it the one that serves under its name. Tells the name.
///
/// # Errors
/// [`PublishError`]; then what was published before still is.
pub async fn publish(
    database: &StoreSettings,
    file: &Path,
    name: Option<&str>,
    settings: Option<&Path>,
) -> Result<String, PublishError> {
    check_shared(database)?;
    let name = name.map_or_else(
        || file.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        str::to_owned,
    );
    reload::check_name(&name).map_err(|reason| PublishError::Name {
        name: name.clone(),
        reason,
    })?;
    let wasm = read(file)?;
    let text = settings.map(|path| read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()));
    let text = text.transpose()?;
    let parsed = match (settings, &text) {
        (Some(path), Some(text)) => Settings::parse(text).map_err(|source| PublishError::Settings {
            path: path.to_owned(),
            source,
        })?,
        _ => Settings::default(),
    };
    let store = Store::open(database).await?;
    let engine = Engine::start(EngineSettings::default(), store.clone())?;
    let candidate = Candidate {
        name: name.clone(),
        source: Source::File(file.to_owned()),
        wasm: wasm.clone().into(),
        settings: parsed,
    };
    let plugin = engine.load(candidate).await?;
    let new = NewPlugin {
        plugin: name.clone(),
        hash: plugin.hash().to_owned(),
        wasm,
        settings: text,
        by: "the command line".to_owned(),
        now_ms: now_ms(),
    };
    store.publish_plugin(new).await?;
    store.close().await;
    Ok(name)
}

/// Takes a plugin back.
///
/// # Errors
/// [`PublishError`].
pub async fn unpublish(database: &StoreSettings, name: &str) -> Result<(), PublishError> {
    check_shared(database)?;
    let store = Store::open(database).await?;
    let was_there = store.unpublish_plugin(name).await?;
    store.close().await;
    if was_there {
        return Ok(());
    }
    Err(PublishError::Unknown { name: name.to_owned() })
}

/// What is published.
///
/// # Errors
/// [`PublishError`].
pub async fn published(database: &StoreSettings) -> Result<Vec<PublishedPlugin>, PublishError> {
    let store = Store::open(database).await?;
    let reports = store.plugin_reports().await?;
    let versions = store.published_plugins().await?;
    store.close().await;
    let of = |version: PluginVersion| PublishedPlugin {
        reports: reports
            .iter()
            .filter(|report| report.plugin == version.plugin)
            .cloned()
            .collect(),
        version,
    };
    Ok(versions.into_iter().map(of).collect())
}

/// Whether several servers can have the database. A file is not even opened: the server that runs has it.
fn check_shared(database: &StoreSettings) -> Result<(), PublishError> {
    match &database.database {
        Database::Sqlite(path) => Err(PublishError::NotShared { path: path.clone() }),
        Database::Postgres(_) => Ok(()),
    }
}

/// A regular file: reading a pipe may wait for ever, and a device may have no end.
fn read(path: &Path) -> Result<Vec<u8>, PublishError> {
    let bounded = || {
        let kind = std::fs::metadata(path)?;
        if !kind.is_file() && !kind.is_dir() {
            return Err(io::Error::other("it is not a regular file"));
        }
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path)?;
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(io::Error::other(format!("it has more than {FILE_BYTES_MAX} bytes")));
        }
        Ok(bytes)
    };
    bounded().map_err(|source| PublishError::Read {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::{error::Error as _, path::Path};

    use super::read;

    #[test]
    fn a_file_without_end_is_not_read() {
        let error = read(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(error.source().unwrap().to_string(), "it is not a regular file");
    }
}
