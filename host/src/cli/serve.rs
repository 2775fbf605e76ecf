//! `serve`: runs until the system asks it to stop.

use std::io::Write;

use tokio::signal::unix::{SignalKind, signal};

use super::{Exit, Stopped};
use crate::{
    app::{self, StartError},
    config::{self, Config, Flags, Loaded},
    telemetry,
};

pub(super) async fn run(flags: &Flags) -> Result<(), Stopped> {
    let config = match config::load(flags).map_err(|error| Stopped::new(Exit::Settings, &error))? {
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
    let _log = telemetry::start(&config.log).map_err(|error| Stopped::new(Exit::Settings, &error))?;
    until_stopped(config).await
}

/// Serves until SIGTERM or SIGINT; a second signal ends the process at once.
pub(super) async fn until_stopped(config: Config) -> Result<(), Stopped> {
    let mut signals = Signals::new()?;
    let server = tokio::select! {
        started = app::start(config) => started.map_err(|error| start_failed(&error))?,
        // It may be waiting for a database; nothing was accepted yet that could be lost.
        () = signals.next() => return Ok(()),
    };
    signals.next().await;
    tokio::select! {
        () = server.stop() => Ok(()),
        () = signals.next() => Err(Stopped { exit: Exit::Failed, text: "stopped by a second signal".to_owned() }),
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

/// The two ways in which a server is asked to stop.
pub(super) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    pub(super) fn new() -> Result<Self, Stopped> {
        let listen = |kind| signal(kind).map_err(|error| Stopped::new(Exit::Failed, &error));
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
