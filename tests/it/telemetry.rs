//! Logs.

mod log_fields;
