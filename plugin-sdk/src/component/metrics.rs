//! The import that a plugin has only when it records metrics.

use crate::Host;
use crate::bindings::lark_callback::plugin::metrics;

pub(crate) fn metrics_add(_host: &dyn Host, name: &str, labels: &[(String, String)], amount: u64) {
    metrics::add(name, labels, amount);
}

pub(crate) fn metrics_time(_host: &dyn Host, name: &str, labels: &[(String, String)], ms: u64) {
    metrics::time(name, labels, ms);
}
