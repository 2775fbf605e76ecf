//! The decision table of a click, as code.
//!
//! | the click | toast | card | the session |
//! |---|---|---|---|
//! | has no `session_id` in its value | – (the next plugin is asked) | – | – |
//! | session unknown, or of another application | error | – | – |
//! | by somebody unknown, or another person than the session is for | error | – | stays |
//! | session no longer pending | error that says why | – | stays |
//! | session out of time | error | expired | becomes expired |
//! | `reject` | info | cancelled | becomes rejected, once |
//! | `authorize`, sixth in a minute | warning | – | stays |
//! | `authorize` | info | with the link | stays |
//! | any other action | error | – | stays |

use lark_plugin_sdk::Kv;
use lark_plugin_sdk::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::cards::{self, texts};
use crate::oauth;
use crate::session::{self, Refusal, Session, Status, User};

/// The value of our buttons. Who has a `session_id` is ours; the rest may be anything.
#[derive(Deserialize)]
struct Button {
    session_id: String,
    #[serde(default)]
    action: Value,
}

/// Answers a click.
pub(crate) fn answer(host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
    let click: CardAction = event.payload()?;
    let Some(button) = click.action.value_as::<Button>() else {
        return Ok(Outcome::pass());
    };
    let Some(session) = find(host.kv(), &button.session_id, &event.app_id)? else {
        host.log()
            .warn("a click names a session that does not exist: the card is old, or somebody is guessing");
        return Outcome::reply(&cards::error(texts::UNKNOWN_SESSION));
    };
    Outcome::reply(&decide(host, &button, &session, click.operator_open_id())?)
}

fn decide(host: &dyn Host, button: &Button, session: &Session, open_id: &str) -> Result<CardReply, Failure> {
    // A session is bound to an open id. A user id is another name space, so a click without an open id is nobody's.
    if open_id.is_empty() {
        host.log()
            .warn("a click without the open id of its operator was refused");
        return Ok(cards::error(texts::NOBODY));
    }
    if open_id != session.open_id {
        host.log()
            .warn("a click by somebody else than the session is for was refused");
        return Ok(cards::error(texts::OTHER_USER));
    }
    if session.status != Status::Pending {
        return Ok(no_longer_pending(session.status));
    }
    if session.is_out_of_time(host.now_ms()) {
        return finish(host, &button.session_id, Status::Expired);
    }
    match button.action.as_str() {
        Some("reject") => finish(host, &button.session_id, Status::Rejected),
        Some("authorize") => authorize(host, &button.session_id, session),
        _ => {
            host.log().warn("a click with an unknown action was refused");
            Ok(cards::error(texts::UNKNOWN_ACTION))
        }
    }
}

/// The flat card callback does not name its application; everywhere else it must be the session's.
fn find(kv: Kv<'_>, session_id: &str, app_id: &str) -> Result<Option<Session>, Failure> {
    if !session::is_id(session_id) {
        return Ok(None);
    }
    let session = kv
        .get_json::<Session>(&session::key(session_id))?
        .map(|entry| entry.value);
    Ok(session.filter(|session| app_id.is_empty() || session.app_id == app_id))
}

/// Ends a pending session, unless another click was faster: then that one has decided.
fn finish(host: &dyn Host, session_id: &str, status: Status) -> Result<CardReply, Failure> {
    let now_ms = host.now_ms();
    let mut found = None;
    let finished = host.kv().update_json(
        &session::key(session_id),
        Some(session::KEPT),
        |session: Option<Session>| {
            found = session.as_ref().map(|session| session.status);
            session?.finished(status, now_ms)
        },
    )?;
    Ok(match (finished, found) {
        (Some(_), _) if status == Status::Rejected => {
            host.log().info("the user cancelled the authorization");
            cards::cancelled()
        }
        (Some(_), _) => cards::expired(),
        (None, Some(status)) => no_longer_pending(status),
        (None, None) => cards::error(texts::UNKNOWN_SESSION),
    })
}

fn authorize(host: &dyn Host, session_id: &str, session: &Session) -> Result<CardReply, Failure> {
    let Some(redirect_uri) = host.config().get("oauth_redirect_uri").filter(|uri| !uri.is_empty()) else {
        host.log()
            .error("nobody can authorize before OAUTH_REDIRECT_URI is set to the address of GET /callback");
        return Ok(cards::error(texts::NOT_CONFIGURED));
    };
    let now_ms = host.now_ms();
    let mut refusal = None;
    host.kv()
        .update_json(&session.user_key(), Some(session::KEPT), |user: Option<User>| {
            let admitted = user.unwrap_or_default().shows_link(session_id, now_ms);
            refusal = admitted.as_ref().err().copied();
            admitted.ok()
        })?;
    match refusal {
        Some(Refusal::TooMany { .. }) => return Ok(cards::toast(Toast::warning, texts::TOO_MANY)),
        Some(Refusal::Superseded) => return Ok(cards::error(texts::SUPERSEDED)),
        None => {}
    }
    let url = oauth::authorize_link(host, session_id, session, &redirect_uri)?;
    host.log().info("showed the authorize link");
    Ok(cards::with_link(session_id, &url))
}

fn no_longer_pending(status: Status) -> CardReply {
    cards::error(match status {
        Status::Pending | Status::Exchanging => texts::IN_PROGRESS,
        Status::Completed => texts::COMPLETED,
        Status::Rejected => texts::REJECTED,
        Status::Expired => texts::EXPIRED,
        Status::Failed => texts::FAILED,
        Status::Superseded => texts::SUPERSEDED,
    })
}
