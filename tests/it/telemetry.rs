//! Logs and metrics.

mod log_fields;
mod metrics;
