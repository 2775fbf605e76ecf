//! Composition root: builds everything bottom-up, starts it, and stops it in reverse order.
//!
//! Tested by every test that starts a server; the order of stopping in `tests/it/app`.

mod alerts;
mod applications;
mod connected;
mod core;
pub mod install;
mod lark;
mod listeners;
mod operator;
mod plugins;
pub mod publish;
mod replication;
mod scratch;
mod stages;
mod traces;
mod trial;
pub mod workbench;
mod workshop;

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use lark_callback_store::StoreError;
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    admin::{Liveness, ShownSettings},
    apps::Apps,
    codes::Text,
    config::{Config, Shown},
    console::{ClickSender, SendClick},
    deliver,
    dispatch::Dispatcher,
    http::Examiner,
    listen::{self, Address},
    openapi::ClientError,
    plugin::{EngineError, Variables},
    reload::PluginStatus,
    sweep,
    trace::TraceError,
};
use applications::Applications;
use stages::Stage;

use self::core::Core;

pub use crate::long_connection::Missing;
pub use listeners::ListenError;
pub use plugins::{check_plugins, published_names, shipped_names};
pub use trial::{LoadedPlugin, TrialError, TriedPlugin, try_plugins};

/// Reason why the server did not start.
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
    /// The exporter of traces.
    #[error(transparent)]
    Trace(#[from] TraceError),
    /// The system has no random bytes for this server's id among those that share the database.
    #[error("the operating system provided no random bytes")]
    Random(#[from] getrandom::Error),
    /// One of the two addresses cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
}

/// Running server.
#[derive(Debug)]
pub struct Server {
    /// Address of the public listener, with the actual port when 0 was requested.
    pub address: Address,
    /// Address of the operator's listener, if there is one.
    pub admin_address: Option<Address>,
    /// URL of the operator's console for a browser on this machine, if there is one.
    pub console_url: Option<String>,
    /// Runs the operator's tasks.
    pub dispatcher: Dispatcher,
    applications: Applications,
    liveness: Liveness,
    plugins: watch::Receiver<Arc<[PluginStatus]>>,
    variables: watch::Sender<Arc<Variables>>,
    clicks: ClickSender,
    shown_settings: ShownSettings,
    stop_delay: Duration,
    stop_max: Duration,
    /// Cancelled when the server is about to stop.
    leaving: CancellationToken,
    /// The stop, in this order.
    stages: [Stage; 7],
}

/// Current time in milliseconds since 1970. Besides it only `telemetry` reads the clock, for the time of a line.
#[expect(clippy::disallowed_methods, reason = "everybody else is told the time")]
pub fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// Starts everything. When this returns, the address answers; plugins may still be loading, see [`Server::loaded`].
///
/// # Errors
/// When the database, the plugin engine or the address cannot be used. A bad plugin is not an error: it is logged, and
/// the others serve.
pub async fn start(config: Config) -> Result<Server, StartError> {
    start_at(config, now_ms).await
}

/// Starts with another clock, in milliseconds since 1970.
///
/// # Errors
/// Same as [`start`].
pub async fn start_at(mut config: Config, now_ms: fn() -> u64) -> Result<Server, StartError> {
    config.notices.iter().for_each(|notice| tracing::warn!("{notice}"));
    // Binds first, because a second server on this address must not touch the database.
    let socket = listeners::public(&mut config).await?;
    let admin_socket = listeners::operator(&mut config).await?;

    let core = Core::build(&mut config, now_ms).await?;
    let [stop, stop_deliveries, stop_admin] = std::array::from_fn(|_| CancellationToken::new());
    let leaving = config.server.leaving.clone();
    let liveness = core.liveness(&config);
    let apps: Apps = applications::build(std::mem::take(&mut config.apps), &config.openapi, None)
        .into_iter()
        .collect();
    let state = Arc::new(core.admin_state(&config, &apps, &liveness, &leaving));
    let address = socket.address().clone();
    let alerting = alerts::watch(config.alerts.take(), &state, &address.to_string(), &stop);
    let workshop = workshop::workshop(&config, core.variables.subscribe());
    let operated = operator::start(admin_socket, &state, workshop, &stop_admin);
    core.show_life().await?;
    let (examiner, cases) = Examiner::new();
    let connections = core.long_connections(&apps, config.long_connections, &stop);
    let front = core.front(&mut config, &apps, examiner);
    let applications = core.applications(front, &connections, &stop);
    let stop_max = config.stop_delay + config.server.drain + stages::DRAIN_MAX + deliver::DRAIN_MAX;
    let (plugins, refusals) = (core.reloader.status(), Arc::clone(&core.refusals));
    let routes = applications.routes();
    let mut serving = vec![tokio::spawn(listen::serve(socket, routes, config.server, stop.clone()))];
    serving.extend(replication::follow_other_servers(
        &core.store,
        &core.dispatcher,
        core.replica,
        &core.plugin_orders,
        core.reloader.status(),
        &stop,
    ));
    let recording = connected::record(core.connections, core.store.clone(), now_ms, &stop);
    serving.extend([connections.serve(&apps.now()), recording].into_iter().chain(alerting));
    serving.extend([
        tokio::spawn(core.reloader.run(stop.clone())),
        tokio::spawn(core.versions.run(core.plugin_orders, stop.clone())),
        tokio::spawn(cases.run(apps.clone(), Arc::clone(&refusals), stop.clone())),
        tokio::spawn(refusals.sum_up(stop.clone())),
        tokio::spawn(sweep::run(core.store.clone(), config.sweep, now_ms, stop.clone())),
    ]);
    let delivering = tokio::spawn(core.deliverer.run(core.inbox, stop_deliveries.clone()));
    // Lark delivers the requested tickets to this address, so the listener must be serving.
    serving.push(lark::ask_for_missing_app_tickets(&core.tokens, now_ms(), &stop));
    tracing::info!(%address, database = %config.store.database, plugins = %config.plugins_dir.display(), "Serving");
    Ok(Server {
        applications,
        console_url: operated.console_url,
        address,
        admin_address: operated.address,
        // Who takes requests, what their calls leave, who makes deliveries; the operator can watch until then.
        stages: [
            Stage::End(stop, serving),
            Stage::DrainCalls(core.dispatcher.clone()),
            Stage::End(stop_deliveries, vec![delivering]),
            Stage::End(stop_admin, operated.serving),
            Stage::DrainTokens(core.tokens),
            Stage::End(core.traces.stop, core.traces.exporting.into_iter().collect()),
            Stage::CloseStore(core.store),
        ],
        dispatcher: core.dispatcher,
        liveness,
        plugins,
        clicks: operated.clicks,
        shown_settings: state.shown_settings.clone(),
        variables: core.variables,
        stop_delay: config.stop_delay,
        stop_max,
        leaving,
    })
}

impl Server {
    /// Waits until every plugin present at the start is loaded or refused.
    pub async fn loaded(&self) {
        self.dispatcher.loaded().await;
    }

    /// Replaces the applications that are served, without missing a callback.
    pub fn take_apps(&self, config: Config) {
        self.applications.take(config);
    }

    /// Has long connections that wait for their next attempt try now: what kept them may be corrected outside of the settings.
    pub fn connect_now(&self) {
        self.applications.connect_now();
    }

    /// Has the secrets in plugins' settings read again, with these variables.
    pub fn take_variables(&self, variables: Arc<Variables>) {
        self.variables.send_replace(variables);
    }

    /// Shows the operator settings that were read again.
    pub fn show_settings(&self, settings: &[Shown]) {
        self.shown_settings.replace(core::shown(settings, now_ms()));
    }

    /// Shows the operator that settings were read again and cannot be used.
    pub fn show_refused_settings(&self, why: &Text) {
        self.shown_settings.refuse(now_ms(), why);
    }

    /// Lets the cards that the console draws be clicked.
    pub fn let_cards_be_clicked(&self, send: SendClick) {
        self.clicks.set(send);
    }

    /// Parts that have made no progress for this long; none when the server is well.
    pub fn stuck(&self, still_max: Duration) -> Vec<&'static str> {
        self.liveness.stuck(still_max)
    }

    /// How many plugins are loaded, and how many files are not used.
    pub fn plugin_counts(&self) -> (usize, usize) {
        let held = self.plugins.borrow().iter().filter(|plugin| plugin.is_held()).count();
        (self.dispatcher.plugins().len(), held)
    }

    /// Whether the database takes what is received.
    pub fn is_writable(&self) -> bool {
        self.liveness.store.is_ready()
    }

    /// Longest time that [`Self::stop`] takes, apart from closing the database.
    pub fn stop_max(&self) -> Duration {
        self.stop_max
    }

    /// Is no longer ready, stops accepting after the set delay, drains the requests in flight, finishes calls in
    /// progress, and closes the database.
    pub async fn stop(self) {
        self.leaving.cancel();
        if !self.stop_delay.is_zero() {
            tracing::info!(
                delay_ms = self.stop_delay.as_millis(),
                "Stopping: no longer ready; new connections are accepted until the delay is over"
            );
            sleep(self.stop_delay).await;
        }
        tracing::info!("Stopping: accepting no new connections, draining open requests");
        for stage in self.stages {
            stage.run().await;
        }
        tracing::info!("Stopped");
    }
}
