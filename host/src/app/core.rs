//! The core of a server, built bottom-up: the database, the plugins, and who handles events with them.

use std::sync::Arc;

use lark_callback_store::{Store, StoreError};
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::{
    StartError, alerts,
    applications::Applications,
    lark, operator,
    plugins::{self, Plugins},
    traces::Traces,
};
use crate::{
    admin::{AdminState, JobHost, Jobs, Liveness, ShownSettings},
    apps::Apps,
    config::{Config, Shown},
    deliver::{Deliverer, write_heartbeat},
    dispatch::{Dispatcher, Inbox},
    http::{Bodies, Examiner, Front},
    long_connection::{CatchUp, LongConnections, Parts, Receiver},
    openapi::Openapi,
    plugin::Variables,
    reload::Reloader,
    replicas::Replica,
    sweep,
    telemetry::{Connections, PluginLogs, PluginMetrics, Refusals},
    tokens::Tokens,
    versions::Versions,
};

/// The parts on which the edges stand.
pub(super) struct Core {
    pub(super) store: Store,
    pub(super) tokens: Tokens,
    pub(super) openapi: Openapi,
    pub(super) connections: Connections,
    pub(super) reloader: Reloader,
    pub(super) replica: Replica,
    pub(super) versions: Versions,
    /// Notified of orders for plugins.
    pub(super) plugin_orders: Arc<Notify>,
    metrics: PluginMetrics,
    logs: PluginLogs,
    pub(super) variables: watch::Sender<Arc<Variables>>,
    pub(super) traces: Traces,
    pub(super) dispatcher: Dispatcher,
    pub(super) inbox: Inbox,
    pub(super) deliverer: Deliverer,
    pub(super) refusals: Arc<Refusals>,
    now_ms: fn() -> u64,
}

impl Core {
    pub(super) async fn build(config: &mut Config, now_ms: fn() -> u64) -> Result<Self, StartError> {
        let store = Store::open(&config.store).await?;
        let (openapi, tokens) = lark::tokens(config, &store)?;
        let Plugins {
            registry,
            reloader,
            replica,
            versions,
            metrics,
            logs,
            variables,
        } = plugins::prepare(config, &store, &tokens, now_ms).await?;
        let traces = Traces::start(config.traces.take(), &store)?;
        let (settings, tracer) = (config.dispatch.clone(), traces.tracer.clone());
        let (dispatcher, inbox) = Dispatcher::new(registry, store.clone(), tokens.clone(), settings, tracer);
        let deliverer = Deliverer::new(store.clone(), dispatcher.clone(), config.deliver.clone(), now_ms);
        Ok(Self {
            store,
            tokens,
            openapi,
            connections: Connections::default(),
            reloader,
            replica,
            versions,
            plugin_orders: Arc::default(),
            metrics,
            logs,
            variables,
            traces,
            dispatcher,
            inbox,
            deliverer,
            refusals: Arc::clone(&config.server.refusals),
            now_ms,
        })
    }

    /// Signs that the server makes progress.
    pub(super) fn liveness(&self, config: &Config) -> Liveness {
        Liveness {
            store: self.store.clone(),
            delivering: self.deliverer.beat(),
            listening: Arc::clone(&config.server.beat),
        }
    }

    /// State of the operator's listener.
    pub(super) fn admin_state(
        &self,
        config: &Config,
        apps: &Apps,
        liveness: &Liveness,
        leaving: &CancellationToken,
    ) -> AdminState {
        AdminState {
            settings: config.admin.clone(),
            proxies: config.proxies.clone(),
            store: self.store.clone(),
            dispatcher: self.dispatcher.clone(),
            tokens: self.tokens.clone(),
            plugins: self.reloader.status(),
            plugin_orders: Arc::clone(&self.plugin_orders),
            plugin_metrics: self.metrics.clone(),
            plugin_logs: self.logs.clone(),
            refusals: Arc::clone(&self.refusals),
            connections: self.connections.clone(),
            catch_up: CatchUp {
                store: self.store.clone(),
                openapi: self.openapi.clone(),
                apps: apps.clone(),
                dispatcher: self.dispatcher.clone(),
                now_ms: self.now_ms,
            },
            closed: operator::closed(&config.server),
            liveness: liveness.clone(),
            jobs: self.jobs(leaving),
            leaving: leaving.clone(),
            apps: apps.clone(),
            retention: config.sweep.retention.clone(),
            database_bytes_max: config.sweep.database_bytes_max,
            spans: self.traces.counts.clone(),
            alerts: alerts::counts(config.alerts.as_ref()),
            levels: config.levels.clone(),
            shown_settings: ShownSettings::new(shown(&config.shown, (self.now_ms)())),
            now_ms: self.now_ms,
        }
    }

    /// Actions on many events or deliveries, for the operator.
    fn jobs(&self, leaving: &CancellationToken) -> Jobs {
        let (of_plugins, to_wake) = (self.dispatcher.clone(), self.dispatcher.clone());
        Jobs::new(JobHost {
            store: self.store.clone(),
            plugins: Box::new(move || of_plugins.plugins()),
            wake: Box::new(move || to_wake.wake()),
            now_ms: self.now_ms,
            leaving: leaving.clone(),
        })
    }

    /// Compares the clock with what is stored, and then shows the other servers that this one lives: a heartbeat by a wrong clock
    /// would mislead them.
    pub(super) async fn show_life(&self) -> Result<(), StoreError> {
        sweep::compare_clock(&self.store, (self.now_ms)()).await?;
        write_heartbeat(&self.store, (self.now_ms)()).await;
        Ok(())
    }

    /// The long connections of the applications; nothing is connected yet.
    pub(super) fn long_connections(&self, apps: &Apps, each: u32, stop: &CancellationToken) -> Arc<LongConnections> {
        let parts = Parts {
            receiver: Receiver {
                apps: apps.clone(),
                dispatcher: self.dispatcher.clone(),
                tracer: self.traces.tracer.clone(),
            },
            openapi: self.openapi.clone(),
            store: self.store.clone(),
            states: self.connections.clone(),
            now_ms: self.now_ms,
        };
        Arc::new(LongConnections::new(parts, each, stop.clone()))
    }

    /// The applications that are served on the public listener and over the long connections.
    pub(super) fn applications(
        &self,
        front: Front,
        connections: &Arc<LongConnections>,
        stop: &CancellationToken,
    ) -> Applications {
        Applications::new(
            front,
            self.tokens.clone(),
            Arc::clone(connections),
            self.now_ms,
            stop.clone(),
        )
    }

    /// State shared by all requests of the public listener.
    pub(super) fn front(&self, config: &mut Config, apps: &Apps, examiner: Examiner) -> Front {
        let admit_return = config.vault.is_some();
        Front {
            apps: apps.clone(),
            path: std::mem::take(&mut config.path),
            dispatcher: self.dispatcher.clone(),
            admit_return: admit_return.then(|| lark::admit_return(self.tokens.clone())),
            proxies: std::mem::take(&mut config.proxies),
            limits: config.request,
            bodies: Arc::new(Bodies::new(config.request.bodies_bytes_max)),
            refusals: Arc::clone(&self.refusals),
            examiner,
            probes: Arc::default(),
            tracer: self.traces.tracer.clone(),
            now_ms: self.now_ms,
        }
    }
}

/// Settings as the operator sees them.
pub(super) fn shown(settings: &[Shown], read_at_ms: u64) -> Value {
    json!({"read_at_ms": read_at_ms, "settings": settings})
}
