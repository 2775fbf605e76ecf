//! The composition root: builds everything bottom-up, starts it, and stops it in the opposite order.

pub mod publish;

use std::{
    collections::{BTreeMap, HashMap},
    io,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::{net::TcpListener, sync::Notify, task::JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    admin::{self, AdminSettings, Desk},
    config::{AppConfig, Config},
    deliver::Deliverer,
    dispatch::Dispatcher,
    http::{self, App, Front, SealCode},
    listen::{self, ServerSettings},
    openapi::{AppCredentials, ClientError, Distribution, Openapi},
    plugin::{Engine, EngineError, EngineSettings, Reachable, Registry},
    reload::{BuiltIn, ReloadSettings, Reloader},
    replicas::{Replica, Statuses},
    store::{Hint, Store, StoreError},
    sweep,
    tokens::Tokens,
    vault::{Purpose, Vault},
};

/// The plugins inside the binary, built by `build.rs`.
const CARD_AUTH: &[u8] = include_bytes!(env!("BUILT_IN_CARD_AUTH"));

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The plugin engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The client for Lark.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// No name for this process among those that share the database.
    #[error("the system gave no random bytes")]
    Random(#[from] getrandom::Error),
    /// The operator's address is taken or not ours.
    #[error(
        "cannot listen on {host}:{port} for the operator; another program may have it, set CALLBACK_ADMIN_PORT to a free one"
    )]
    ListenAdmin {
        /// `CALLBACK_ADMIN_HOST`.
        host: String,
        /// `CALLBACK_ADMIN_PORT`.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// The address is taken or not ours.
    #[error("cannot listen on {host}:{port}; another program may have it, set CALLBACK_SERVER_PORT to a free one")]
    Listen {
        /// `CALLBACK_SERVER_HOST`.
        host: String,
        /// `CALLBACK_SERVER_PORT`.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
}

/// A server that runs.
#[derive(Debug)]
pub struct Server {
    /// Where it listens; the port is the real one when 0 was asked for.
    pub address: SocketAddr,
    /// Where the operator is answered, if anywhere.
    pub admin_address: Option<SocketAddr>,
    /// For tasks of the operator.
    pub dispatcher: Dispatcher,
    store: Store,
    tokens: Tokens,
    stop: CancellationToken,
    stop_deliveries: CancellationToken,
    stop_admin: CancellationToken,
    serving: JoinHandle<()>,
    advising: Option<JoinHandle<()>>,
    delivering: JoinHandle<()>,
    background: Vec<JoinHandle<()>>,
}

/// Milliseconds since 1970: the one place where the clock is read.
#[expect(clippy::disallowed_methods, reason = "everybody else is told the time")]
pub fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Starts everything. When this returns, plugins are loaded and the address answers.
///
/// # Errors
/// When the database, the plugin engine or the address cannot be used. A bad plugin is not an error: it is logged, and
/// the others serve.
pub async fn start(config: Config) -> Result<Server, StartError> {
    for notice in &config.notices {
        tracing::warn!("{notice}");
    }
    // The address first: a second server on it must not touch the database.
    let (address, listener) = listen(&config).await?;
    let admin_listener = listen_admin(&config.admin).await?;

    let store = Store::open(&config.store).await?;
    let tokens = tokens(&config, &store)?;
    let engine = Engine::start(
        EngineSettings {
            instances_max: config.instances_max,
            ..EngineSettings::default()
        },
        Reachable {
            store: store.clone(),
            tokens: Some(tokens.clone()),
        },
    )?;
    let registry = Arc::new(Registry::new());
    let mut reloader = Reloader::new(
        ReloadSettings::at(config.plugins_dir.clone()),
        built_ins(),
        engine,
        Arc::clone(&registry),
    );
    let mut replica = Replica::new(store.clone(), config.replica, now_ms);
    reloader.follow_published(replica.published());
    replica.look().await;
    reloader.load_all().await;

    let (dispatcher, inbox) = Dispatcher::new(
        registry,
        store.clone(),
        tokens.clone(),
        config.receipts,
        config.dispatch.clone(),
    );
    let deliverer = Deliverer::new(store.clone(), dispatcher.clone(), config.deliver.clone(), now_ms);
    let apps = config
        .apps
        .iter()
        .map(|app| (app.name.clone(), app.app_id.clone()))
        .collect();
    let front = Front {
        apps: front_apps(config.apps),
        dispatcher: dispatcher.clone(),
        seal_code: config.vault.clone().map(seal_code),
        limits: config.request,
        now_ms,
    };

    let stop = CancellationToken::new();
    let stop_deliveries = CancellationToken::new();
    let stop_admin = CancellationToken::new();
    let desk = Desk {
        settings: config.admin,
        store: store.clone(),
        dispatcher: dispatcher.clone(),
        plugins: reloader.status(),
        delivering: deliverer.beat(),
        stop: stop.clone(),
        apps,
        retention: config.sweep.retention.clone(),
        now_ms,
    };
    let (admin_address, advising) = admin_listener
        .map(|(address, listener)| (address, advise(listener, address, desk, stop_admin.clone())))
        .unzip();
    let router = http::router(Arc::new(front));
    let serving = tokio::spawn(listen::serve(listener, router, config.server, stop.clone()));
    let mut background = follow_others(&store, &dispatcher, replica, reloader.status(), &stop);
    background.extend([
        tokio::spawn(reloader.run(stop.clone())),
        tokio::spawn(sweep::run(store.clone(), config.sweep, now_ms, stop.clone())),
    ]);
    let delivering = tokio::spawn(deliverer.run(inbox, stop_deliveries.clone()));
    tracing::info!(%address, database = %config.store.database, plugins = %config.plugins_dir.display(), "Serving");
    Ok(Server {
        address,
        admin_address,
        dispatcher,
        store,
        tokens,
        stop,
        stop_deliveries,
        stop_admin,
        serving,
        advising,
        delivering,
        background,
    })
}

/// What the front door needs to know of the applications, by the name in the path.
fn front_apps(apps: Vec<AppConfig>) -> HashMap<String, App> {
    let front = |AppConfig { name, app_id, keys, .. }| (name, App { app_id, keys });
    apps.into_iter().map(front).collect()
}

impl Server {
    /// Stops accepting, answers what is in flight, finishes what was begun, and closes the database.
    pub async fn stop(self) {
        tracing::info!("Stopping: no new connections, open requests are answered");
        self.stop.cancel();
        // A task that panicked has said so already.
        let _ = self.serving.await;
        for task in self.background {
            let _ = task.await;
        }
        self.dispatcher.drain().await;
        self.stop_deliveries.cancel();
        let _ = self.delivering.await;
        self.stop_admin.cancel();
        if let Some(advising) = self.advising {
            let _ = advising.await;
        }
        // A refresh that is cut off costs a user another authorization.
        self.tokens.drain().await;
        self.store.close().await;
        tracing::info!("Stopped");
    }
}

/// The way to Lark, for all applications.
fn tokens(config: &Config, store: &Store) -> Result<Tokens, StartError> {
    let credentials = config.apps.iter().map(|app| AppCredentials {
        app_id: app.app_id.clone(),
        app_secret: app.app_secret.clone(),
        distribution: Distribution::Internal,
    });
    let openapi = Openapi::new(config.openapi.clone(), credentials)?;
    let redirect_uri = config.oauth_redirect_uri.clone();
    Ok(Tokens::new(openapi, store.clone(), config.vault.clone(), redirect_uri)?)
}

/// Seals the code that a browser brings, for the application that it came for.
fn seal_code(vault: Vault) -> SealCode {
    SealCode::new(move |app_id, code| vault.seal_text(Purpose::Code { app_id }, code.as_bytes()).ok())
}

/// The public listener.
async fn listen(config: &Config) -> Result<(SocketAddr, TcpListener), StartError> {
    let listener = TcpListener::bind((config.host.as_str(), config.port)).await;
    listener
        .and_then(|listener| Ok((listener.local_addr()?, listener)))
        .map_err(|source| StartError::Listen {
            host: config.host.clone(),
            port: config.port,
            source,
        })
}

/// The operator's listener. The usual port may be another server's of this machine; one that was asked for must be ours.
async fn listen_admin(settings: &AdminSettings) -> Result<Option<(SocketAddr, TcpListener)>, StartError> {
    if !settings.is_on {
        return Ok(None);
    }
    let listener = TcpListener::bind((settings.host.as_str(), settings.port)).await;
    match listener.and_then(|listener| Ok((listener.local_addr()?, listener))) {
        Ok(found) => Ok(Some(found)),
        Err(error) if settings.is_usual_port => {
            tracing::warn!(
                %error,
                "{}:{} is taken, so this server has no listener for the operator; set CALLBACK_ADMIN_PORT to a free port, or \
                 CALLBACK_ADMIN=off",
                settings.host,
                settings.port
            );
            Ok(None)
        }
        Err(source) => Err(StartError::ListenAdmin {
            host: settings.host.clone(),
            port: settings.port,
            source,
        }),
    }
}

/// Answers the operator.
fn advise(listener: TcpListener, address: SocketAddr, desk: Desk, stop: CancellationToken) -> JoinHandle<()> {
    if let Err(error) = desk.store.announce(&address.to_string()) {
        tracing::warn!(%error, "The lock file of the database does not tell where the operator is answered");
    }
    tracing::info!(%address, "The operator is answered");
    let settings = ServerSettings {
        connections_max: ADMIN_CONNECTIONS_MAX,
        drain: Duration::from_secs(1),
        ..ServerSettings::default()
    };
    tokio::spawn(listen::serve(listener, admin::router(Arc::new(desk)), settings, stop))
}

/// Open connections of the operator; a monitor and a few commands.
const ADMIN_CONNECTIONS_MAX: usize = 64;

/// What happens because of other servers on the same database; nothing when there can be none.
fn follow_others(
    store: &Store,
    dispatcher: &Dispatcher,
    replica: Replica,
    statuses: Statuses,
    stop: &CancellationToken,
) -> Vec<JoinHandle<()>> {
    if !store.is_shared() {
        return Vec::new();
    }
    let published = Arc::new(Notify::new());
    let (store, dispatcher, hinted, stopped) =
        (store.clone(), dispatcher.clone(), Arc::clone(&published), stop.clone());
    let hear = async move {
        let heard = store.hear(|hint| match hint {
            Hint::Ready => dispatcher.wake(),
            Hint::Plugins => hinted.notify_one(),
        });
        tokio::select! {
            () = heard => {}
            () = stopped.cancelled() => {}
        }
    };
    vec![
        tokio::spawn(hear),
        tokio::spawn(replica.run(statuses, published, stop.clone())),
    ]
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
