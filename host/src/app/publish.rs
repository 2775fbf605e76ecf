//! Publishing of plugins to all servers that share a database, from outside of them.

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use lark_callback_store::{
    Database, NewPlugin, PluginReport, PluginVersion, Store, StoreError, StoreSettings, Touched,
};

use super::now_ms;
use crate::{
    codes::{Text, told},
    operate::{Actor, AuditedChange, Record, text_of_store},
    plugin::{
        Candidate, Engine, EngineError, EngineSettings, LoadError, LoadProblem, Settings, SettingsError,
        SignatureError, Source, TrustedKeys,
    },
    reload,
};

/// Same limit as for a file in the plugins folder.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Reason why a plugin was not published, unpublished or listed.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine that loads it for a trial.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A file cannot be read.
    #[error("{path} cannot be read")]
    Read {
        /// Path of the file.
        path: PathBuf,
        /// Error from the operating system.
        source: io::Error,
    },
    /// The name is not allowed for a plugin.
    #[error("{name:?} cannot be the name of a plugin: {reason}; give another with --name")]
    Name {
        /// Name as given.
        name: String,
        /// Reason.
        reason: Text,
    },
    /// The plugin's settings file is not usable.
    #[error("the settings in {path} cannot be used")]
    Settings {
        /// Path of the file.
        path: PathBuf,
        /// Error in its content.
        source: SettingsError,
    },
    /// The plugin would not load on any server.
    #[error("nothing is published{}", remedy(.0))]
    Load(#[from] LoadError),
    /// Nobody vouches for it.
    #[error("nothing is published")]
    Signature(#[source] SignatureError),
    /// The database belongs to a single server.
    #[error(
        "the database is the SQLite file {path}, which belongs to a single server; publishing is for servers that \
          share a PostgreSQL (DATABASE_URL). With a single server copy the plugin into its folder \
          (CALLBACK_PLUGINS_DIR): it is loaded at once"
    )]
    NotShared {
        /// Path of the SQLite file.
        path: PathBuf,
    },
    /// No plugin of this name is published.
    #[error("no plugin {name} is published; see: lark-callback plugin list")]
    Unknown {
        /// Name as given.
        name: String,
    },
}

/// Missing permissions are the only problem that the settings file can fix.
fn remedy(error: &LoadError) -> &'static str {
    match error.problem {
        LoadProblem::Wants { .. } => {
            "; grant what it asks for in a file like plugins/NAME.toml and pass that with --settings FILE"
        }
        LoadProblem::ConfigTypes { .. } => "; the file is the one that you pass with --settings FILE",
        _ => "",
    }
}

/// Published plugin, with its state on each server.
#[derive(Debug)]
pub struct PublishedPlugin {
    /// Published version.
    pub version: PluginVersion,
    /// Reports of the servers.
    pub reports: Vec<PluginReport>,
}

/// Loads a plugin as a server would, and publishes it. Returns its name.
///
/// # Errors
/// [`PublishError`]; the version published before then stays in place.
pub async fn publish(
    (database, keys): (&StoreSettings, &TrustedKeys),
    file: &Path,
    name: Option<&str>,
    settings: Option<&Path>,
    operator: Option<&str>,
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
    let signature = signature(file)?;
    if keys.is_asked_for() {
        keys.check(&wasm, signature.as_deref())
            .map_err(PublishError::Signature)?;
    }
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
        hash: None,
        settings: parsed,
    };
    let plugin = engine.load(candidate).await?;
    let new = NewPlugin {
        plugin: name.clone(),
        hash: plugin.hash().to_owned(),
        wasm,
        settings: text,
        settings_origin: settings.map(origin),
        signature,
        by: "the command line".to_owned(),
        now_ms: now_ms(),
    };
    let published = recorded(&store, operator, ("plugin publish", &name), async {
        store.publish_plugin(new).await.map(|_| true)
    });
    let published = published.await;
    store.close().await;
    published.map(|_| name)
}

/// Makes a change of a published plugin, on record. It tells whether it found anything to change.
async fn recorded(
    store: &Store,
    operator: Option<&str>,
    (command, plugin): (&str, &str),
    made: impl Future<Output = Result<bool, StoreError>>,
) -> Result<bool, PublishError> {
    let change = AuditedChange {
        command: command.to_owned(),
        arguments: serde_json::json!({"plugin": plugin}),
        touched: vec![(Touched::Plugin, plugin.to_owned())],
    };
    let record = Record::begin(store, &Actor::of_command_line(operator), change, now_ms()).await?;
    let done = made.await;
    let ended = match &done {
        Ok(true) => Ok(serde_json::json!({})),
        Ok(false) => Err((
            "not_found",
            told!("no plugin {plugin} is published", "没有发布过插件 {plugin}"),
        )),
        Err(error) => Err(("storage", text_of_store(error))),
    };
    record.end(store, ended).await;
    Ok(done?)
}

/// The signature beside a component, if there is one.
///
/// # Errors
/// [`PublishError::Read`].
pub fn signature(file: &Path) -> Result<Option<Vec<u8>>, PublishError> {
    let mut path = file.as_os_str().to_owned();
    path.push(".sig");
    let path = PathBuf::from(path);
    match path.try_exists() {
        Ok(false) => Ok(None),
        _ => read(&path).map(Some),
    }
}

/// Where settings come from, as others see it.
fn origin(file: &Path) -> String {
    let path = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    // Without it the path says enough.
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{} on {}", path.display(), machine.trim())
}

/// Removes a published plugin from all servers.
///
/// # Errors
/// [`PublishError`].
pub async fn unpublish(database: &StoreSettings, name: &str, operator: Option<&str>) -> Result<(), PublishError> {
    check_shared(database)?;
    let store = Store::open(database).await?;
    let was_there = recorded(
        &store,
        operator,
        ("plugin unpublish", name),
        store.unpublish_plugin(name),
    )
    .await;
    store.close().await;
    if was_there? {
        return Ok(());
    }
    Err(PublishError::Unknown { name: name.to_owned() })
}

/// Lists the published plugins.
///
/// # Errors
/// [`PublishError`].
pub async fn published(database: &StoreSettings) -> Result<Vec<PublishedPlugin>, PublishError> {
    let store = Store::open(database).await?;
    let reports = store.plugin_reports(now_ms()).await?;
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

/// Refuses databases that belong to a single server. A SQLite file is not even opened, because its server holds it.
fn check_shared(database: &StoreSettings) -> Result<(), PublishError> {
    match &database.database {
        Database::Sqlite(path) => Err(PublishError::NotShared { path: path.clone() }),
        Database::Postgres(_) => Ok(()),
    }
}

/// Reads a regular file only: a pipe may block forever, and a device may have no end.
///
/// # Errors
/// [`PublishError::Read`].
pub fn read(path: &Path) -> Result<Vec<u8>, PublishError> {
    let bounded = || {
        let kind = std::fs::metadata(path)?;
        if !kind.is_file() && !kind.is_dir() {
            return Err(io::Error::other("it is not a regular file"));
        }
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path)?;
        file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(io::Error::other(format!("it is larger than {FILE_BYTES_MAX} bytes")));
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
