//! The memory of calls: the shared budget, and the meter of each call.

mod budget;
mod meter;

pub(super) use self::{
    budget::{Budget, Exhausted, Share},
    meter::MemoryMeter,
};
