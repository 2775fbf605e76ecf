//! Signals in the first milliseconds, before the runtime and its handlers exist: SIGHUP must not end a server.

use std::{
    env, io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use signal_hook::{
    consts::{SIGHUP, SIGUSR1, SIGUSR2},
    flag,
};

/// Signals that came before a server could handle them.
#[derive(Debug, Default)]
pub(super) struct EarlySignals {
    was_hung_up: Arc<AtomicBool>,
    /// The process turned out to be no server, so a signal has its usual effect.
    is_usual: Arc<AtomicBool>,
}

impl EarlySignals {
    /// Catches what would end the process, unless the command line is obviously not a server's.
    pub(super) fn catch() -> io::Result<Self> {
        let early = Self::default();
        let first = env::args_os().nth(1);
        let first = first.as_ref().map(|word| word.to_string_lossy());
        let may_be_server = first.is_none_or(|word| word == "serve" || word == "dev" || word.starts_with('-'));
        if may_be_server {
            for signal in [SIGHUP, SIGUSR1, SIGUSR2] {
                flag::register_conditional_default(signal, Arc::clone(&early.is_usual))?;
                flag::register(signal, Arc::clone(&early.was_hung_up))?;
            }
        }
        Ok(early)
    }

    /// Decides, when the command is known, what the signals mean from now on.
    pub(super) fn are_parsed(&self, is_server: bool) {
        self.is_usual.store(!is_server, Ordering::Relaxed);
    }

    /// Whether one came since the start of the process.
    pub(super) fn was_hung_up(&self) -> bool {
        self.was_hung_up.load(Ordering::Relaxed)
    }
}
