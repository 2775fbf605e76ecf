//! Loading: from the bytes of a file to a plugin that can be called, or an error with advice.

mod check;
mod core_module;
mod examine;
mod functions;

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::{
    backoff::{Backoff, BackoffStatus},
    call::{CallContext, Guest, Outcome, Task},
    candidate::{Candidate, Source},
    description::Description,
    engine::{Engine, Permits},
    error::{CallError, LoadError, LoadProblem},
    grant,
    high_water::HighWater,
    imports::{KvTurns, LarkFailures, LogFlow, LogRecord, Scope},
    schedule::{self, Schedule},
    settings::Settings,
    tally::CallTally,
};
use crate::outward::Connections;

pub use self::examine::{Examined, Part, parts};
pub use self::functions::{CodeSizes, code_sizes};

/// Interpreters take a second or two to start for the first time.
const DESCRIBE_TIME: Duration = Duration::from_secs(5);

/// A loaded plugin. It holds no state between calls, and serves any number of them at once, up to its limit.
pub struct Plugin {
    guest: Arc<Guest>,
    permits: Permits,
    backoff: Backoff,
    hash: String,
    description: Description,
    schedules: Vec<Schedule>,
    source: Source,
    tally: CallTally,
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plugin")
            .field("name", &self.name())
            .field("hash", &self.hash)
            .field("description", &self.description)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl Plugin {
    /// The name of its file.
    pub fn name(&self) -> &str {
        &self.guest.scope().plugin
    }

    /// Returns the shared name.
    pub fn shared_name(&self) -> Arc<str> {
        Arc::clone(&self.guest.scope().plugin)
    }

    /// SHA-256 of the component, 64 hexadecimal digits.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Returns its description of itself.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Its schedules, as the operator changed them.
    pub fn schedules(&self) -> &[Schedule] {
        &self.schedules
    }

    /// The key of each limit whose use is counted, with the highest use since it was loaded.
    pub fn highest_use(&self) -> Vec<(&'static str, u64)> {
        self.guest.highest_use()
    }

    /// How its calls have ended.
    pub fn tally(&self) -> &CallTally {
        &self.tally
    }

    /// Returns the source of its bytes.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The operator's settings.
    pub fn settings(&self) -> &Settings {
        &self.guest.scope().settings
    }

    /// Whether it may make links for authorizations, and so is asked when somebody comes back from one.
    pub fn may_authorize(&self) -> bool {
        grant::is_granted(&self.settings().grant, grant::OAUTH, grant::AUTHORIZE)
    }

    /// Returns whether calls are refused now, because the plugin crashed at each of late.
    pub fn is_backing_off(&self) -> bool {
        self.backoff.refuses()
    }

    /// Returns the state of its backoff, unless its calls are made as usual.
    pub fn backoff(&self) -> Option<BackoffStatus> {
        self.backoff.status().map(|(status, _)| status)
    }

    fn lark_failures(&self) -> u64 {
        self.guest.scope().lark_failures.count()
    }

    /// Handles one event. Dropping the future cancels the call.
    ///
    /// # Errors
    /// [`CallError`], whatever the plugin does: it ends at its deadline, give or take a tick of the engine, and a
    /// fault of its own stays its own.
    pub async fn handle(&self, event: &Arc<lark_protocol::Event>, context: CallContext) -> Result<Outcome, CallError> {
        self.handle_if_begun_by(event, context, context.deadline).await
    }

    /// The same for a call that may last longer than anybody waits for it to begin: whether the plugin is busy is known while
    /// others can still be asked.
    ///
    /// # Errors
    /// As [`Plugin::handle`].
    pub async fn handle_if_begun_by(
        &self,
        event: &Arc<lark_protocol::Event>,
        context: CallContext,
        begun_by: Instant,
    ) -> Result<Outcome, CallError> {
        let admission = self.backoff.admit(self.name())?;
        let permit = self.permits.acquire(begun_by).await?;
        let lark_failures = self.lark_failures();
        let result = self.guest.handle(event, context, None, permit).await;
        admission.ended(&result);
        let has_lark_failed = self.lark_failures() != lark_failures;
        self.tally.add(context.attempt, &result, has_lark_failed);
        result
    }

    /// The same, recording what the plugin logs.
    ///
    /// # Errors
    /// As [`Plugin::handle`].
    pub async fn handle_on_record(
        &self,
        event: &Arc<lark_protocol::Event>,
        context: CallContext,
        record: &LogRecord,
    ) -> Result<Outcome, CallError> {
        let admission = self.backoff.admit(self.name())?;
        let permit = self.permits.acquire(context.deadline).await?;
        let lark_failures = self.lark_failures();
        let result = self.guest.handle(event, context, Some(record), permit).await;
        admission.ended(&result);
        let has_lark_failed = self.lark_failures() != lark_failures;
        self.tally.add(context.attempt, &result, has_lark_failed);
        result
    }

    /// Runs one task.
    ///
    /// # Errors
    /// As [`Plugin::handle`].
    pub async fn run(&self, task: Task, context: CallContext) -> Result<Outcome, CallError> {
        let admission = self.backoff.admit(self.name())?;
        let permit = self.permits.acquire(context.deadline).await?;
        let result = self.guest.run(task, context, None, permit).await;
        admission.ended(&result);
        result
    }

    /// The same, recording what the plugin logs.
    ///
    /// # Errors
    /// As [`Plugin::handle`].
    pub async fn run_on_record(
        &self,
        task: Task,
        context: CallContext,
        record: &LogRecord,
    ) -> Result<Outcome, CallError> {
        let admission = self.backoff.admit(self.name())?;
        let permit = self.permits.acquire(context.deadline).await?;
        let lark_failures = self.lark_failures();
        let result = self.guest.run(task, context, Some(record), permit).await;
        admission.ended(&result);
        let has_lark_failed = self.lark_failures() != lark_failures;
        self.tally.add(context.attempt, &result, has_lark_failed);
        result
    }
}

/// Looks at how a component is made: its size, its structure, what it imports and exports. Nothing is compiled. The result
/// is what its memories have at first, in bytes.
///
/// # Errors
/// [`LoadProblem`], as [`Engine::load`] would give it.
pub fn check_component(wasm: &[u8]) -> Result<u64, LoadProblem> {
    let shape = check::shape(wasm)?;
    shape.check_world()?;
    Ok(shape.memory_bytes)
}

impl Engine {
    /// Makes a plugin of a candidate, without any effect on what is in service. The steps, cheapest first: size, shape and
    /// imports; compiling, in a process of its own that ends when nobody waits any more, or taking from the cache what was
    /// compiled before; linking; a first instance, which is asked to describe itself; its wants against the operator's
    /// settings.
    ///
    /// # Errors
    /// [`LoadError`], which says what is wrong with which file, and what to do about it.
    pub async fn load(&self, candidate: Candidate) -> Result<Plugin, LoadError> {
        let Candidate {
            name,
            source,
            wasm,
            hash,
            settings,
        } = candidate;
        match self.link(&name, (wasm, hash), settings).await.and_then(settled) {
            Ok((guest, hash, description, schedules)) => {
                self.compiler().keep_note(&hash, description.to_note()).await;
                let limits = guest.scope().limits();
                let (permits, backoff) = (self.permits(limits.calls_max), Backoff::new(limits));
                Ok(Plugin {
                    guest,
                    permits,
                    backoff,
                    hash,
                    description,
                    schedules,
                    source,
                    tally: CallTally::default(),
                })
            }
            Err(problem) => Err(LoadError {
                plugin: name,
                origin: source,
                problem,
            }),
        }
    }

    /// Returns the description of the component with this SHA-256 from an earlier load by this server, or by one before it
    /// with the same cache.
    pub async fn known(&self, hash: &str) -> Option<Description> {
        let note = self.compiler().note(hash).await?;
        Description::from_note(&note)
    }

    async fn link(
        &self,
        name: &str,
        (wasm, hash): (Bytes, Option<String>),
        settings: Settings,
    ) -> Result<Linked, LoadProblem> {
        let looked = self.compiler().look({
            let wasm = wasm.clone();
            move || {
                let memory_bytes = check_component(&wasm)?;
                Ok((memory_bytes, hash.unwrap_or_else(|| hex::encode(Sha256::digest(&wasm)))))
            }
        });
        let (memory_bytes, hash) = looked.await.unwrap_or(Err(LoadProblem::Crashed))?;
        let component = self.component(&wasm, &hash, memory_bytes).await?;
        // Interpreters are 18 MB, and nobody needs the bytes any more.
        drop(wasm);
        // The permit is held until the plugin has described itself, for the pool has room for so many beside the calls.
        let Ok(_permit) = self.loads().acquire().await else {
            return Err(LoadProblem::Crashed);
        };
        let connections = Connections::new(&self.reachable().web, settings.limits.http_connections_max);
        let name: Arc<str> = name.into();
        let scope = Scope {
            log: self.reachable().logs.of(&name),
            high_water: HighWater::default(),
            plugin: name,
            settings,
            reachable: self.reachable().clone(),
            memory: self.share(),
            connections,
            kv_turns: KvTurns::default(),
            log_flow: LogFlow::default(),
            lark_failures: LarkFailures::default(),
        };
        let guest = Arc::new(Guest::link(self, &component, scope).map_err(LoadProblem::Interface)?);
        let said = guest
            .describe(Instant::now() + DESCRIBE_TIME)
            .await
            .map_err(LoadProblem::Describe)?;
        let description = Description::check(said)?;
        Ok((guest, hash, description))
    }
}

/// A linked component with its hash and its description.
type Linked = (Arc<Guest>, String, Description);

/// Checks a component against the operator's settings, and puts its schedules together with theirs.
fn settled(
    (guest, hash, description): Linked,
) -> Result<(Arc<Guest>, String, Description, Vec<Schedule>), LoadProblem> {
    let settings = &guest.scope().settings;
    let file = || format!("{}.toml", guest.scope().plugin);
    let missing = description.missing(settings);
    if !missing.is_empty() {
        return Err(LoadProblem::Wants {
            file: file(),
            missing,
            description: Box::new(description),
        });
    }
    let mistaken = description.mistaken(settings);
    if !mistaken.is_empty() {
        return Err(LoadProblem::ConfigTypes { file: file(), mistaken });
    }
    let schedules = schedule::merged(&description.schedules, &settings.schedules);
    let schedules = schedules.map_err(|reason| LoadProblem::Schedule { file: file(), reason })?;
    Ok((guest, hash, description, schedules))
}

#[cfg(test)]
mod tests;
