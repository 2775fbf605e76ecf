//! The metrics for the operator: sessions, their results, and refusals. All labels are words of a fixed set.
//!
//! Every session ends once, so the number of open ones is `auth_session` minus `auth_success`, `auth_failure` and
//! `auth_session_expired`.

use std::time::Duration;

use lark_plugin_sdk::prelude::*;

use crate::session::{Reason, Session, Status};

/// The reason a person was refused, while the session stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The user's rate limit for cards and links.
    RateLimited,
    /// The session has ended.
    Replayed,
    /// The session belongs to another user.
    OtherUser,
    /// The session or the link is unknown.
    Unknown,
}

/// Counts a new session.
pub(crate) fn begun(host: &dyn Host) {
    host.metrics().add("auth_session", &[]);
}

/// Counts the new status of a session.
pub(crate) fn moved(host: &dyn Host, session: &Session) {
    let metrics = host.metrics();
    let reason = match session.status {
        Status::Pending | Status::Exchanging => return,
        Status::Completed => {
            let took_ms = host.now_ms().saturating_sub(session.created_at_ms);
            metrics.time("auth_duration", &[], Duration::from_millis(took_ms));
            return metrics.add("auth_success", &[]);
        }
        Status::Expired => return metrics.add("auth_session_expired", &[]),
        Status::Rejected => "user_rejected",
        Status::Superseded => "superseded",
        Status::Failed => failed(session.reason),
    };
    metrics.add("auth_failure", &[("reason", reason)]);
}

/// Counts a refusal.
pub(crate) fn refused(host: &dyn Host, refused: Refused) {
    let reason = match refused {
        Refused::RateLimited => "rate_limited",
        Refused::Replayed => "replayed",
        Refused::OtherUser => "other_user",
        Refused::Unknown => "unknown",
    };
    host.metrics().add("auth_refusal", &[("reason", reason)]);
}

fn failed(reason: Option<Reason>) -> &'static str {
    match reason {
        Some(Reason::NotSent) => "card_not_sent",
        Some(Reason::AuthorizePage) => "authorize_page",
        Some(Reason::WrongPerson) => "identity_mismatch",
        Some(Reason::NotAllowed) => "not_allowed",
        Some(Reason::CodeRefused) => "code_refused",
        Some(Reason::Unavailable) => "unavailable",
        Some(Reason::Configuration) => "configuration",
        Some(Reason::Interrupted) | None => "interrupted",
    }
}
