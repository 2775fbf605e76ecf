//! The task `request`: begins a session for one person and makes the card that asks them.
//!
//! Payload: `{"open_id": "ou_…", "scope": ["…"], "message": "…", "app_id": "cli_…"}`; all but `open_id` may be absent.
//! Reply: `{"session_id": "…", "expires_at_ms": 0, "card": {…}}`, or, to the sixth request in a minute,
//! `{"refused": "too_many_requests", "retry_after_ms": 0}`.

use lark_plugin_sdk::prelude::*;
use serde::Deserialize;
use serde_json::json;

use crate::session::{self, Refusal, Session, Status, User};
use crate::{cards, oauth};

#[derive(Deserialize)]
struct Request {
    open_id: String,
    #[serde(default)]
    scope: Vec<String>,
    message: Option<String>,
    app_id: Option<String>,
}

/// Does the task.
pub(crate) fn begin(host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
    let request: Request = task.payload()?;
    let app_id = request.app_id.as_deref().unwrap_or(&task.app_id);
    check_id(app_id, "cli_", "app_id")?;
    check_id(&request.open_id, "ou_", "open_id")?;

    let kv = host.kv();
    let now_ms = host.now_ms();
    let session_id = oauth::secret::<{ session::ID_BYTES }>(host)?;
    let session = Session::new(app_id, &request.open_id, request.scope, now_ms);

    // The session is written first and becomes the person's newest second: whoever finds it as the newest finds it
    // written. If this stops in between, no card was made, and nobody knows the id.
    kv.set_json(&session::key(&session_id), &session, Some(session::KEPT))?;
    let mut refusal = None;
    let mut older = String::new();
    kv.update_json(&session.user_key(), Some(session::KEPT), |user: Option<User>| {
        let user = user.unwrap_or_default();
        older.clone_from(&user.session_id);
        let admitted = user.begins(&session_id, now_ms);
        refusal = admitted.as_ref().err().copied();
        admitted.ok()
    })?;
    if let Some(Refusal::TooMany { retry_after_ms }) = refusal {
        kv.delete(&session::key(&session_id))?;
        host.log().info("a person was asked too often within a minute");
        return Outcome::reply(&json!({"refused": "too_many_requests", "retry_after_ms": retry_after_ms}));
    }
    if !older.is_empty() {
        kv.update_json(&session::key(&older), Some(session::KEPT), |older: Option<Session>| {
            older?.finished(Status::Superseded, now_ms)
        })?;
    }
    Outcome::reply(&json!({
        "session_id": session_id,
        "expires_at_ms": session.expires_at_ms,
        "card": cards::request(&session_id, request.message.as_deref(), &session.scopes),
    }))
}

/// Ids become parts of keys and of links, so they must be what Lark makes them of.
fn check_id(id: &str, prefix: &str, name: &str) -> Result<(), Failure> {
    let is_plain = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if id.starts_with(prefix) && is_plain && id.len() <= 64 {
        return Ok(());
    }
    Err(Failure::permanent(format_args!(
        "{name} must begin with {prefix} and have only letters, digits, - and _"
    )))
}
