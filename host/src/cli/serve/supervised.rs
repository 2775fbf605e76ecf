//! The server under a service manager: its state, its status text, and signs of life as long as it makes progress.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::{
    admin::STILL_MAX,
    app::Server,
    systemd::{EXTEND_EVERY, Systemd},
    telemetry::amount,
};

/// Interval of looks at the server without a watchdog.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Shortest time without progress that counts as stuck, however short the watchdog is: the loops of a server at rest move
/// once a second.
const STILL_MIN: Duration = Duration::from_secs(3);

/// Server with what its service manager was told last.
#[derive(Debug)]
pub(super) struct Supervised {
    systemd: Systemd,
    status: String,
    /// Nothing was sent for a lack of progress, and that is logged.
    is_stuck: bool,
}

impl Supervised {
    pub(super) fn new(systemd: Systemd) -> Self {
        Self {
            systemd,
            status: String::new(),
            is_stuck: false,
        }
    }

    /// Runs a start, which systemd would otherwise end after `TimeoutStartSec=`.
    pub(super) async fn starting<T>(&self, start: impl Future<Output = T>) -> T {
        let mut start = std::pin::pin!(start);
        let mut ticks = interval(EXTEND_EVERY);
        loop {
            tokio::select! {
                started = start.as_mut() => return started,
                _ = ticks.tick() => self.systemd.report_starting("Starting: opening the database"),
            }
        }
    }

    pub(super) fn report_ready(&mut self, server: &Server) {
        self.status = status(server);
        self.systemd.report_ready(&self.status);
    }

    /// Runs a reload of the settings.
    pub(super) fn reloading(&mut self, server: &Server, reload: impl FnOnce()) {
        self.systemd.report_reloading();
        reload();
        self.report_ready(server);
    }

    pub(super) fn report_stopping(&self, server: &Server) {
        self.systemd.report_stopping(server.stop_max());
    }

    /// Feeds the watchdog and keeps the status text up to date; never returns.
    pub(super) async fn watch(&mut self, server: &Server) {
        if !self.systemd.is_connected() {
            return std::future::pending().await;
        }
        // A sign of life that is late once must not end the server.
        let watchdog = self.systemd.watchdog();
        let every = watchdog.map_or(LOOK_EVERY, |longest| {
            (longest / 3).clamp(Duration::from_millis(1), LOOK_EVERY)
        });
        let still_max = watchdog.map_or(STILL_MAX, |longest| (longest / 2).clamp(STILL_MIN, STILL_MAX));
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let stuck = server.stuck(still_max);
            if stuck.is_empty() {
                self.is_stuck = false;
                if watchdog.is_some() {
                    self.systemd.feed_watchdog();
                }
            } else if !std::mem::replace(&mut self.is_stuck, true) && watchdog.is_some() {
                tracing::error!(
                    reason = stuck.join("; "),
                    "A part of the server is stuck, so systemd's watchdog is not fed; unless the part recovers, systemd kills and \
                     restarts the server"
                );
            }
            let status = if stuck.is_empty() {
                status(server)
            } else {
                format!("Stuck: {}", stuck.join("; "))
            };
            if status != self.status {
                self.systemd.report_status(&status);
                self.status = status;
            }
        }
    }
}

/// One line for `systemctl status`.
fn status(server: &Server) -> String {
    let (plugins, held) = server.plugin_counts();
    let mut status = if server.dispatcher.is_loading() {
        format!("Loading plugins; serving at {}", server.address)
    } else {
        format!("Serving at {} with {}", server.address, amount(plugins, "plugin"))
    };
    if held > 0 {
        status.push_str(&format!("; not used: {held}, see lark-callback plugin list"));
    }
    if !server.is_writable() {
        status.push_str("; the database is not writable, is full, or its file was taken away");
    }
    status
}
