//! One call of a plugin: an instance within its limits, and the result.

mod hosted;
mod instance;
mod last_place;
mod meter;
mod outcome;
mod warm;

use std::{future::Future, pin::Pin, sync::Arc};

use tokio::time::{Instant, timeout_at};
use wasmtime::{
    component::{Component, ComponentExportIndex, ComponentNamedList, InstancePre, Lift, Lower, types::ComponentItem},
    error::Context as _,
};

use self::{
    hosted::Hosted,
    meter::{Metered, Stopped},
    outcome::taken,
    warm::Warm,
};
use super::{
    bindings::{HANDLER, PluginPre, exports::lark_callback::plugin::handler, lark_callback::plugin::types::Kind},
    engine::{CpuUsage, Engine, Permit},
    error::{CallError, Place},
    imports::{CallState, CallSubject, LogRecord, Reach, Scope},
    limits::{LimitHit, Limits, PAYLOAD_BYTES_MAX},
};
use crate::{moment::Moment, trace};

/// The attempt that a call is, and its time.
#[derive(Debug, Clone, Copy)]
pub struct CallContext {
    /// The number of this attempt; 1 for the first.
    pub attempt: u32,
    /// The moment at which it began; the plugin's clocks go on from it.
    pub begun: Moment,
    /// The moment at which the call is cancelled.
    pub deadline: Instant,
    /// Source of the deadline.
    pub bound: Bound,
    /// The number of the delivery, 0 for a callback. Messages are sent once for each delivery, however often it is retried.
    pub delivery: i64,
}

/// Source of the deadline of a call, for the error when it passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Somebody waits for the reply.
    Callback,
    /// An event, a task, or a reply that may come late.
    Attempt,
    /// The plugin is being loaded.
    Describe,
}

impl CallContext {
    fn budget_ms(&self, now: Instant) -> u32 {
        let left = self.deadline.saturating_duration_since(now);
        u32::try_from(left.as_millis()).unwrap_or(u32::MAX)
    }
}

/// A task that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Unique.
    pub id: String,
    /// The name of the task.
    pub name: String,
    /// JSON text.
    pub payload: String,
    /// The plugin that scheduled it; empty for a task from the operator.
    pub requested_by: String,
    /// `cli_…`.
    pub app_id: String,
    /// The time at which a schedule wanted it, in milliseconds since 1970; absent for any other task.
    pub scheduled_at_ms: Option<u64>,
}

/// The result of an event or a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The reply, shown to the user of a callback.
    pub reply: Reply,
    /// The tasks to run one after the other, after the reply was stored.
    pub tasks: Vec<NewTask>,
}

/// A plugin's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Not for this plugin: the next one is called.
    Pass,
    /// Handled, without a reply.
    None,
    /// JSON text, in the shape of the new card callback.
    Json(String),
}

/// A task that a plugin schedules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// The plugin that runs it; this plugin when absent.
    pub plugin: Option<String>,
    /// The name of the task.
    pub name: String,
    /// JSON text.
    pub payload: String,
    /// The delay in milliseconds.
    pub delay_ms: u64,
}

/// A linked component that can be called.
pub(super) struct Guest {
    pre: InstancePre<CallState>,
    functions: Functions,
    scope: Arc<Scope>,
    /// Its kept instances, if the operator asked for them.
    warm: Option<Arc<Warm>>,
    /// The queue of its long calls.
    usage: Arc<CpuUsage>,
    /// Keeps the epoch thread alive, so that every call can be interrupted.
    engine: Engine,
}

/// Places of the handler's functions among the exports. The generated bindings look all of them up, by type, in each new
/// instance; a call needs one.
struct Functions {
    describe: ComponentExportIndex,
    handle: ComponentExportIndex,
    run: ComponentExportIndex,
}

impl Functions {
    fn of(pre: &InstancePre<CallState>) -> wasmtime::Result<Self> {
        let handler = pre.component().get_export_index(None, HANDLER);
        let handler = handler.context("the handler is missing")?;
        type Answer = (Result<handler::Outcome, handler::Failure>,);
        Ok(Self {
            describe: typed::<(), (handler::Description,)>(pre, &handler, "describe")?,
            handle: typed::<(handler::Event<'_>,), Answer>(pre, &handler, "handle")?,
            run: typed::<(handler::Task<'_>,), Answer>(pre, &handler, "run")?,
        })
    }
}

/// A function of the handler that has the types with which this server calls it. The bindings leave that to the first call,
/// which is an event's.
fn typed<Arguments, Returned>(
    pre: &InstancePre<CallState>,
    handler: &ComponentExportIndex,
    name: &str,
) -> wasmtime::Result<ComponentExportIndex>
where
    Arguments: ComponentNamedList + Lower,
    Returned: ComponentNamedList + Lift,
{
    let Some((ComponentItem::ComponentFunc(function), index)) = pre.component().get_export(Some(handler), name) else {
        return Err(wasmtime::format_err!("its handler has no function `{name}`"));
    };
    // It is what wasmtime's own bindings do for the functions of a world.
    let checked = function.typecheck::<Arguments, Returned>(&pre.instance_type());
    checked.with_context(|| format!("its function `{name}`"))?;
    Ok(index)
}

impl Guest {
    /// Links a component with the plugin imports, and type-checks its handler.
    pub(super) fn link(engine: &Engine, component: &Component, scope: Scope) -> wasmtime::Result<Self> {
        let pre = engine.linker_of(component).instantiate_pre(component)?;
        PluginPre::new(pre.clone())?;
        Ok(Self {
            functions: Functions::of(&pre)?,
            pre,
            warm: Warm::of(scope.limits(), engine.kept()),
            scope: Arc::new(scope),
            usage: engine.cpu_usage(),
            engine: engine.clone(),
        })
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The key of each limit whose use is counted, with the highest use by a call.
    pub(super) fn highest_use(&self) -> Vec<(&'static str, u64)> {
        let mut all = self.scope.high_water.all();
        all.insert(0, ("cpu_ms_max", self.usage.highest_ms()));
        all
    }

    /// Asks the plugin about itself. It reaches nothing while it answers, and its clock stands at 1970: a description that
    /// depends on the time or the settings would be another one at the next start.
    pub(super) async fn describe(self: &Arc<Self>, deadline: Instant) -> Result<handler::Description, CallError> {
        let context = CallContext {
            attempt: 1,
            begun: Moment::now(0),
            deadline,
            bound: Bound::Describe,
            delivery: 0,
        };
        let guest = Arc::clone(self);
        let work = async move {
            let call = guest.call(
                Reach::Nothing,
                &context,
                CallSubject::default(),
                "describe".into(),
                None,
            )?;
            let ((description,), _) = call.run(&guest.functions.describe, ()).await?;
            Ok(description)
        };
        self.host(&context, Box::pin(work)).await
    }

    pub(super) async fn handle(
        self: &Arc<Self>,
        event: &Arc<lark_protocol::Event>,
        context: CallContext,
        record: Option<&LogRecord>,
        permit: Permit,
    ) -> Result<Outcome, CallError> {
        let (guest, event, record) = (Arc::clone(self), Arc::clone(event), record.cloned());
        let work = async move {
            // Given back when the instance is gone, wherever that happens.
            let _permit = permit;
            guest.handle_here(&event, &context, record.as_ref()).await
        };
        self.host(&context, Box::pin(trace::carried(work))).await
    }

    pub(super) async fn run(
        self: &Arc<Self>,
        task: Task,
        context: CallContext,
        record: Option<&LogRecord>,
        permit: Permit,
    ) -> Result<Outcome, CallError> {
        let (guest, record) = (Arc::clone(self), record.cloned());
        let work = async move {
            let _permit = permit;
            guest.run_here(&task, &context, record.as_ref()).await
        };
        self.host(&context, Box::pin(trace::carried(work))).await
    }

    /// Makes a call until it is done, its deadline has come or its CPU time is spent: on the caller's thread while it is
    /// short, and in turns with the other plugins when it is not. At the end of its time the call is dropped where it stands.
    async fn host<T: Send + 'static>(
        &self,
        context: &CallContext,
        work: Pin<Box<dyn Future<Output = Result<T, CallError>> + Send>>,
    ) -> Result<T, CallError> {
        let limits = self.scope.limits();
        let budget_ms = context.budget_ms(context.begun.at);
        let metered = Metered::new(work, limits.cpu_ms_max, self.usage.is_counted());
        let mut hosted = Hosted::new(metered, self.engine.turns(), &self.usage);
        let stopped = match timeout_at(context.deadline, &mut hosted).await {
            Ok(Ok(done)) => return done,
            Ok(Err(stopped)) => stopped,
            Err(_) => Stopped::Deadline,
        };
        let error = stopped_by(stopped, budget_ms, context.bound, limits);
        Err(error.with_place(hosted.busy_in()))
    }

    async fn handle_here(
        &self,
        event: &lark_protocol::Event,
        context: &CallContext,
        record: Option<&LogRecord>,
    ) -> Result<Outcome, CallError> {
        self.check_payload(event.payload.len())?;
        let [id, app_id, tenant_key] = [&event.id, &event.app_id, &event.tenant_key].map(Arc::clone);
        let subject = CallSubject::new(id, app_id, tenant_key).on(context.delivery);
        let call = self.call(Reach::Granted, context, subject, Arc::clone(&event.event_type), record)?;
        let event = handler::Event {
            id: &event.id,
            event_type: &event.event_type,
            kind: match event.kind {
                lark_protocol::Kind::Callback => Kind::Callback,
                lark_protocol::Kind::Event => Kind::Event,
            },
            schema: event.schema.name(),
            app_id: &event.app_id,
            tenant_key: &event.tenant_key,
            create_time_ms: event.create_time_ms,
            payload: &event.payload,
            attempt: context.attempt,
            budget_ms: call.budget_ms,
            attributes: &[],
        };
        let ((answer,), refused) = call.run(&self.functions.handle, (event,)).await?;
        taken(answer, &self.scope).map_err(|error| error.after_refusal(refused))
    }

    async fn run_here(
        &self,
        task: &Task,
        context: &CallContext,
        record: Option<&LogRecord>,
    ) -> Result<Outcome, CallError> {
        self.check_payload(task.payload.len())?;
        let (id, app_id) = (task.id.as_str().into(), task.app_id.as_str().into());
        let subject = CallSubject::new(id, app_id, Arc::default()).on(context.delivery);
        let call = self.call(Reach::Granted, context, subject, task.name.as_str().into(), record)?;
        let scheduled_at_ms = task.scheduled_at_ms.map(|ms| ms.to_string());
        let attributes: Vec<_> = scheduled_at_ms
            .iter()
            .map(|ms| ("scheduled-at-ms", ms.as_str()))
            .collect();
        let task = handler::Task {
            id: &task.id,
            name: &task.name,
            payload: &task.payload,
            requested_by: &task.requested_by,
            app_id: &task.app_id,
            attempt: context.attempt,
            budget_ms: call.budget_ms,
            attributes: &attributes,
        };
        let ((answer,), refused) = call.run(&self.functions.run, (task,)).await?;
        taken(answer, &self.scope).map_err(|error| error.after_refusal(refused))
    }

    /// Checks a payload before an instance is made for it.
    fn check_payload(&self, bytes: usize) -> Result<(), CallError> {
        let bytes_max = self.scope.limits().payload_bytes_max;
        if bytes as u64 <= bytes_max {
            self.scope.high_water.payload_bytes(bytes as u64);
            return Ok(());
        }
        Err(CallError::OverLimit(LimitHit {
            what: "the payload of the event or task in bytes",
            setting: PAYLOAD_BYTES_MAX,
            value: bytes_max,
        }))
    }
}

/// Converts the reason a call was stopped into an error.
fn stopped_by(stopped: Stopped, budget_ms: u32, bound: Bound, limits: &Limits) -> CallError {
    match stopped {
        Stopped::Deadline => CallError::over_budget(budget_ms, bound, limits),
        Stopped::Cpu => CallError::OverCpu {
            cpu_ms_max: limits.cpu_ms_max,
            place: Place::default(),
        },
        Stopped::Panic(text) => CallError::panicked(text),
    }
}

#[cfg(test)]
mod tests;
