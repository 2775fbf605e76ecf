//! Verbs of the store: each file adds some to the handle.

pub(crate) mod app_tickets;
pub(crate) mod audit;
pub(crate) mod authorizations;
pub(crate) mod backup;
pub(crate) mod clock;
pub(crate) mod connected;
pub(crate) mod deliveries;
pub(crate) mod events;
pub(crate) mod inspect;
pub(crate) mod kv;
pub(crate) mod leases;
pub(crate) mod lost;
pub(crate) mod operator;
pub(crate) mod overdue;
pub(crate) mod own_leases;
pub(crate) mod paused;
pub(crate) mod plugin_history;
pub(crate) mod plugin_orders;
pub(crate) mod plugins;
pub(crate) mod reclaim;
pub(crate) mod retention;
pub(crate) mod returns;
pub(crate) mod schedules;
pub(crate) mod tasks;
pub(crate) mod undecided;
pub(crate) mod user_tokens;
