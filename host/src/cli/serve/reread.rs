//! Reload on SIGHUP: reopens the log file, and applies changed settings where that is safe.

use std::sync::Arc;

use crate::{
    app::Server,
    codes::{both, same},
    config::{self, Changed, Flags, Seen, Shown},
    telemetry::{Log, LogError, LogSettings, chain},
};

/// State needed to reload settings.
#[derive(Debug)]
pub(super) struct Reread {
    pub(super) flags: Flags,
    pub(super) seen: Seen,
    pub(super) log: Log,
    pub(super) settings: LogSettings,
    /// Settings in force, for those who look at them.
    pub(super) shown: Arc<[Shown]>,
}

impl Reread {
    /// Reopens only the log file, because a server that is starting or stopping applies no settings.
    pub(super) fn open_log_again(&self) {
        match Log::prepare(&self.settings) {
            Ok(new) => {
                self.log.take(new);
                if let Some(file) = &self.settings.file {
                    tracing::info!(file = %file.display(), "Log file reopened");
                }
            }
            Err(error) => Self::log_stays(&error),
        }
    }

    /// Applies the new log file and all settings that can change at runtime, or none of them.
    pub(super) fn take(&mut self, server: &Server) {
        let changed = match self.seen.again(&self.flags) {
            Ok(changed) => changed,
            Err(error) => {
                self.open_log_again();
                let problems = error.problems.join("; ");
                server.show_refused_settings(&same(&problems));
                tracing::warn!(
                    problems,
                    "Settings not reloaded, nothing was changed: correct what `problems` lists and send SIGHUP again"
                );
                return;
            }
        };
        if changed.config.is_unsigned_for_loopback && !server.address.is_loopback() {
            self.open_log_again();
            tracing::warn!(
                "Settings not reloaded, nothing was changed: an application has no Encrypt Key, and this server listens where \
                 others can reach it; set its key, or LARK_ENCRYPT_KEY_REQUIRED=off"
            );
            server.show_refused_settings(&both(
                "an application has no Encrypt Key, and this server listens where others can reach it; set its key, or \
                 LARK_ENCRYPT_KEY_REQUIRED=off",
                "有应用没有 Encrypt Key，而本服务监听的地址可从外部访问；请设置其密钥，或设置 LARK_ENCRYPT_KEY_REQUIRED=off",
            ));
            return;
        }
        match Log::prepare(&changed.config.log) {
            Ok(new) => {
                self.log.take(new);
                self.taken(changed, server);
            }
            Err(error) => {
                Self::log_stays(&error);
                let why = chain(&error);
                server.show_refused_settings(&both(
                    format!("the log settings cannot be used: {why}"),
                    format!("日志设置无法使用：{why}"),
                ));
                tracing::warn!(
                    "Settings not reloaded, nothing was changed: the log settings cannot be used, as the line before says; \
                     correct them and send SIGHUP again"
                );
            }
        }
    }

    fn taken(&mut self, changed: Changed, server: &Server) {
        let Changed {
            config,
            shown,
            mut taken,
            mut waiting,
            are_apps_changed,
            seen,
        } = changed;
        if config.log.file.is_none() {
            let (back, rest) = taken.into_iter().partition(|name| name == "LOG_FILE");
            (waiting, taken) = ([waiting, back].concat(), rest);
        }
        self.settings = LogSettings {
            // Logging cannot return to standard error.
            file: config.log.file.clone().or_else(|| self.settings.file.take()),
            ..config.log.clone()
        };
        server.take_variables(Arc::clone(&config.variables));
        if are_apps_changed {
            for notice in &config.notices {
                tracing::warn!("{notice}");
            }
            server.take_apps(*config);
        } else {
            server.connect_now();
        }
        self.shown = config::in_force(&self.shown, shown, &waiting).into();
        server.show_settings(&self.shown);
        self.seen = seen.but_for(&waiting, &self.seen);
        if let Some(file) = &self.settings.file {
            tracing::info!(file = %file.display(), "Log file reopened");
        }
        if taken.is_empty() {
            tracing::info!("Settings reloaded; none of those that a running server can take has changed");
        } else {
            tracing::info!(taken = taken.join(", "), "Settings reloaded; the changes are in effect");
        }
        if !waiting.is_empty() {
            let waiting = waiting.join(", ");
            tracing::warn!(waiting, "Some changed settings take effect only after a restart");
        }
    }

    fn log_stays(error: &LogError) {
        let error = chain(error);
        tracing::warn!(error, "Could not reopen the log file; logging continues to the old one");
    }
}
