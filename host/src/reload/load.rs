//! Loading of plugins in the background, while others serve.

use std::sync::Arc;

use bytes::Bytes;
use tokio::{task, time::Instant};
use tokio_util::task::AbortOnDropHandle;

use super::roster::{Attempt, Identity, Refusal};
use crate::{
    codes::{both, told},
    plugin::{Candidate, Description, Engine, LoadProblem, Plugin},
    telemetry::{chain, shortened},
};

/// Maximum length of the reason why a file is not used, which goes to the log, the status page and the shared database.
const REASON_BYTES_MAX: usize = 4 << 10;

/// Loading of one plugin; cancelled when dropped.
pub(super) struct Load {
    attempts: Vec<Attempt>,
    task: AbortOnDropHandle<Loaded>,
}

/// Result of a load: the failed attempts, and the plugin unless all failed.
pub(super) struct Loaded {
    pub(super) refusals: Vec<Refusal>,
    /// Descriptions of the plugins that want more than they may have, beside their refusals.
    pub(super) wanting: Vec<Option<Description>>,
    pub(super) plugin: Option<NewPlugin>,
}

/// Plugin ready to serve.
pub(super) struct NewPlugin {
    pub(super) identity: Identity,
    pub(super) plugin: Arc<Plugin>,
    pub(super) duration_ms: u128,
    /// The component and its settings, for whoever keeps them.
    pub(super) wasm: Bytes,
    pub(super) settings_text: Option<String>,
    pub(super) signature: Option<Bytes>,
    /// Version that was loaded to serve beside it.
    pub(super) beside: Option<Arc<Plugin>>,
}

impl Load {
    /// Starts immediately, in parallel with other loads; the engine limits how many compile at a time.
    pub(super) fn start(engine: &Engine, attempts: Vec<Attempt>) -> Self {
        let task = task::spawn(try_each(engine.clone(), attempts.clone()));
        Self {
            attempts,
            task: AbortOnDropHandle::new(task),
        }
    }

    /// Waits for the result. A panic refuses the plugin, as any error does.
    pub(super) async fn done(self) -> Loaded {
        self.task.await.unwrap_or_else(|error| {
            let error = chain(&error);
            let reason = told!(
                "loading it failed inside the server: {error}",
                "服务内部加载失败：{error}"
            );
            let refusals = self
                .attempts
                .iter()
                .map(|attempt| attempt.refused(reason.clone(), Instant::now()).that_may_pass(true))
                .collect();
            Loaded {
                refusals,
                wanting: Vec::new(),
                plugin: None,
            }
        })
    }
}

/// Loads the version that serves beside a canary. Without it the new one has to serve all.
async fn beside(engine: &Engine, candidate: Candidate) -> Option<Arc<Plugin>> {
    let name = candidate.name.clone();
    match engine.load(candidate).await {
        Ok(plugin) => Some(Arc::new(plugin)),
        Err(error) => {
            tracing::warn!(
                plugin.name = name,
                error = shortened(chain(&error), REASON_BYTES_MAX),
                "The version of plugin {name} that is to serve beside the new one cannot be loaded with the settings that are there \
                 now. If it serves already, it goes on with those that it had; otherwise the new one serves everything"
            );
            None
        }
    }
}

async fn try_each(engine: Engine, attempts: Vec<Attempt>) -> Loaded {
    let (mut refusals, mut wanting) = (Vec::new(), Vec::new());
    for attempt in attempts {
        let started = Instant::now();
        match engine.load(attempt.candidate.clone()).await {
            Ok(plugin) => {
                let beside = match attempt.beside {
                    Some(candidate) => beside(&engine, candidate).await,
                    None => None,
                };
                let duration_ms = started.elapsed().as_millis();
                let plugin = NewPlugin {
                    identity: attempt.identity,
                    plugin: Arc::new(plugin),
                    duration_ms,
                    wasm: attempt.candidate.wasm,
                    settings_text: attempt.settings_text,
                    signature: attempt.signature,
                    beside,
                };
                return Loaded {
                    refusals,
                    wanting,
                    plugin: Some(plugin),
                };
            }
            Err(error) => {
                // Compiler and parser errors quote names from the file, so the text may be long.
                let reason = error.problem.text();
                let [en, zh] = [reason.en(), reason.zh()].map(|text| shortened(text.to_owned(), REASON_BYTES_MAX));
                let reason = both(en, zh);
                let refusal = attempt.refused(reason, Instant::now());
                refusals.push(refusal.that_may_pass(error.problem.may_pass()));
                wanting.push(match error.problem {
                    LoadProblem::Wants { description, .. } => Some(*description),
                    _ => None,
                });
            }
        }
    }
    Loaded {
        refusals,
        wanting,
        plugin: None,
    }
}
