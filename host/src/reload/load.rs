//! Loads what a plugin's files ask for, aside from everything that serves.

use std::sync::Arc;

use tokio::{task, time::Instant};
use tokio_util::task::AbortOnDropHandle;

use super::roster::{Attempt, Identity, Refusal};
use crate::{
    plugin::{Engine, Plugin},
    telemetry::{chain, shortened},
};

/// Why a file is not used: for the log, for a page of status, and for the database of several servers.
const REASON_BYTES_MAX: usize = 4 << 10;

/// The loading of one plugin; ends when dropped.
pub(super) struct Load {
    attempts: Vec<Attempt>,
    task: AbortOnDropHandle<Loaded>,
}

/// What came of it: the attempts that failed, and the plugin unless all did.
pub(super) struct Loaded {
    pub(super) refusals: Vec<Refusal>,
    pub(super) plugin: Option<NewPlugin>,
}

/// A plugin that may serve.
pub(super) struct NewPlugin {
    pub(super) identity: Identity,
    pub(super) plugin: Arc<Plugin>,
    pub(super) duration_ms: u128,
}

impl Load {
    /// Starts at once, beside other loads; how many compile at a time is the engine's business.
    pub(super) fn start(engine: &Engine, attempts: Vec<Attempt>) -> Self {
        let task = task::spawn(try_each(engine.clone(), attempts.clone()));
        Self {
            attempts,
            task: AbortOnDropHandle::new(task),
        }
    }

    /// Waits for it. A panic on the way refuses the plugin, as any error does.
    pub(super) async fn done(self) -> Loaded {
        self.task.await.unwrap_or_else(|error| {
            let reason = format!("loading it failed inside the server: {}", chain(&error));
            let refusals = self
                .attempts
                .iter()
                .map(|attempt| attempt.refused(reason.clone(), Instant::now()).that_may_pass(true))
                .collect();
            Loaded { refusals, plugin: None }
        })
    }
}

async fn try_each(engine: Engine, attempts: Vec<Attempt>) -> Loaded {
    let mut refusals = Vec::new();
    for attempt in attempts {
        let started = Instant::now();
        match engine.load(attempt.candidate.clone()).await {
            Ok(plugin) => {
                let duration_ms = started.elapsed().as_millis();
                let plugin = NewPlugin {
                    identity: attempt.identity,
                    plugin: Arc::new(plugin),
                    duration_ms,
                };
                return Loaded {
                    refusals,
                    plugin: Some(plugin),
                };
            }
            Err(error) => {
                // The compiler and the parser quote names of the file.
                let reason = shortened(chain(&error.problem), REASON_BYTES_MAX);
                let refusal = attempt.refused(reason, Instant::now());
                refusals.push(refusal.that_may_pass(error.problem.may_pass()));
            }
        }
    }
    Loaded { refusals, plugin: None }
}
