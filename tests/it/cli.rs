//! The program as a person meets it: exit codes, messages, signals, `dev` and `send`.

mod authoring;
mod authoring_live;
mod bare_root;
mod checking;
mod declarations;
mod dev;
mod dev_lark;
mod doctor;
mod explain;
mod fixtures;
mod hangup;
mod healthcheck;
mod languages;
mod log_file;
mod mcp;
mod mistakes;
mod process;
mod pushing;
mod sandboxed;
mod sdks;
mod sending;
mod setup;
mod time_zone;
mod without_end;
