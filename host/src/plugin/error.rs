//! Errors of loading a plugin and of calling it.

mod call;
mod load;
mod tasks;

pub use self::{
    call::CallError,
    load::{LoadError, LoadProblem},
    tasks::TaskRefusal,
};
pub(super) use self::{call::innermost, load::CompilerSaid, tasks::TASK_NAME_BYTES_MAX};
