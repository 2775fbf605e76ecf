//! A trial of all plugins without a server: whether each would load.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use lark_callback_store::{Store, StoreError, StoreSettings};

use super::{plugins::built_ins, publish::read, scratch::ScratchFolder};
use crate::{
    config::Config,
    plugin::{Candidate, Engine, EngineError, EngineSettings, Grants, Secrets, Settings, Source},
    reload::{self, BuiltIn},
    telemetry::chain,
};

/// Reason why no plugin was tried.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The database of the trial.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The folder.
    #[error("the plugin folder {path} cannot be read")]
    Folder {
        /// `CALLBACK_PLUGINS_DIR`.
        path: PathBuf,
        /// Error from the operating system.
        source: io::Error,
    },
    /// No place for the database of the trial.
    #[error("there is no place for temporary files")]
    Temporary(#[source] io::Error),
}

/// Plugin that was tried.
#[derive(Debug)]
pub struct TriedPlugin {
    /// Its name.
    pub name: String,
    /// Where it comes from.
    pub source: String,
    /// Its description, or why it would not be loaded. None for one that its settings disable.
    pub outcome: Option<Result<LoadedPlugin, String>>,
}

/// Plugin that would be loaded.
#[derive(Debug)]
pub struct LoadedPlugin {
    /// The author's version.
    pub version: String,
    /// Event types that it takes.
    pub event_types: Vec<String>,
    /// Its grants.
    pub grants: Grants,
}

/// Loads the built-in plugins and those in the folder, one after the other, as a server would at its start.
///
/// # Errors
/// [`TrialError`]; a plugin that cannot be loaded is not one.
pub async fn try_plugins(config: &Config) -> Result<Vec<TriedPlugin>, TrialError> {
    let folder = ScratchFolder::new().map_err(TrialError::Temporary)?;
    try_in(config, folder.path()).await
}

/// Plugins keep nothing while they load, but the engine needs a database to give them.
async fn try_in(config: &Config, folder: &Path) -> Result<Vec<TriedPlugin>, TrialError> {
    let store = Store::open(&StoreSettings::at(folder.join("trial.db"))).await?;
    let settings = EngineSettings {
        compile: config.compile.clone(),
        ..EngineSettings::default()
    };
    let engine = Engine::start(settings, store.clone())?;
    let mut candidates: BTreeMap<String, Result<Candidate, String>> = BTreeMap::new();
    for built_in in built_ins() {
        let name = built_in.name.clone();
        let is_on_request = built_in.is_on_request;
        let candidate = of_binary(config, built_in);
        // One that nobody has switched on is no finding.
        if candidate
            .as_ref()
            .is_ok_and(|candidate| is_on_request && !candidate.settings.is_switched_on)
        {
            continue;
        }
        candidates.insert(name, candidate);
    }
    for name in names(&config.plugins_dir)? {
        let candidate = candidate(config, &name);
        candidates.insert(name, candidate);
    }
    let mut tried = Vec::new();
    for (name, candidate) in candidates {
        tried.push(try_one(&engine, name, candidate).await);
    }
    store.close().await;
    Ok(tried)
}

async fn try_one(engine: &Engine, name: String, candidate: Result<Candidate, String>) -> TriedPlugin {
    let source = candidate
        .as_ref()
        .map_or_else(|_| String::new(), |candidate| candidate.source.to_string());
    let outcome = match candidate {
        Err(problem) => Some(Err(problem)),
        Ok(candidate) if !candidate.settings.enabled => None,
        Ok(candidate) => Some(match engine.load(candidate).await {
            Ok(plugin) => Ok(LoadedPlugin {
                version: plugin.description().version.clone(),
                event_types: plugin.description().event_types.clone(),
                grants: plugin.settings().grant.clone(),
            }),
            Err(error) => Err(chain(&error)),
        }),
    };
    TriedPlugin { name, source, outcome }
}

/// A folder that does not exist is made at the start, and holds nothing until then.
fn names(folder: &Path) -> Result<Vec<String>, TrialError> {
    let failed = |source| TrialError::Folder {
        path: folder.to_owned(),
        source,
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        let name = name.to_string_lossy();
        names.extend(name.strip_suffix(".wasm").map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// A built-in plugin with the settings that it would have.
fn of_binary(config: &Config, built_in: BuiltIn) -> Result<Candidate, String> {
    let mut settings = settings(config, &built_in.name)?;
    for (key, value) in built_in.config {
        settings.config.entry(key).or_insert(value);
    }
    for (kind, granted) in built_in.grant {
        settings.grant.entry(kind).or_insert(granted);
    }
    Ok(Candidate {
        name: built_in.name,
        source: Source::BuiltIn,
        wasm: built_in.wasm,
        hash: None,
        settings,
    })
}

fn candidate(config: &Config, name: &str) -> Result<Candidate, String> {
    reload::check_name(name).map_err(|problem| problem.to_string())?;
    let path = config.plugins_dir.join(format!("{name}.wasm"));
    let wasm = read(&path).map_err(|error| chain(&error))?;
    Ok(Candidate {
        name: name.to_owned(),
        source: Source::File(path),
        wasm: wasm.into(),
        hash: None,
        settings: settings(config, name)?,
    })
}

fn settings(config: &Config, name: &str) -> Result<Settings, String> {
    let folder = &config.plugins_dir;
    let path = folder.join(format!("{name}.toml"));
    if !path.exists() {
        return Ok(Settings::default());
    }
    let text = read(&path).map_err(|error| chain(&error))?;
    let parsed = Settings::parse(&String::from_utf8_lossy(&text)).and_then(|settings| {
        let secrets = Secrets::read(&settings.secret_sources(), folder, &config.variables);
        settings.with_secrets(&secrets)
    });
    parsed.map_err(|error| format!("{}: {}", path.display(), chain(&error)))
}
