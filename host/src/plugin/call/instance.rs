//! The instance of one call: a fresh one, or a kept one in warm mode.

use std::sync::Arc;

use tokio::{task::yield_now, time::Instant};
use wasmtime::{
    Store, UpdateDeadline,
    component::{ComponentExportIndex, ComponentNamedList, Instance, Lift, Lower},
};

use super::{CallContext, Guest, last_place::interrupted, warm::Kept};
use crate::plugin::{
    engine::thread_cpu,
    error::CallError,
    imports::{CallLog, CallState, CallSubject, LogRecord, Reach},
    limits::LimitHit,
};

/// A plugin runs from one to two ticks of the engine at a stretch. With a single one it would be between none and one, and
/// a short call that happens to meet a tick would be interrupted.
const SLICE_TICKS: u64 = 2;

/// A store, and the instance that is in it or is to be made in it.
pub(super) struct Call<'a> {
    guest: &'a Guest,
    pub(super) budget_ms: u32,
    place: InstanceStore,
}

/// Store in which a call runs.
enum InstanceStore {
    Fresh(Store<CallState>),
    Kept(Kept),
}

impl InstanceStore {
    fn state(&self) -> &CallState {
        match self {
            Self::Fresh(store) => store.data(),
            Self::Kept(kept) => kept.store.data(),
        }
    }
}

impl Guest {
    pub(super) fn call(
        &self,
        reach: Reach,
        context: &CallContext,
        subject: CallSubject,
        kind: Arc<str>,
        record: Option<&LogRecord>,
    ) -> Result<Call<'_>, CallError> {
        let now = Instant::now();
        let log = CallLog::new(&self.scope, Arc::clone(&subject.id), kind, record);
        let subject = subject.until(context.deadline, now);
        // A plugin that describes itself reaches nothing, and what it did then must not be there in a call.
        let kept = match &self.warm {
            Some(warm) if reach == Reach::Granted => warm.take(&subject),
            _ => None,
        };
        let state = CallState::new(&self.scope, reach, context.begun, subject, log);
        let place = match kept {
            Some(mut kept) => {
                kept.store.data_mut().begin_again(state);
                kept.store.set_epoch_deadline(SLICE_TICKS);
                InstanceStore::Kept(kept)
            }
            None => InstanceStore::Fresh(self.store(state)?),
        };
        Ok(Call {
            guest: self,
            budget_ms: context.budget_ms(now),
            place,
        })
    }

    fn store(&self, state: CallState) -> Result<Store<CallState>, CallError> {
        let mut store = Store::try_new(self.pre.engine(), state).map_err(|error| CallError::internal(&error))?;
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(usize::try_from(self.scope.limits().host_call_bytes_max).unwrap_or(usize::MAX));
        store.set_epoch_deadline(SLICE_TICKS);
        // At the end of a slice it is somebody else's turn. The runtime's own yield lets it look at sockets and timers first;
        // waking itself up, as wasmtime does by default, would leave them to wait for sixty turns.
        let mut slice = 0_u32;
        store.epoch_deadline_callback(move |call| {
            slice = slice.wrapping_add(1);
            interrupted(&call, slice);
            // A call that is stopped comes to no other end.
            if let Some(witness) = call.data().witness() {
                witness.memory(call.data().memory.memory_bytes());
            }
            Ok(UpdateDeadline::YieldCustom(SLICE_TICKS, Box::pin(yield_now())))
        });
        Ok(store)
    }
}

impl Call<'_> {
    /// Makes the instance unless there is one, and calls it; tells, too, if it was refused memory. A store that is not kept goes
    /// with the call, and with it everything that it held; it is never kept after a trap or a refusal, nor when the call is
    /// dropped halfway.
    pub(super) async fn run<Arguments, Returned>(
        self,
        function: &ComponentExportIndex,
        arguments: Arguments,
    ) -> Result<(Returned, Option<LimitHit>), CallError>
    where
        Arguments: ComponentNamedList + Lower + Send,
        Returned: ComponentNamedList + Lift + Send + 'static,
    {
        let Self { guest, mut place, .. } = self;
        let (store, instance) = match &mut place {
            InstanceStore::Fresh(store) => (store, None),
            InstanceStore::Kept(kept) => (&mut kept.store, Some(kept.instance)),
        };
        let witness = guest.scope.reachable.witness.clone();
        let call = called(guest, store, instance, function, arguments);
        let returned = match &witness {
            // In a box of its own, so that the calls of a server are no larger for it.
            Some(witness) => Box::pin(witness.timed(call, thread_cpu)).await,
            None => call.await,
        };
        if let Some(witness) = &witness {
            witness.memory(place.state().memory.memory_bytes());
        }
        place.state().tell_use();
        let refused = place.state().memory.refused();
        match returned {
            Ok((instance, returned)) => {
                if let Some(warm) = guest.warm.as_ref().filter(|_| refused.is_none()) {
                    warm.keep(match place {
                        InstanceStore::Fresh(store) => Kept::first(store, instance),
                        InstanceStore::Kept(kept) => kept,
                    });
                }
                Ok((returned, refused))
            }
            Err(error) => {
                let log = &place.state().log;
                log.finish();
                let error = CallError::from_wasm(&error, guest.scope.limits());
                Err(error.with_last_words(log.last_words()).after_refusal(refused))
            }
        }
    }
}

async fn called<Arguments, Returned>(
    guest: &Guest,
    store: &mut Store<CallState>,
    instance: Option<Instance>,
    function: &ComponentExportIndex,
    arguments: Arguments,
) -> wasmtime::Result<(Instance, Returned)>
where
    Arguments: ComponentNamedList + Lower + Send,
    Returned: ComponentNamedList + Lift + Send + 'static,
{
    let instance = match instance {
        Some(instance) => instance,
        None => guest.pre.instantiate_async(&mut *store).await?,
    };
    let function = instance.get_typed_func::<Arguments, Returned>(&mut *store, function)?;
    Ok((instance, function.call_async(store, arguments).await?))
}
