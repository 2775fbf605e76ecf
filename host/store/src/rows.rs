//! Plain rows: what goes into the database and what comes out of it, the same for both.

pub(crate) mod alike;
pub(crate) mod backup;
pub(crate) mod connected;
pub(crate) mod copied;
pub(crate) mod counts;
pub(crate) mod decode;
pub(crate) mod deliveries;
pub(crate) mod events;
pub(crate) mod id_filter;
pub(crate) mod index_key;
pub(crate) mod inspection;
pub(crate) mod job;
pub(crate) mod kind;
pub(crate) mod lost;
pub(crate) mod node;
pub(crate) mod numbers;
pub(crate) mod overdue;
pub(crate) mod plugin_versions;
pub(crate) mod question;
pub(crate) mod schedules;
pub(crate) mod task_group;
pub(crate) mod tasks;
pub(crate) mod text;
pub(crate) mod walk;
