//! The clock that interrupts plugins: one thread that counts up the engines' epochs.

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

/// How long a plugin may hold a thread before others get their turn, give or take one more. Long against the few µs that a
/// turn costs; three plugins that never end make a fourth wait for a few of them.
const TICK: Duration = Duration::from_millis(1);

/// The same while nothing runs, for a server at rest need not wake up a thousand times a second.
const TICK_AT_REST: Duration = Duration::from_millis(10);

/// Ticks without a call after which the server is at rest.
const RESTLESS_TICKS: u32 = 200;

/// Ends the thread when it is dropped.
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
