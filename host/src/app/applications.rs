//! Applications that are served: built at the start, and replaced when the settings are reloaded.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::lark;
use crate::{
    apps::{About, App, Apps, Chat},
    config::{AppConfig, Config},
    http::{self, Front},
    listen::Routes,
    long_connection::LongConnections,
    openapi::{Distribution, OpenapiSettings},
    plugin::AppIds,
    tokens::Tokens,
};

/// All parts that have to know when an application comes, changes or goes.
#[derive(Debug)]
pub(super) struct Applications {
    apps: Apps,
    front: Front,
    routes: Routes,
    tokens: Tokens,
    connections: Arc<LongConnections>,
    now_ms: fn() -> u64,
    stop: CancellationToken,
}

/// Applications from the settings, ready to serve. Those that are served already keep their counters and the time window
/// that the server was started with.
pub(super) fn build(apps: Vec<AppConfig>, lark: &OpenapiSettings, before: Option<&Apps>) -> Vec<App> {
    let running = before.and_then(|before| before.find(None));
    let served = |app: AppConfig| {
        let of_app = lark.of_apps.get(&app.app_id);
        let accounts = of_app.map_or(&lark.accounts_base_url, |addresses| &addresses.accounts);
        let same = before.and_then(|before| before.with_id(&app.app_id));
        let app = App {
            about: About {
                chat: Some(Chat::with(&app.app_id, accounts)),
                name: app.display_name,
            },
            name: app.name,
            app_id: app.app_id.into(),
            path: app.path,
            retired: same
                .as_ref()
                .map(|same| same.retired.and(&same.keys, &app.keys))
                .unwrap_or_default(),
            transport: app.transport,
            keys: app.keys,
            latencies: same.map(|same| Arc::clone(&same.latencies)).unwrap_or_default(),
        };
        match &running {
            Some(running) => app.within_window_of(running),
            None => app,
        }
    };
    apps.into_iter().map(served).collect()
}

/// The applications by name, for plugins that are bound to some.
fn ids(apps: &Apps) -> AppIds {
    let apps = apps.now();
    let named = apps.iter().filter(|app| !app.name.is_empty());
    AppIds {
        by_name: named.map(|app| (app.name.clone(), Arc::clone(&app.app_id))).collect(),
        all: apps.iter().map(|app| Arc::clone(&app.app_id)).collect(),
    }
}

impl Applications {
    pub(super) fn new(
        front: Front,
        tokens: Tokens,
        connections: Arc<LongConnections>,
        now_ms: fn() -> u64,
        stop: CancellationToken,
    ) -> Self {
        front.dispatcher.know_apps(ids(&front.apps));
        Self {
            apps: front.apps.clone(),
            routes: Routes::from(http::router(Arc::new(front.clone()))),
            front,
            tokens,
            connections,
            now_ms,
            stop,
        }
    }

    /// Routes of the public listener, which follow every change.
    pub(super) fn routes(&self) -> Routes {
        self.routes.clone()
    }

    /// Serves the applications of these settings from now on: those that are new too, and those that are gone no more.
    pub(super) fn take(&self, config: Config) {
        self.tokens
            .replace_apps(&config.openapi, lark::credentials(&config.apps));
        let has_store_apps = config.apps.iter().any(|app| app.distribution == Distribution::Store);
        let (before, after) = (self.apps.now(), build(config.apps, &config.openapi, Some(&self.apps)));
        let places = |apps: &mut dyn Iterator<Item = (&str, &str)>| -> Vec<String> {
            apps.map(|(app_id, path)| format!("{app_id} at {path}")).collect()
        };
        let was = places(&mut before.iter().map(|app| (&*app.app_id, &*app.path)));
        let served = places(&mut after.iter().map(|app| (&*app.app_id, &*app.path)));
        self.apps.replace(after);
        self.front.dispatcher.know_apps(ids(&self.apps));
        let front = Front {
            path: config.path,
            ..self.front.clone()
        };
        self.routes.replace(http::router(Arc::new(front)));
        self.connections.follow(&self.apps.now());
        if was != served {
            tracing::info!(
                served = served.join(", "),
                "The applications that are served have changed"
            );
        }
        if has_store_apps {
            // Nothing waits for it: a ticket that does not come is requested again when it is needed.
            drop(lark::ask_for_missing_app_tickets(
                &self.tokens,
                (self.now_ms)(),
                &self.stop,
            ));
        }
    }

    /// Has long connections that are waiting try at once.
    pub(super) fn connect_now(&self) {
        self.connections.follow(&self.apps.now());
    }
}
