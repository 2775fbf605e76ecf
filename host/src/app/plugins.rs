//! The plugins: what is built in, what lies in the folder, and what was published.

use std::{collections::BTreeMap, sync::Arc};

use lark_callback_store::Store;

use super::{StartError, now_ms};
use crate::{
    config::Config,
    plugin::{Engine, EngineSettings, Reachable, Registry},
    reload::{BuiltIn, ReloadSettings, Reloader},
    replicas::Replica,
    telemetry::PluginMetrics,
    tokens::Tokens,
};

/// The plugins inside the binary, built by `build.rs`.
const CARD_AUTH: &[u8] = include_bytes!(env!("BUILT_IN_CARD_AUTH"));

/// Everything that has to do with plugins.
pub(super) struct Plugins {
    pub(super) registry: Arc<Registry>,
    pub(super) reloader: Reloader,
    pub(super) replica: Replica,
    pub(super) metrics: PluginMetrics,
}

/// Prepares to load all plugins, which happens beside serving: a bad one is logged, and the others serve.
pub(super) async fn prepare(config: &Config, store: &Store, tokens: &Tokens) -> Result<Plugins, StartError> {
    let metrics = PluginMetrics::default();
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
            metrics: metrics.clone(),
        },
    )?;
    let registry = Arc::new(Registry::new());
    let mut reloader = Reloader::new(
        ReloadSettings::at(config.plugins_dir.clone()),
        built_ins(),
        engine,
        Arc::clone(&registry),
    );
    let mut replica = Replica::new(store.clone(), config.replica.clone(), now_ms);
    reloader.follow_published(replica.published());
    replica.look().await;
    Ok(Plugins {
        registry,
        reloader,
        replica,
        metrics,
    })
}

/// The plugins that need no file, with what they may do.
fn built_ins() -> Vec<BuiltIn> {
    vec![BuiltIn {
        name: "card-auth".to_owned(),
        wasm: bytes::Bytes::from_static(CARD_AUTH),
        config: BTreeMap::new(),
        grant: card_auth_grant(),
    }]
}

/// The names of the plugins that need no file.
pub fn shipped_names() -> Vec<String> {
    built_ins().into_iter().map(|built_in| built_in.name).collect()
}

/// The names of those that are published in this database, or that a server which shares it serves.
pub async fn published_names(store: &Store) -> Vec<String> {
    // A file of one server has none.
    let published = store.published_plugins().await.unwrap_or_default();
    let reported = store.plugin_reports().await.unwrap_or_default();
    let published = published.into_iter().map(|version| version.plugin);
    let serving = reported.into_iter().filter(|report| report.hash.is_some());
    published.chain(serving.map(|report| report.plugin)).collect()
}

/// It sends a card, changes it, and asks Lark who came back; nothing else.
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
