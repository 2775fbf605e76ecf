//! The place at which a call was interrupted last: what the error of one that is stopped can say about an endless loop.

use std::{
    cell::Cell,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use wasmtime::{AsContext, WasmBacktrace};

use crate::plugin::error::innermost;

/// Slices between two looks at the stack. A look at a deep one takes as long as a slice.
const SLICES_PER_LOOK: u32 = 16;

thread_local! {
    /// What the end of a slice leaves for the meter of its call, which gets the thread back next.
    static INTERRUPTION: Cell<Option<Interruption>> = const { Cell::new(None) };
}

/// End of a slice, with the functions that were running if it was looked at.
struct Interruption(Option<Box<WasmBacktrace>>);

/// Notes the end of the slice with this number, counted from 1: the first ones, for a call that may not take many, and then
/// one of some.
pub(super) fn interrupted(call: impl AsContext, slice: u32) {
    let is_looked_at = slice.is_power_of_two() || slice.is_multiple_of(SLICES_PER_LOOK);
    let functions = is_looked_at.then(|| Box::new(WasmBacktrace::capture(call)));
    INTERRUPTION.set(Some(Interruption(functions)));
}

/// Lets go of the place of a call that has not taken long: it would keep the code of a plugin that is unloaded.
pub(super) fn forget() {
    INTERRUPTION.take();
}

/// The place of a call that takes long; clones share it, because the call runs on another thread than the one that stops it.
#[derive(Debug, Clone, Default)]
pub(super) struct LastPlace(Arc<Mutex<Option<Box<WasmBacktrace>>>>);

impl LastPlace {
    /// Takes what the call has left when it gave its thread away: the end of a slice, or nothing because it waits for the host.
    pub(super) fn note(&self) {
        match INTERRUPTION.take() {
            Some(Interruption(None)) => {}
            Some(Interruption(functions)) => *self.lock() = functions,
            None => *self.lock() = None,
        }
    }

    /// The innermost functions with names, unless it waits.
    pub(super) fn functions(&self) -> Option<String> {
        let functions = self.lock().as_deref().map(innermost)?;
        Some(functions).filter(|functions| !functions.is_empty())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Box<WasmBacktrace>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
