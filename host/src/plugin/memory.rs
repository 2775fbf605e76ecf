//! The memory of calls: what all of them share, and the meter of each.

mod budget;
mod meter;

pub(super) use self::{
    budget::{Budget, Exhausted, Share},
    meter::MemoryMeter,
};
