//! A workbench for one plugin: the engine and everything behind it as on a server, but with a database for the moment and a
//! Lark that the caller provides.

mod findings;

pub use findings::Findings;

use std::{
    collections::BTreeSet,
    io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use lark_callback_store::{KvScope, Store, StoreError, StoreSettings};
use lark_protocol::Event;

use super::{publish::read, scratch::ScratchFolder};
use crate::{
    codes::{Text, told},
    moment::Moment,
    openapi::{AppCredentials, AuthorizeSettings, Distribution, Openapi, OpenapiSettings},
    outward::{StandIn, Web},
    plugin::{
        Bound, CallContext, CallError, Candidate, CompileSettings, Engine, EngineError, EngineSettings, Examined,
        LoadError, LogRecord, Outcome, Plugin, Reachable, SecretSource, Secrets, Seen, Settings, Source, Task,
        Variables, Witness,
    },
    reload,
    telemetry::{PluginLogs, PluginMetrics, chain},
    tokens::{Tokens, app_tickets},
};

/// Nobody listens there.
const NOWHERE: &str = "http://127.0.0.1:1";

/// Keys that are removed at once.
const KEYS_MAX: u32 = 1_000;

/// Reason why there is no workbench.
#[derive(Debug, thiserror::Error)]
pub enum WorkbenchError {
    /// Its database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The client for Lark.
    #[error("calls of Lark cannot be made")]
    Lark(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No place for its database.
    #[error("there is no place for temporary files")]
    Temporary(#[source] io::Error),
}

/// Workbench of a plugin; its database is removed with it.
#[derive(Debug)]
pub struct Workbench {
    engine: Engine,
    store: Store,
    tokens: Tokens,
    openapi: OpenapiSettings,
    witness: Witness,
    folder: ScratchFolder,
}

/// Event or task that a plugin is called with.
#[derive(Debug, Clone)]
pub enum Subject {
    /// An event or a callback.
    Event(Arc<Event>),
    /// A task.
    Task(Task),
}

/// Call that was made.
#[derive(Debug)]
pub struct Called {
    /// Result of the plugin, or why there is none.
    pub result: Result<Outcome, CallError>,
    /// Its log lines, each with its level.
    pub log: String,
    /// Its calls of the host, and what it used.
    pub seen: Seen,
    /// The time on the clock.
    pub took: Duration,
}

impl Workbench {
    /// Sets it up. Calls of Lark go to this address, and this answers requests to other services.
    ///
    /// # Errors
    /// [`WorkbenchError`]
    pub async fn open(lark: &str, services: Box<StandIn>, compile: CompileSettings) -> Result<Self, WorkbenchError> {
        let folder = ScratchFolder::new().map_err(WorkbenchError::Temporary)?;
        let store = Store::open(&StoreSettings::at(folder.join("workbench.db"))).await?;
        let openapi = OpenapiSettings::at(lark, lark);
        let tickets = app_tickets(store.clone(), None);
        let client =
            Openapi::new(openapi.clone(), [], tickets).map_err(|error| WorkbenchError::Lark(Box::new(error)))?;
        let tokens = Tokens::new(client, store.clone(), None).map_err(|error| WorkbenchError::Lark(Box::new(error)))?;
        let witness = Witness::default();
        let reachable = Reachable {
            tokens: Some(tokens.clone()),
            web: Web::played_by(services),
            metrics: PluginMetrics::default(),
            logs: PluginLogs::default(),
            witness: Some(witness.clone()),
            ..Reachable::from(store.clone())
        };
        let settings = EngineSettings {
            compile,
            ..EngineSettings::default()
        };
        Ok(Self {
            engine: Engine::start(settings, reachable)?,
            store,
            tokens,
            openapi,
            witness,
            folder,
        })
    }

    /// Sets it up for a look at plugins, which are not called.
    ///
    /// # Errors
    /// [`WorkbenchError`]
    pub async fn for_a_look(compile: CompileSettings) -> Result<Self, WorkbenchError> {
        Self::open(NOWHERE, Box::new(|_, _| (404, bytes::Bytes::new())), compile).await
    }

    /// Loads a plugin as a server would.
    ///
    /// # Errors
    /// [`LoadError`]
    pub async fn load(&self, candidate: Candidate) -> Result<Plugin, LoadError> {
        self.engine.load(candidate).await
    }

    /// Looks at a plugin, whatever its settings lack.
    ///
    /// # Errors
    /// [`LoadError`]
    pub async fn examine(&self, candidate: Candidate) -> Result<Examined, LoadError> {
        self.engine.examine(candidate).await
    }

    /// Makes one call at this time, within the time that the plugin would have on a server.
    pub async fn call(
        &self,
        plugin: &Plugin,
        subject: &Subject,
        now_ms: u64,
        budget: Duration,
        bound: Bound,
    ) -> Called {
        let app_id = match subject {
            Subject::Event(event) => &*event.app_id,
            Subject::Task(task) => task.app_id.as_str(),
        };
        self.tokens.replace_apps(&self.openapi, [credentials(app_id)]);
        // What the plugin said when it described itself is not part of the call.
        drop(self.witness.take());
        let begun = Moment::now(now_ms);
        let context = CallContext {
            attempt: 1,
            begun,
            deadline: begun.at + budget,
            bound,
            delivery: 1,
        };
        let record = LogRecord::default();
        let clock = Instant::now();
        let result = match subject {
            Subject::Event(event) => plugin.handle_on_record(event, context, &record).await,
            Subject::Task(task) => plugin.run_on_record(task.clone(), context, &record).await,
        };
        Called {
            result,
            took: clock.elapsed(),
            log: record.take(),
            seen: self.witness.take(),
        }
    }

    /// Writes a key of a plugin.
    ///
    /// # Errors
    /// The database's, in words.
    pub async fn put(&self, plugin: &str, key: &str, value: Vec<u8>, now_ms: u64) -> Result<(), String> {
        let set = self.store.kv_set(&scope(plugin, now_ms), key, value, None).await;
        set.map(drop).map_err(|error| chain(&error))
    }

    /// Removes all keys of a plugin.
    ///
    /// # Errors
    /// The database's, in words.
    pub async fn forget(&self, plugin: &str) -> Result<(), String> {
        let scope = scope(plugin, 0);
        loop {
            let keys = self.store.kv_list(&scope, "", None, KEYS_MAX).await;
            let keys = keys.map_err(|error| chain(&error))?;
            if keys.is_empty() {
                return Ok(());
            }
            for key in keys {
                let deleted = self.store.kv_delete(&scope, &key).await;
                deleted.map_err(|error| chain(&error))?;
            }
        }
    }

    /// Closes the database.
    pub async fn close(self) {
        let Self {
            store, folder, engine, ..
        } = self;
        drop(engine);
        store.close().await;
        drop(folder);
    }
}

/// The keys of a plugin. At the time 0 nothing has expired.
fn scope(plugin: &str, now_ms: u64) -> KvScope<'_> {
    KvScope {
        plugin,
        now_ms,
        bytes_max: u64::MAX >> 1,
    }
}

/// An application that the caller's Lark takes for its own, whatever the event names.
fn credentials(app_id: &str) -> AppCredentials {
    AppCredentials {
        app_id: app_id.to_owned(),
        app_secret: "of the workbench".to_owned().into(),
        distribution: Distribution::Internal,
        authorize: AuthorizeSettings::default(),
    }
}

/// Reads the settings of a plugin as a server would; without a file they are the defaults. The errors name the file.
///
/// # Errors
/// Fault of the file, with the remedy.
pub fn read_settings(path: &Path, variables: &Variables) -> Result<Settings, Text> {
    read_settings_with(path, |settings, folder| {
        Secrets::read(&settings.secret_sources(), folder, variables)
    })
}

/// The same on a machine that need not have these secrets: another text stands in for each that is not there. Also returns
/// their places.
///
/// # Errors
/// Fault of the file, with the remedy.
pub fn read_settings_with_stand_ins(
    path: &Path,
    variables: &Variables,
    replaceable: impl FnOnce(&Settings) -> BTreeSet<SecretSource>,
) -> Result<(Settings, Vec<SecretSource>), Text> {
    let mut absent = Vec::new();
    let settings = read_settings_with(path, |settings, folder| {
        let mut secrets = Secrets::read(&settings.secret_sources(), folder, variables);
        absent = secrets.stand_in(&replaceable(settings));
        secrets
    })?;
    Ok((settings, absent))
}

fn read_settings_with(path: &Path, secrets: impl FnOnce(&Settings, &Path) -> Secrets) -> Result<Settings, Text> {
    if !path.exists() {
        return Ok(Settings::default());
    }
    let text = read(path).map_err(|error| {
        let error = chain(&error);
        told!("{error}", "无法读取配置：{error}")
    })?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let parsed = Settings::parse(&String::from_utf8_lossy(&text)).and_then(|settings| {
        let secrets = secrets(&settings, folder);
        settings.with_secrets(&secrets)
    });
    parsed.map_err(|error| {
        let (path, error) = (path.display(), chain(&error));
        told!("{path}: {error}", "{path} 中的配置有误：{error}")
    })
}

/// Takes a file as a candidate, by the name that a server would give it.
///
/// # Errors
/// Fault of the name.
pub fn candidate(file: &Path, wasm: bytes::Bytes, settings: Settings) -> Result<Candidate, Text> {
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    reload::check_name(&name)?;
    Ok(Candidate {
        name: name.into_owned(),
        source: Source::File(file.to_owned()),
        wasm,
        hash: None,
        settings,
    })
}
