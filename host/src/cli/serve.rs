//! `serve`: runs until the system asks it to stop.

mod reread;
mod supervised;

use std::{io::Write, sync::Arc};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{EarlySignals, Exit, Stopped};
use crate::{
    app::{self, StartError},
    config::{self, Config, Flags, Loaded, ServiceManager},
    listen::Inherited,
    systemd::Systemd,
    telemetry,
};
use reread::Reread;
use supervised::Supervised;

pub(super) async fn run(flags: &Flags, inherited: Inherited, early: &EarlySignals) -> Result<(), Stopped> {
    // Before anything else, so that an early signal does not end the process.
    let signals = Signals::new()?;
    let (loaded, seen) = config::load_watched(flags).map_err(|error| Stopped::new(Exit::Settings, &error))?;
    let mut config = match loaded {
        Loaded::Enabled(config) => *config,
        Loaded::Disabled { problems } => {
            for problem in problems {
                let _ = writeln!(std::io::stderr(), "lark-callback: warning: {problem}");
            }
            let _ = writeln!(
                std::io::stderr(),
                "lark-callback: warning: the callback server is disabled; set CALLBACK_SERVER_ENABLED=true to run it"
            );
            return Ok(());
        }
    };
    let log = telemetry::start(&config.log).map_err(|error| Stopped::new(Exit::Settings, &error))?;
    if let Some(zone) = config::time_zone().filter(|_| telemetry::is_zone_unknown()) {
        tracing::warn!(
            "TZ is not a known time zone ({}), so times in text are in UTC; write for example TZ=Asia/Shanghai",
            telemetry::cut(&telemetry::escaped(&zone), 100)
        );
    }
    let reread = Reread {
        flags: flags.clone(),
        seen,
        log,
        settings: config.log.clone(),
        shown: Arc::clone(&config.shown),
    };
    config.inherited = inherited;
    config.levels = Some(reread.log.levels());
    let manager = ServiceManager::from_environment();
    let systemd = Systemd::new(manager.notify_socket.as_deref(), manager.watchdog);
    let is_to_read = early.was_hung_up();
    if is_to_read {
        reread.open_log_again();
    }
    until_stopped(config, signals, reread, Supervised::new(systemd), is_to_read).await
}

/// Serves until SIGTERM or SIGINT; a second signal ends the process at once. SIGHUP never ends it.
async fn until_stopped(
    config: Config,
    mut signals: Signals,
    mut reread: Reread,
    mut supervised: Supervised,
    mut is_to_read: bool,
) -> Result<(), Stopped> {
    let mut starting = Box::pin(supervised.starting(app::start(config)));
    let server = loop {
        tokio::select! {
            started = &mut starting => break started.map_err(|error| start_failed(&error))?,
            asked = signals.next() => match asked {
                // The server may be waiting for a database; nothing has been accepted yet that could be lost.
                Asked::Stop => return Ok(()),
                Asked::ReadAgain => {
                    is_to_read = true;
                    reread.open_log_again();
                }
            }
        }
    };
    drop(starting);
    supervised.report_ready(&server);
    loop {
        if std::mem::take(&mut is_to_read) {
            supervised.reloading(&server, || reread.take(&server));
        }
        tokio::select! {
            asked = signals.next() => match asked {
                Asked::Stop => break,
                Asked::ReadAgain => is_to_read = true,
            },
            () = supervised.watch(&server) => {}
        }
    }
    supervised.report_stopping(&server);
    let mut stopping = Box::pin(server.stop());
    loop {
        tokio::select! {
            () = &mut stopping => return Ok(()),
            asked = signals.next() => match asked {
                Asked::Stop => return Err(stopped_twice()),
                Asked::ReadAgain => reread.open_log_again(),
            }
        }
    }
}

fn stopped_twice() -> Stopped {
    Stopped {
        exit: Exit::Failed,
        text: "stopped by a second signal".to_owned(),
    }
}

pub(super) fn start_failed(error: &StartError) -> Stopped {
    let exit = if matches!(error, StartError::Store(_)) {
        Exit::Database
    } else {
        Exit::Failed
    };
    Stopped::new(exit, error)
}

/// Signals from the operating system.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
    user: [Signal; 2],
}

impl Signals {
    /// From here on, no signal but SIGKILL ends the process by itself.
    pub(super) fn new() -> Result<Self, Stopped> {
        let listen = |kind| signal(kind).map_err(|error| Stopped::new(Exit::Failed, &error));
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
            hangup: listen(SignalKind::hangup())?,
            user: [
                listen(SignalKind::user_defined1())?,
                listen(SignalKind::user_defined2())?,
            ],
        })
    }

    /// Waits for the end of a program that reads nothing again: closing its terminal ends it, SIGUSR1 and SIGUSR2 do not.
    pub(super) async fn end(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }

    /// Waits for the next signal. SIGUSR1 and SIGUSR2, which some log-rotation tools send, are treated as SIGHUP.
    pub(super) async fn next(&mut self) -> Asked {
        let [one, two] = &mut self.user;
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.hangup.recv() => Asked::ReadAgain,
            _ = one.recv() => Asked::ReadAgain,
            _ = two.recv() => Asked::ReadAgain,
        }
    }
}

/// Action requested by a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// SIGTERM or SIGINT.
    Stop,
    /// SIGHUP: reopen the log file and reload the settings.
    ReadAgain,
}
