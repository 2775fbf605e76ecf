//! The clock that interrupts plugins: one thread that counts up the engines' epochs.

use std::{
    io,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use wasmtime::EngineWeak;

/// How long a plugin may hold a thread of the server before others get their turn. Short against the 3 s that Lark
/// waits, long against the few µs that a turn costs.
const TICK: Duration = Duration::from_millis(5);

/// Ends the thread when it is dropped.
#[derive(Debug)]
pub(super) struct Ticker {
    _stop: mpsc::Sender<()>,
}

impl Ticker {
    /// Starts the thread. It is a thread of the system and not a task: a plugin that burns the CPU could hold the very
    /// worker that drives the tasks' timers.
    pub(super) fn start(engines: [EngineWeak; 2]) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel::<()>();
        thread::Builder::new().name("plugin-epoch".to_owned()).spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(TICK) {
                for engine in engines.iter().filter_map(EngineWeak::upgrade) {
                    engine.increment_epoch();
                }
            }
        })?;
        Ok(Self { _stop: stop })
    }
}
