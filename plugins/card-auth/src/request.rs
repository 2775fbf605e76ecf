//! The task `request`: begins a session for one user and sends the card that asks them.
//!
//! Payload: `{"open_id": "ou_…", "scope": ["…"], "message": "…", "send": true, "tenant_key": "…"}`; all but `open_id` may
//! be absent. With `"send": false` the requesting side sends the card itself: it is in the reply as `card`. A store
//! application needs `tenant_key`.
//! Reply: `{"session_id": "…", "message_id": "om_…", "expires_at_ms": 0}`, or `{"refused": "too_many_requests",
//! "retry_after_ms": 0}` to the sixth request in a minute, or `{"refused": "superseded"}` and the like when the task was
//! retried after the session had ended. When no link can be made (a missing setting, or more scopes than Lark accepts)
//! nothing is sent, and the failure says what to set.
//!
//! The task may run more than once: its id leads to the session of the first time, and the host lets Lark send the card
//! once.

use lark_plugin_sdk::prelude::*;
use lark_plugin_sdk::{Kv, OpenapiError};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::session::{self, Reason, Refusal, Session, Status, User};
use crate::sessions::{self, Changed};
use crate::{
    cards,
    counts::{self, Refused},
    settle,
};

/// The size limit of the message. A card of 30 KB has room for much more, a reader's patience has not.
const MESSAGE_CHARS_MAX: usize = 2000;
/// Lark's limit for one link; the server checks again, with `offline_access`.
const SCOPES_MAX: usize = 50;
const ID_BYTES_MAX: usize = 64;

/// A misspelt name is an error: otherwise a request would silently be granted too little.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) open_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tenant_key: Option<String>,
    #[serde(default)]
    pub(crate) scope: Vec<String>,
    #[serde(default)]
    pub(crate) message: Option<String>,
    #[serde(default = "yes")]
    pub(crate) send: bool,
    /// Read only to reject another application than the task's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) app_id: Option<String>,
}

fn yes() -> bool {
    true
}

/// Runs the task.
pub(crate) fn begin(host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
    let request: Request = task.payload()?;
    check(&request, &task.app_id)?;
    // Checked first, because otherwise only the user who clicks would find out that no link can be made: the key or the
    // address is not set, or there are too many scopes.
    host.oauth().begin(&request.scope)?;
    let is_sent = request.send;
    let (session_id, session) = begun(host, task, request)?;
    let now_ms = host.now_ms();
    if let Some(refused) = over(&session, now_ms) {
        return Outcome::reply(&json!({"refused": refused}));
    }

    let user = match admit(host, &session_id, &session)? {
        Ok(user) => user,
        Err(retry_after_ms) => {
            host.kv().delete(&session::key(&session_id))?;
            host.kv().delete(&task_key(&task.id))?;
            host.log()
                .info("rejected a request: too many for this person within a minute");
            counts::refused(host, Refused::RateLimited);
            return Outcome::reply(&json!({"refused": "too_many_requests", "retry_after_ms": retry_after_ms}));
        }
    };
    if let Some(older) = &user.older {
        sessions::change(host, older, |older| older.finished(Status::Superseded, now_ms))?;
    }
    let expires_at_ms = session.expires_at_ms;
    let reply = if is_sent {
        let message_id = match &session.message_id {
            Some(message_id) => message_id.clone(),
            None => send(host, &session_id, &session)?,
        };
        json!({"session_id": session_id, "message_id": message_id, "expires_at_ms": expires_at_ms})
    } else {
        // Its message becomes known by the first click.
        json!({"session_id": session_id, "expires_at_ms": expires_at_ms, "card": card(&session_id, &session)})
    };
    let left = session.remaining(host.now_ms());
    let mut outcome = Outcome::reply(&reply)?;
    if let Some(older) = &user.older {
        outcome = outcome.with_task(settle::update_card(older)?);
    }
    Ok(outcome.with_task(settle::expire(&session_id)?.after(left)))
}

/// The session of this task: of an earlier attempt, or a new one.
fn begun(host: &dyn Host, task: &Task, request: Request) -> Result<(String, Session), Failure> {
    let kv = host.kv();
    let session_id = id_of(host, kv, &task.id)?;
    if let Some(session) = sessions::find(kv, &session_id, &task.app_id)? {
        return Ok((session_id, session));
    }
    let Request {
        open_id,
        tenant_key,
        scope,
        message,
        ..
    } = request;
    let session = Session::new(&task.app_id, &open_id, scope, message, host.now_ms());
    let session = session.in_tenant(tenant_key.as_deref().unwrap_or_default());
    // The session is written first and becomes the person's newest second: whoever finds it as the newest finds it
    // written. If this stops in between, no card was made, and nobody knows the id.
    kv.set_json(&session::key(&session_id), &session, Some(session::KEPT))?;
    Ok((session_id, session))
}

fn id_of(host: &dyn Host, kv: Kv<'_>, task_id: &str) -> Result<String, Failure> {
    let new = sessions::new_id(host)?;
    let mut known = None;
    let written = kv.update_json(&task_key(task_id), Some(session::KEPT), |id: Option<String>| {
        known.clone_from(&id);
        id.is_none().then(|| new.clone())
    })?;
    Ok(written.or(known).unwrap_or(new))
}

fn task_key(task_id: &str) -> String {
    format!("task/{task_id}")
}

/// The reason for which a session is no longer asked for, if there is one.
fn over(session: &Session, now_ms: u64) -> Option<&'static str> {
    match session.status {
        Status::Pending if !session.is_out_of_time(now_ms) => None,
        Status::Pending | Status::Expired => Some("expired"),
        // A user who has got this far has the card.
        Status::Exchanging | Status::Completed if session.message_id.is_some() => None,
        Status::Exchanging | Status::Completed => Some("completed"),
        Status::Rejected => Some("rejected"),
        Status::Failed => Some("failed"),
        Status::Superseded => Some("superseded"),
    }
}

/// Makes the session the user's newest, unless the rate limit is reached: then returns when the next one is allowed.
fn admit(host: &dyn Host, session_id: &str, session: &Session) -> Result<Result<User, u64>, Failure> {
    let now_ms = host.now_ms();
    let (mut refusal, mut is_new) = (None, false);
    let user = host
        .kv()
        .update_json(&session.user_key(), Some(session::KEPT), |user: Option<User>| {
            // The same request was counted by an earlier attempt.
            is_new = user.as_ref().is_none_or(|user| user.session_id != session_id);
            let admitted = user.unwrap_or_default().begins(session_id, now_ms);
            refusal = admitted.as_ref().err().copied();
            admitted.ok()
        })?;
    Ok(match (user, refusal) {
        (Some(user), _) => {
            if is_new {
                counts::begun(host);
            }
            Ok(user)
        }
        (None, Some(Refusal::TooMany { retry_after_ms })) => Err(retry_after_ms),
        (None, _) => Err(0),
    })
}

fn card(session_id: &str, session: &Session) -> serde_json::Value {
    cards::request(session_id, session.message.as_deref(), &session.scopes)
}

/// Sends the card and remembers the message.
fn send(host: &dyn Host, session_id: &str, session: &Session) -> Result<String, Failure> {
    let openapi = sessions::openapi(host, session);
    let sent = openapi.send_card(To::OpenId(&session.open_id), card(session_id, session));
    let message_id = match sent {
        Ok(message_id) => message_id,
        Err(error) => return Err(not_sent(host, session_id, error)),
    };
    if let Changed::Gone = sessions::change(host, session_id, |session| session.in_message(&message_id))? {
        return Err(Failure::permanent(
            "the session is gone although its card was just sent",
        ));
    }
    Ok(message_id)
}

/// A card that will never arrive ends its session; one that may arrive leaves it.
fn not_sent(host: &dyn Host, session_id: &str, error: OpenapiError) -> Failure {
    let failure = Failure::from(error);
    if matches!(failure, Failure::Permanent { .. }) {
        let now_ms = host.now_ms();
        let change = |session: Session| session.failed(Reason::NotSent, now_ms);
        if let Err(error) = sessions::change(host, session_id, change) {
            host.log()
                .error(&format!("could not save the end of a session: {error}"));
        }
    }
    failure
}

fn check(request: &Request, app_id: &str) -> Result<(), Failure> {
    check_id(app_id, "cli_", "app_id")?;
    check_id(&request.open_id, "ou_", "open_id")?;
    if request.tenant_key.as_ref().is_some_and(|key| key.len() > ID_BYTES_MAX) {
        return Err(Failure::permanent("tenant_key must have at most 64 bytes"));
    }
    if request.app_id.as_ref().is_some_and(|other| other != app_id) {
        return Err(Failure::permanent(
            "app_id is another application's; send the task for that application",
        ));
    }
    let is_scope = |scope: &String| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'.' | b'_' | b'-');
        !scope.is_empty() && scope.len() <= 128 && scope.bytes().all(is_plain)
    };
    if request.scope.len() > SCOPES_MAX || !request.scope.iter().all(is_scope) {
        return Err(Failure::permanent(
            "scope must be a list of at most 50 names like contact:user.base:readonly",
        ));
    }
    let message_chars = request.message.as_ref().map_or(0, |message| message.chars().count());
    if message_chars > MESSAGE_CHARS_MAX {
        return Err(Failure::permanent("message must have at most 2000 characters"));
    }
    Ok(())
}

/// Ids become parts of keys, so they may only have the characters that Lark uses.
pub(crate) fn check_id(id: &str, prefix: &str, name: &str) -> Result<(), Failure> {
    let is_plain = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if id.starts_with(prefix) && is_plain && id.len() <= ID_BYTES_MAX {
        return Ok(());
    }
    Err(Failure::permanent(format_args!(
        "{name} must begin with {prefix} and have only letters, digits, - and _"
    )))
}
