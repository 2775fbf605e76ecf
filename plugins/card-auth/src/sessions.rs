//! Sessions in the store: found by what a stranger brings, changed by one conditional write.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use lark_plugin_sdk::prelude::*;
use lark_plugin_sdk::{Kv, Openapi};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::counts;
use crate::session::{self, Session};

/// The result of a change.
pub(crate) enum Changed {
    /// It was made.
    Now(Session),
    /// The session is not one to which this may happen; as it is.
    Not(Session),
    /// There is no such session.
    Gone,
}

/// The data for a return from the authorize page, stored under the hash of `state`, so that somebody who reads the store
/// cannot forge a return.
#[derive(Serialize, Deserialize)]
pub(crate) struct Return {
    pub(crate) session_id: String,
    /// Of the host; only it can open it.
    pub(crate) ticket: String,
}

/// Random bytes as text that needs no escaping anywhere.
pub(crate) fn new_id(host: &dyn Host) -> Result<String, Failure> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(host.random::<{ session::ID_BYTES }>()?))
}

/// The session of this id, if it belongs to this application.
pub(crate) fn find(kv: Kv<'_>, session_id: &str, app_id: &str) -> Result<Option<Session>, Failure> {
    if !session::is_id(session_id) {
        return Ok(None);
    }
    let session = kv
        .get_json::<Session>(&session::key(session_id))?
        .map(|entry| entry.value);
    Ok(session.filter(|session| session.app_id == app_id))
}

/// Lark, in the tenant of the session.
pub(crate) fn openapi<'a>(host: &'a dyn Host, session: &Session) -> Openapi<'a> {
    match &session.tenant_key {
        Some(tenant_key) => host.openapi().in_tenant(tenant_key),
        None => host.openapi(),
    }
}

/// Changes a session if `change` allows it for what it is at that moment. A session that ends by it is counted: whoever
/// makes the change is the only one who does.
pub(crate) fn change(
    host: &dyn Host,
    session_id: &str,
    change: impl Fn(Session) -> Option<Session>,
) -> Result<Changed, Failure> {
    let mut found = None;
    let changed = host.kv().update_json(
        &session::key(session_id),
        Some(session::KEPT),
        |session: Option<Session>| {
            found.clone_from(&session);
            change(session?)
        },
    )?;
    Ok(match (changed, found) {
        (Some(session), before) => {
            if before.is_none_or(|before| before.status != session.status) {
                counts::moved(host, &session);
            }
            Changed::Now(session)
        }
        (None, Some(session)) => Changed::Not(session),
        (None, None) => Changed::Gone,
    })
}

/// Remembers a link. It is kept longer than the session lives, so that who comes late can be told.
pub(crate) fn keep_return(kv: Kv<'_>, state: &str, kept: &Return) -> Result<(), Failure> {
    kv.set_json(&return_key(state), kept, Some(session::KEPT))?;
    Ok(())
}

/// Returns the data stored for a `state`.
pub(crate) fn find_return(kv: Kv<'_>, state: &str) -> Result<Option<Return>, Failure> {
    Ok(kv.get_json(&return_key(state))?.map(|entry| entry.value))
}

fn return_key(state: &str) -> String {
    format!("state/{}", BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(state)))
}
