//! The decision table of clicks, as code.
//!
//! | the click | toast | card | the session |
//! |---|---|---|---|
//! | cannot be read, or has no `card_auth` in its value | – (the next plugin is asked) | – | – |
//! | session unknown, or of another application | error | – | – |
//! | by somebody unknown, or another person than the session is for | error | – | stays |
//! | `again`, session failed or expired, and still the newest | info | a new one, in a task | stays |
//! | session in an interrupted exchange | error that says how it ended | the same | becomes completed or failed |
//! | session no longer pending | error that says why | how it ended, in case an update of the card was lost | stays |
//! | session expired | error | expired | becomes expired |
//! | `reject` | info | cancelled | becomes rejected, once |
//! | `authorize`, sixth in a minute | warning | – | stays |
//! | `authorize` | info | with the link | stays |
//! | any other action | error | – | stays |

use lark_plugin_sdk::OauthError;
use lark_plugin_sdk::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use crate::cards::{self, texts};
use crate::counts::{self, Refused};
use crate::request::Request;
use crate::session::{self, Reason, Refusal, Session, Status, User};
use crate::sessions::{self, Changed, Return};
use crate::settle;

/// The value of our buttons, recognized by `card_auth`.
#[derive(Deserialize)]
struct Button {
    card_auth: Option<String>,
    /// The field in the cards of the original deployment. Other plugins may use it too: it is ours if the session exists.
    session_id: Option<String>,
    #[serde(default)]
    action: Value,
}

/// A click on one of our buttons.
struct Click<'a> {
    session_id: &'a str,
    action: &'a str,
    open_id: &'a str,
    /// The message that holds the card, according to Lark; may be empty.
    message_id: &'a str,
    /// The place of the click.
    tenant_key: &'a str,
}

/// Answers a click.
pub(crate) fn answer(host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
    // A value that cannot be parsed is not from one of our cards; another plugin may understand it.
    let Ok(action) = event.payload::<CardAction>() else {
        return Ok(Outcome::pass());
    };
    let Some(button) = action.action.value_as::<Button>() else {
        return Ok(Outcome::pass());
    };
    let Some(session_id) = button.card_auth.as_deref().or(button.session_id.as_deref()) else {
        return Ok(Outcome::pass());
    };
    let Some(session) = sessions::find(host.kv(), session_id, &event.app_id)? else {
        if button.card_auth.is_none() {
            return Ok(Outcome::pass());
        }
        counts::refused(host, Refused::Unknown);
        host.log()
            .warn("rejected a click on an unknown session: the card is old, or the session id was guessed");
        return Outcome::reply(&cards::error(texts::UNKNOWN_SESSION));
    };
    let click = Click {
        session_id,
        action: button.action.as_str().unwrap_or_default(),
        open_id: action.operator_open_id(),
        message_id: action.context.open_message_id.as_deref().unwrap_or_default(),
        tenant_key: &event.tenant_key,
    };
    decide(host, &click, &session)
}

fn decide(host: &dyn Host, click: &Click<'_>, session: &Session) -> Result<Outcome, Failure> {
    // A session is bound to an open id, and a user id is a different namespace, so a click without an open id matches nobody.
    if click.open_id.is_empty() {
        host.log().warn("rejected a click without an operator open id");
        return Outcome::reply(&cards::error(texts::NOBODY));
    }
    if click.open_id != session.open_id {
        counts::refused(host, Refused::OtherUser);
        host.log()
            .warn("rejected a click by another person than the session is for");
        return Outcome::reply(&cards::error(texts::OTHER_USER));
    }
    if click.action == "again" && matches!(session.status, Status::Failed | Status::Expired) {
        return again(host, click, session);
    }
    let reply = if session.is_abandoned(host.now_ms()) {
        cut_short(host, click, session)?
    } else if session.status != Status::Pending {
        no_longer_pending(click.session_id, session)
    } else if session.is_out_of_time(host.now_ms()) {
        finish(host, click, Status::Expired)?
    } else {
        match click.action {
            "reject" => finish(host, click, Status::Rejected)?,
            "authorize" => authorize(host, click, session)?,
            _ => {
                host.log().warn("rejected a click with an unknown action");
                cards::error(texts::UNKNOWN_ACTION)
            }
        }
    };
    Outcome::reply(&reply)
}

/// Ends an interrupted exchange, so that the toast shows its result instead of "in progress".
fn cut_short(host: &dyn Host, click: &Click<'_>, session: &Session) -> Result<CardReply, Failure> {
    Ok(match settle::settle_abandoned(host, click.session_id, session)? {
        Changed::Now(session) | Changed::Not(session) => no_longer_pending(click.session_id, &session),
        Changed::Gone => cards::error(texts::UNKNOWN_SESSION),
    })
}

/// Ends a pending session, unless another click was faster: then that one decides.
fn finish(host: &dyn Host, click: &Click<'_>, status: Status) -> Result<CardReply, Failure> {
    let now_ms = host.now_ms();
    let change = |session: Session| session.finished(status, now_ms);
    Ok(match sessions::change(host, click.session_id, change)? {
        Changed::Now(_) if status == Status::Rejected => {
            host.log().info("the user cancelled the authorization");
            cards::cancelled()
        }
        Changed::Now(_) => cards::expired(click.session_id),
        Changed::Not(session) => no_longer_pending(click.session_id, &session),
        Changed::Gone => cards::error(texts::UNKNOWN_SESSION),
    })
}

/// Requests a new card like the old one. The rate limit is checked when it is made.
fn again(host: &dyn Host, click: &Click<'_>, session: &Session) -> Result<Outcome, Failure> {
    let user = host
        .kv()
        .get_json::<User>(&session.user_key())?
        .map(|entry| entry.value);
    let is_newest = user.as_ref().is_none_or(|user| user.session_id == click.session_id);
    if !is_newest {
        return Outcome::reply(&cards::error(texts::SUPERSEDED));
    }
    if user.is_some_and(|user| user.is_exhausted(host.now_ms())) {
        counts::refused(host, Refused::RateLimited);
        return Outcome::reply(&cards::toast(Toast::warning, texts::TOO_MANY));
    }
    let request = Request {
        open_id: session.open_id.clone(),
        tenant_key: session.clone().in_tenant(click.tenant_key).tenant_key,
        scope: session.scopes.clone(),
        message: session.message.clone(),
        send: true,
        app_id: None,
    };
    let outcome = Outcome::reply(&cards::toast(Toast::info, texts::NEW_CARD))?;
    Ok(outcome.with_task(NewTask::new("request", &request)?))
}

fn authorize(host: &dyn Host, click: &Click<'_>, session: &Session) -> Result<CardReply, Failure> {
    let now_ms = host.now_ms();
    let mut refusal = None;
    host.kv()
        .update_json(&session.user_key(), Some(session::KEPT), |user: Option<User>| {
            let admitted = user.unwrap_or_default().shows_link(click.session_id, now_ms);
            refusal = admitted.as_ref().err().copied();
            admitted.ok()
        })?;
    match refusal {
        Some(Refusal::TooMany { .. }) => {
            counts::refused(host, Refused::RateLimited);
            return Ok(cards::toast(Toast::warning, texts::TOO_MANY));
        }
        Some(Refusal::Superseded) => return Ok(cards::error(texts::SUPERSEDED)),
        None => {}
    }
    let link = match host.oauth().begin(&session.scopes) {
        Ok(link) => link,
        Err(error @ (OauthError::NotGranted(_) | OauthError::Failed(_))) => {
            host.log().error(&format!("authorization is not possible: {error}"));
            return Ok(cards::error(texts::NOT_CONFIGURED));
        }
        Err(error) => return Err(error.into()),
    };
    let kept = Return {
        session_id: click.session_id.to_owned(),
        ticket: link.ticket,
    };
    sessions::keep_return(host.kv(), &link.state, &kept)?;
    if session.message_id.is_none() {
        // The server stopped between sending the card and storing its message id.
        sessions::change(host, click.session_id, |session| {
            session.in_tenant(click.tenant_key).in_message(click.message_id)
        })?;
    }
    host.log().info("showed the authorize link");
    Ok(cards::with_link(click.session_id, &link.url))
}

/// Shows the result, and updates the card: a card that can still be clicked is outdated.
fn no_longer_pending(session_id: &str, session: &Session) -> CardReply {
    let reply = cards::error(match session.status {
        Status::Pending | Status::Exchanging => texts::IN_PROGRESS,
        Status::Completed => texts::COMPLETED,
        Status::Rejected => texts::REJECTED,
        Status::Expired => texts::EXPIRED,
        // Another card would end in the same way.
        Status::Failed if session.reason == Some(Reason::NotAllowed) => texts::NOT_ALLOWED_BODY,
        Status::Failed => texts::FAILED,
        Status::Superseded => texts::SUPERSEDED,
    });
    match cards::ended(session_id, session) {
        Some(card) => reply.with_card(card),
        None => reply,
    }
}
