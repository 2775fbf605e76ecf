//! Starting and stopping.

mod stop;
