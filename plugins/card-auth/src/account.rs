//! The tasks `status` and `revoke`, about a user's authorization.
//!
//! Payload of both: `{"open_id": "ou_…"}`. Reply of `status`: `{"authorized": true, "scopes": ["…"],
//! "access_expires_at_ms": 0, "refresh_expires_at_ms": 0, "authorized_at_ms": 0}`; the same with false and
//! `expired_at_ms` when it has expired; or `{"authorized": false}`. Reply of `revoke`: `{"revoked": true}`, or false when
//! there was nothing.

use lark_plugin_sdk::prelude::*;
use serde::Deserialize;
use serde_json::json;

use crate::request::check_id;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Of {
    open_id: String,
}

/// Runs the task `status`.
pub(crate) fn status(host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
    let Of { open_id } = task.payload()?;
    check_id(&open_id, "ou_", "open_id")?;
    let Some(authorization) = host.oauth().status(&open_id)? else {
        return Outcome::reply(&json!({"authorized": false}));
    };
    let lasts = authorization.lasts(host.now_ms());
    let mut reply = json!({
        "authorized": lasts,
        "scopes": authorization.scopes,
        "access_expires_at_ms": authorization.access_expires_at_ms,
        "refresh_expires_at_ms": authorization.refresh_expires_at_ms,
        "authorized_at_ms": authorization.authorized_at_ms,
    });
    if let Some(reply) = reply.as_object_mut().filter(|_| !lasts) {
        reply.insert("expired_at_ms".to_owned(), authorization.ends_at_ms().into());
    }
    Outcome::reply(&reply)
}

/// Runs the task `revoke`.
pub(crate) fn revoke(host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
    let Of { open_id } = task.payload()?;
    check_id(&open_id, "ou_", "open_id")?;
    let revoked = host.oauth().forget(&open_id)?;
    if revoked {
        host.log().info("revoked a user's authorization");
    }
    Outcome::reply(&json!({"revoked": revoked}))
}
