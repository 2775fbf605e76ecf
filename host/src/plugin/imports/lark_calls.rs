//! Code shared by the interfaces that call Lark.

use std::time::Duration;

use super::{CallState, Reach};
use crate::{openapi::Deadline, plugin::bindings::lark_callback::plugin::types::RetryLater, tokens::Tokens};

/// Lark's ids have some 40 bytes; they become keys of the database.
pub(super) const OPEN_ID_BYTES_MAX: usize = 256;

impl CallState {
    /// Returns the client for Lark, if there is one and the call may use it.
    pub(super) fn lark(&self) -> Result<&Tokens, String> {
        match (self.reach, &self.scope.reachable.tokens) {
            (Reach::Nothing, _) => Err("Lark is not called while the plugin describes itself".to_owned()),
            (Reach::Granted, None) => Err("this server is not set up to call Lark".to_owned()),
            (Reach::Granted, Some(tokens)) => Ok(tokens),
        }
    }

    pub(super) fn deadline(&self) -> Deadline {
        Deadline::new(self.clock, self.subject.deadline())
    }
}

/// Nobody has such an id.
pub(super) fn too_long(open_id: &str) -> String {
    format!(
        "an open id has at most {OPEN_ID_BYTES_MAX} bytes, this one has {}",
        open_id.len()
    )
}

/// When to try again.
pub(super) fn retry_later(message: String, after: Option<Duration>) -> RetryLater {
    RetryLater {
        message,
        after_ms: after.map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
    }
}
