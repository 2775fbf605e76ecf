//! The decision table of returns from the authorize page, as code.
//!
//! | the return | page | the session |
//! |---|---|---|
//! | without a `state`, or with neither code nor error | incomplete | – |
//! | `state` unknown, or of another application | – (the next plugin is asked; nobody: invalid) | – |
//! | session superseded | invalid | stays |
//! | the same return again, interrupted the first time | authorized, or failed | becomes completed or failed |
//! | session no longer pending | used, or expired | stays |
//! | session expired | expired | becomes expired |
//! | `access_denied` | refused | becomes rejected, once |
//! | another error | failed | becomes failed |
//! | code, and the right person comes back | authorized | becomes completed |
//! | code, and somebody else comes back | wrong person | becomes failed |
//! | code, and the person may not use the application | not allowed | becomes failed |
//! | code, and the exchange fails | failed | becomes failed |
//!
//! The card follows in a task, after the page.

use lark_plugin_sdk::OauthError;
use lark_plugin_sdk::prelude::*;

use crate::counts::{self, Refused};
use crate::session::{EXCHANGE, Reason, Session, Status};
use crate::sessions::{self, Changed, Return};
use crate::settle;

/// Answers a return.
pub(crate) fn answer(host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
    // Only the server itself creates events of this schema.
    if event.schema != "redirect" {
        return Ok(Outcome::pass());
    }
    let back: OauthRedirect = event.payload()?;
    if back.state.is_empty() || (back.code.is_none() && back.error.is_none()) {
        return Outcome::reply(&PageReply::Incomplete);
    }
    let Some(kept) = known(host, &back.state, &event.app_id)? else {
        counts::refused(host, Refused::Unknown);
        return Ok(Outcome::pass());
    };
    if back.is_refused() {
        return refuse(host, &kept.session_id);
    }
    let session = match claim(host, event, &kept.session_id)? {
        Ok(session) => session,
        Err(outcome) => return Ok(outcome),
    };
    let Some(code) = back.code else {
        host.log().error("the authorize page returned an error");
        return end(host, &kept.session_id, &Err(Reason::AuthorizePage));
    };
    let result = match host.oauth().exchange(&code, &kept.ticket, &session.open_id) {
        Ok(user) if user.open_id == session.open_id => Ok(user.name),
        Ok(_) => Err(Reason::WrongPerson),
        Err(error) => Err(reason(host, &error)),
    };
    end(host, &kept.session_id, &result)
}

/// Returns the data stored for a `state` of this application.
fn known(host: &dyn Host, state: &str, app_id: &str) -> Result<Option<Return>, Failure> {
    let Some(kept) = sessions::find_return(host.kv(), state)? else {
        return Ok(None);
    };
    let session = sessions::find(host.kv(), &kept.session_id, app_id)?;
    Ok(session.map(|_ours| kept))
}

/// Claims the session for the first return in time; any other gets the matching page.
fn claim(host: &dyn Host, event: &Event, session_id: &str) -> Result<Result<Session, Outcome>, Failure> {
    let now_ms = host.now_ms();
    Ok(
        match sessions::change(host, session_id, |session| session.claimed(&event.id, now_ms))? {
            Changed::Now(session) => Ok(session),
            Changed::Not(session) if is_cut_short(event, &session) => Err(cut_short(host, session_id, &session)?),
            Changed::Not(session) => Err(too_late(host, session_id, &session)?),
            Changed::Gone => Err(Outcome::reply(&PageReply::Invalid)?),
        },
    )
}

fn refuse(host: &dyn Host, session_id: &str) -> Result<Outcome, Failure> {
    let now_ms = host.now_ms();
    let change = |session: Session| {
        let in_time = Some(session).filter(|session| !session.is_out_of_time(now_ms));
        in_time?.finished(Status::Rejected, now_ms)
    };
    match sessions::change(host, session_id, change)? {
        Changed::Now(_) => {
            host.log().info("the user declined on the authorize page");
            Ok(Outcome::reply(&PageReply::Refused)?.with_task(settle::update_card(session_id)?))
        }
        Changed::Not(session) => too_late(host, session_id, &session),
        Changed::Gone => Outcome::reply(&PageReply::Invalid),
    }
}

/// Whether an earlier attempt of this same return began the exchange. The server runs a return again only when the previous
/// attempt is dead, so the exchange is no longer running.
fn is_cut_short(event: &Event, session: &Session) -> bool {
    event.attempt > 1
        && session.status == Status::Exchanging
        && session.claimed_by.as_deref() == Some(event.id.as_str())
}

/// Shows the result when the page is reloaded, instead of leaving the user to wait for the card.
fn cut_short(host: &dyn Host, session_id: &str, session: &Session) -> Result<Outcome, Failure> {
    let page = match settle::settle_abandoned(host, session_id, session)? {
        Changed::Now(session) if session.status == Status::Completed => PageReply::Authorized,
        Changed::Now(_) => PageReply::Failed,
        Changed::Not(session) => return too_late(host, session_id, &session),
        Changed::Gone => return Outcome::reply(&PageReply::Invalid),
    };
    Ok(Outcome::reply(&page)?.with_task(settle::update_card(session_id)?))
}

/// A return to a session that has ended or expired.
fn too_late(host: &dyn Host, session_id: &str, session: &Session) -> Result<Outcome, Failure> {
    let page = match session.status {
        Status::Pending | Status::Expired => PageReply::Expired,
        Status::Superseded => PageReply::Invalid,
        Status::Exchanging | Status::Completed | Status::Rejected | Status::Failed => PageReply::Used,
    };
    let outcome = Outcome::reply(&page)?;
    if session.status != Status::Pending {
        counts::refused(host, Refused::Replayed);
        host.log().warn("rejected a return to a session that has ended");
        return Ok(outcome);
    }
    let now_ms = host.now_ms();
    sessions::change(host, session_id, |session| session.finished(Status::Expired, now_ms))?;
    Ok(outcome.with_task(settle::update_card(session_id)?))
}

/// Stores how the exchange ended, and shows it.
fn end(host: &dyn Host, session_id: &str, result: &Result<String, Reason>) -> Result<Outcome, Failure> {
    let now_ms = host.now_ms();
    let page = match result {
        Ok(_) => PageReply::Authorized,
        Err(Reason::WrongPerson) => PageReply::WrongPerson,
        Err(Reason::NotAllowed) => PageReply::NotAllowed,
        Err(_) => PageReply::Failed,
    };
    match result {
        Ok(_) => host.log().info("a user authorized the application"),
        Err(reason) => host.log().warn(&format!("an authorization failed: {reason:?}")),
    }
    let written = sessions::change(host, session_id, |session| match result {
        Ok(name) => session.completed(Some(name), now_ms),
        Err(reason) => session.failed(*reason, now_ms),
    });
    let outcome = Outcome::reply(&page)?;
    Ok(match written {
        Ok(_) => outcome.with_task(settle::update_card(session_id)?),
        // The exchange itself succeeded or failed, and the page must say so; the session is corrected a little later.
        Err(failure) => {
            host.log()
                .error(&format!("could not save the end of a session: {failure}"));
            outcome.with_task(settle::expire(session_id)?.after(EXCHANGE))
        }
    })
}

fn reason(host: &dyn Host, error: &OauthError) -> Reason {
    match error {
        OauthError::WrongUser => Reason::WrongPerson,
        OauthError::NotAllowed(_) => Reason::NotAllowed,
        OauthError::CodeRefused(_) | OauthError::BadTicket => Reason::CodeRefused,
        OauthError::Retry { .. } => Reason::Unavailable,
        OauthError::NotGranted(_) => {
            host.log().error(&error.to_string());
            Reason::Configuration
        }
        // The server has logged it, with the setting to change.
        OauthError::Failed(_) => Reason::Configuration,
    }
}
