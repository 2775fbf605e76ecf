//! Plugins that crashed at every call of late: their clicks are answered at once, and their deliveries wait.

use std::collections::BTreeMap;

use bytes::Bytes;
use lark_protocol::{Event, reply};

use super::{Answer, Dispatcher, said};
use crate::plugin::BackoffStatus;

/// The code of [`crate::plugin::CallError::BackingOff`].
pub(super) const BACKING_OFF: &str = "backing_off";

impl Dispatcher {
    /// Returns the plugins whose calls are refused or tried, with the state of their backoff.
    pub fn backoffs(&self) -> BTreeMap<String, BackoffStatus> {
        let table = self.0.registry.current();
        let plugins = table.plugins().iter();
        plugins
            .filter_map(|plugin| Some((plugin.name().to_owned(), plugin.backoff()?)))
            .collect()
    }
}

/// Returns the answer to a callback whose plugin is not called for a while.
pub(super) fn unavailable(event: &Event) -> Answer {
    let body = reply::callback_unavailable(&event.event_type);
    said(event, Bytes::from_static(body.as_bytes()))
}
