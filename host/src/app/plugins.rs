//! Plugins: built-in, from the folder, and published.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use lark_callback_store::Store;
use tokio::sync::watch;

use super::StartError;
use crate::{
    config::Config,
    outward::Web,
    plugin::{Engine, EngineSettings, Reachable, Registry, Variables},
    reload::{self, BuiltIn, FolderCheck, ReloadSettings, Reloader, check_folder},
    replicas::{Replica, ReplicaSettings},
    telemetry::{PluginLogs, PluginMetrics},
    tokens::Tokens,
    versions::{VersionSettings, Versions},
};

/// Built-in plugins, compiled by `build.rs`.
const CARD_AUTH: &[u8] = include_bytes!(env!("BUILT_IN_CARD_AUTH"));
const FORWARD: &[u8] = include_bytes!(env!("BUILT_IN_FORWARD"));

/// Components that load and run plugins.
pub(super) struct Plugins {
    pub(super) registry: Arc<Registry>,
    pub(super) reloader: Reloader,
    pub(super) replica: Replica,
    pub(super) versions: Versions,
    pub(super) metrics: PluginMetrics,
    /// Their last log lines.
    pub(super) logs: PluginLogs,
    /// Variables for secrets in plugins' settings.
    pub(super) variables: watch::Sender<Arc<Variables>>,
}

/// Prepares loading. Plugins load while the server already serves: a bad one is logged, and the others serve.
pub(super) async fn prepare(
    config: &Config,
    store: &Store,
    tokens: &Tokens,
    now_ms: fn() -> u64,
) -> Result<Plugins, StartError> {
    let metrics = PluginMetrics::default();
    let logs = PluginLogs::default();
    let engine = Engine::start(
        EngineSettings {
            instances_max: config.instances_max,
            memory_bytes_max: config.plugin_memory_bytes_max,
            compile: config.compile.clone(),
            ..EngineSettings::default()
        },
        Reachable {
            store: store.clone(),
            tokens: Some(tokens.clone()),
            web: Web::new(config.own_roots.clone()),
            metrics: metrics.clone(),
            logs: logs.clone(),
            witness: None,
        },
    )?;
    let registry = Arc::new(Registry::new());
    let (variables, watched) = watch::channel(Arc::clone(&config.variables));
    let mut reloader = Reloader::new(
        ReloadSettings {
            variables: watched,
            settle_ms: config.settle_ms,
            keys: config.plugin_keys.clone(),
            ..ReloadSettings::at(config.plugins_dir.clone())
        },
        built_ins(),
        engine,
        Arc::clone(&registry),
    );
    let followed = ReplicaSettings {
        keys: config.plugin_keys.clone(),
        ..config.replica.clone()
    };
    let mut replica = Replica::new(store.clone(), followed, now_ms);
    reloader.follow_published(replica.published());
    replica.look().await;
    let settings = VersionSettings {
        keys: config.plugin_keys.clone(),
        vault: config.vault.clone(),
        ..VersionSettings::default()
    };
    let mut versions = Versions::new(store.clone(), reloader.served(), settings, now_ms);
    reloader.follow_orders(versions.orders());
    let mut with_canary = reload::with_canary(config.plugins_dir.clone()).await;
    with_canary.extend(reload::with_canary_published(&replica.published().borrow()));
    versions.learn_canaries(with_canary).await;
    let lying = reload::lying(config.plugins_dir.clone(), &replica.published().borrow().clone()).await;
    versions.learn_last(lying).await;
    versions.look().await;
    Ok(Plugins {
        registry,
        reloader,
        replica,
        versions,
        metrics,
        logs,
        variables,
    })
}

/// Built-in plugins with their permissions.
pub(super) fn built_ins() -> Vec<BuiltIn> {
    vec![
        BuiltIn {
            name: "card-auth".to_owned(),
            wasm: bytes::Bytes::from_static(CARD_AUTH),
            config: BTreeMap::new(),
            grant: card_auth_grant(),
            is_on_request: false,
        },
        // It is of no use without an address, which only the operator knows.
        BuiltIn {
            name: "forward".to_owned(),
            wasm: bytes::Bytes::from_static(FORWARD),
            config: BTreeMap::new(),
            grant: BTreeMap::new(),
            is_on_request: true,
        },
    ]
}

/// Names of the built-in plugins.
pub fn shipped_names() -> Vec<String> {
    built_ins().into_iter().map(|built_in| built_in.name).collect()
}

/// Faults of the files in a folder of plugins.
pub fn check_plugins(folder: &Path, variables: &Variables) -> FolderCheck {
    check_folder(folder, &shipped_names(), variables)
}

/// Names of the plugins published in this database or served by a server that shares it.
pub async fn published_names(store: &Store) -> Vec<String> {
    // A SQLite file belongs to one server and has no published plugins.
    let published = store.published_plugins().await.unwrap_or_default();
    let reported = store.plugin_reports(super::now_ms()).await.unwrap_or_default();
    let published = published.into_iter().map(|version| version.plugin);
    let serving = reported.into_iter().filter(|report| report.hash.is_some());
    published.chain(serving.map(|report| report.plugin)).collect()
}

/// Permissions of card-auth: send and update a card, and ask Lark who returned; nothing else.
fn card_auth_grant() -> BTreeMap<String, Vec<String>> {
    let list = |allowed: &[&str]| allowed.iter().map(|&allowed| allowed.to_owned()).collect();
    BTreeMap::from([
        (
            "openapi".to_owned(),
            list(&["POST /open-apis/im/v1/messages", "PATCH /open-apis/im/v1/messages/*"]),
        ),
        ("oauth".to_owned(), list(&["authorize"])),
    ])
}
