//! The ticker that interrupts plugins: one thread that increments the engines' epochs.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use wasmtime::EngineWeak;

use super::permits::Shared;

/// The time slice of a plugin on a thread, give or take one tick. Long compared with the few µs that a switch costs; a plugin
/// beside three that never end waits for a few slices.
const TICK: Duration = Duration::from_millis(1);

/// The interval while nothing runs: an idle server need not wake up a thousand times a second.
const TICK_AT_REST: Duration = Duration::from_millis(10);

/// Ticks without a call after which the server counts as idle.
const RESTLESS_TICKS: u32 = 200;

/// The thread; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Ticker {
    _stop: mpsc::Sender<()>,
}

impl Ticker {
    /// Starts the thread. It is a thread of the system and not a task: a plugin that burns the CPU could hold the very
    /// worker that drives the tasks' timers.
    pub(super) fn start(engines: [EngineWeak; 2], calls: Arc<Shared>) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel::<()>();
        thread::Builder::new().name("plugin-epoch".to_owned()).spawn(move || {
            let mut quiet = 0;
            loop {
                let tick = if quiet < RESTLESS_TICKS { TICK } else { TICK_AT_REST };
                let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(tick) else {
                    return;
                };
                quiet = if calls.running() > 0 {
                    0
                } else {
                    quiet.saturating_add(1)
                };
                for engine in engines.iter().filter_map(EngineWeak::upgrade) {
                    engine.increment_epoch();
                }
            }
        })?;
        Ok(Self { _stop: stop })
    }
}
