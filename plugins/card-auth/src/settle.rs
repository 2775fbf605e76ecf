//! The tasks that follow: `update-card` makes a card say how its session stands, `expire` ends a session that nobody ended.
//!
//! Both may run more than once and in any order: a card is made from the session as it is, and a session moves only where it
//! may.

use lark_plugin_sdk::OpenapiError;
use lark_plugin_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::cards;
use crate::session::{EXCHANGE, Reason, Session, Status};
use crate::sessions::{self, Changed};

/// Recalled, older than 14 days, or deleted: there is no card to be changed any more ("Update message card").
const CARD_IS_GONE: [i64; 3] = [230_011, 230_031, 230_110];

#[derive(Serialize, Deserialize)]
struct Of {
    session_id: String,
}

/// Makes the card say how its session stands.
pub(crate) fn update_card(session_id: &str) -> Result<NewTask, Failure> {
    of("update-card", session_id)
}

/// Ends the session if nobody else has.
pub(crate) fn expire(session_id: &str) -> Result<NewTask, Failure> {
    of("expire", session_id)
}

fn of(name: &str, session_id: &str) -> Result<NewTask, Failure> {
    NewTask::new(
        name,
        &Of {
            session_id: session_id.to_owned(),
        },
    )
}

/// Does `update-card`.
pub(crate) fn run_update_card(host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
    let Of { session_id } = task.payload()?;
    let Some(session) = sessions::find(host.kv(), &session_id, &task.app_id)? else {
        return Ok(Outcome::done());
    };
    let (Some(message_id), Some(card)) = (&session.message_id, cards::ended(&session_id, &session)) else {
        return Ok(Outcome::done());
    };
    match sessions::openapi(host, &session).patch_card(message_id, card) {
        Ok(()) => Ok(Outcome::done()),
        Err(error) if error.code().is_some_and(|code| CARD_IS_GONE.contains(&code)) => {
            host.log().info("the card of a session is gone and was not updated");
            Ok(Outcome::done())
        }
        Err(error) => Err(not_changed(error)),
    }
}

fn not_changed(error: OpenapiError) -> Failure {
    let failure = Failure::from(error);
    match failure {
        Failure::Retry { message, after } => Failure::Retry {
            message: format!("a card could not be changed: {message}"),
            after,
        },
        Failure::Permanent { message } => Failure::permanent(format_args!("a card could not be changed: {message}")),
    }
}

/// Does `expire`.
pub(crate) fn run_expire(host: &dyn Host, task: &Task) -> Result<Outcome, Failure> {
    let Of { session_id } = task.payload()?;
    let now_ms = host.now_ms();
    let Some(session) = sessions::find(host.kv(), &session_id, &task.app_id)? else {
        return Ok(Outcome::done());
    };
    let changed = match session.status {
        Status::Pending if session.is_out_of_time(now_ms) => {
            sessions::change(host, &session_id, |session| session.finished(Status::Expired, now_ms))?
        }
        Status::Pending => {
            let left = session.remaining(now_ms);
            return Ok(Outcome::done().with_task(expire(&session_id)?.after(left)));
        }
        Status::Exchanging if session.is_abandoned(now_ms) => settle_abandoned(host, &session_id, &session)?,
        Status::Exchanging => return Ok(Outcome::done().with_task(expire(&session_id)?.after(EXCHANGE))),
        Status::Completed | Status::Rejected | Status::Expired | Status::Failed | Status::Superseded => {
            return Ok(Outcome::done());
        }
    };
    match changed {
        Changed::Now(_) => Ok(Outcome::done().with_task(update_card(&session_id)?)),
        // Another call was faster, and it updates the card.
        Changed::Not(_) | Changed::Gone => Ok(Outcome::done()),
    }
}

/// An exchange that was cut short: whether Lark's answer was stored decides how it ended.
pub(crate) fn settle_abandoned(host: &dyn Host, session_id: &str, session: &Session) -> Result<Changed, Failure> {
    let now_ms = host.now_ms();
    let since_ms = session.claimed_at_ms.unwrap_or(session.created_at_ms);
    let stored = host.oauth().status(&session.open_id)?;
    let is_authorized = stored.is_some_and(|stored| stored.authorized_at_ms >= since_ms);
    host.log().warn("settled an interrupted authorization");
    sessions::change(host, session_id, |session| {
        if is_authorized {
            session.completed(None, now_ms)
        } else {
            session.failed(Reason::Interrupted, now_ms)
        }
    })
}
