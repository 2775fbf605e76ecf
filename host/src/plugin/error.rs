//! Errors of loading a plugin and of calling it.

mod call;
mod interpreter;
mod load;
mod tasks;

pub(super) use self::{call::innermost, load::CompilerSaid, tasks::TASK_NAME_BYTES_MAX};
pub use self::{
    call::{CallError, Place, Words},
    load::{LoadError, LoadProblem},
    tasks::TaskRefusal,
};
