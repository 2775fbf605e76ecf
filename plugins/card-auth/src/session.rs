//! A session (one authorization attempt) and the person it is for, as pure records and their legal moves.
//!
//! ```text
//! pending ──► exchanging ──► completed
//!    │             └───────► failed
//!    ├──► rejected
//!    ├──► superseded
//!    └──► expired
//! ```

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long a person has from the card to the consent.
pub(crate) const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// How long a record stays after its last change, so that a late click can be told what became of it.
pub(crate) const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Longer than an exchange can run: the server's longest budget for a browser's return is a minute.
pub(crate) const EXCHANGE: Duration = Duration::from_secs(120);

/// A card has little room, and a name is somebody else's text.
const NAME_CHARS_MAX: usize = 64;

/// Cards and links that one person may get in [`REQUEST_WINDOW_MS`].
const REQUESTS_MAX: usize = 5;
const REQUEST_WINDOW_MS: u64 = 60_000;

/// Random bytes in a session's id, and the characters that they make.
pub(crate) const ID_BYTES: usize = 16;
const ID_CHARS: usize = 22;

/// The status of a session. All but pending and exchanging are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    /// Waits for the person.
    Pending,
    /// The person came back, and the code is being exchanged.
    Exchanging,
    /// The application may act for the person.
    Completed,
    /// The person declined.
    Rejected,
    /// The person did not react in time.
    Expired,
    /// The authorization failed.
    Failed,
    /// A newer request for the same person took its place.
    Superseded,
}

/// One authorization attempt: one card, one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(crate) app_id: String,
    /// The person for whom the card was made; nobody else may use it.
    pub(crate) open_id: String,
    /// Where the application acts for them, if it is one of many tenants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tenant_key: Option<String>,
    pub(crate) status: Status,
    /// The scopes that the application requests.
    pub(crate) scopes: Vec<String>,
    /// The message of the requesting side.
    #[serde(default)]
    pub(crate) message: Option<String>,
    /// The message that holds the card.
    #[serde(default)]
    pub(crate) message_id: Option<String>,
    pub(crate) created_at_ms: u64,
    pub(crate) expires_at_ms: u64,
    /// When the person came back.
    #[serde(default)]
    pub(crate) claimed_at_ms: Option<u64>,
    /// The return with which they came: the same page, loaded again, is the same return.
    #[serde(default)]
    pub(crate) claimed_by: Option<String>,
    pub(crate) finished_at_ms: Option<u64>,
    /// Who authorized, for the card.
    #[serde(default)]
    pub(crate) user_name: Option<String>,
    /// The reason for the failure.
    #[serde(default)]
    pub(crate) reason: Option<Reason>,
}

/// The reason a session failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reason {
    /// The card could not be sent.
    NotSent,
    /// Lark's page sent the person back with an error that is not theirs.
    AuthorizePage,
    /// Somebody else came back than the card was made for.
    WrongPerson,
    /// The person may not use the application.
    NotAllowed,
    /// Lark rejected the code.
    CodeRefused,
    /// Lark was unavailable or too slow.
    Unavailable,
    /// The operator must set or grant something.
    Configuration,
    /// The server stopped in the middle.
    Interrupted,
}

impl Session {
    pub(crate) fn new(app_id: &str, open_id: &str, scopes: Vec<String>, message: Option<String>, now_ms: u64) -> Self {
        Self {
            app_id: app_id.to_owned(),
            open_id: open_id.to_owned(),
            tenant_key: None,
            status: Status::Pending,
            scopes,
            message,
            message_id: None,
            created_at_ms: now_ms,
            expires_at_ms: now_ms.saturating_add(LIFETIME.as_millis() as u64),
            claimed_at_ms: None,
            claimed_by: None,
            finished_at_ms: None,
            user_name: None,
            reason: None,
        }
    }

    /// In the tenant that a click came from, unless it was known before.
    pub(crate) fn in_tenant(mut self, tenant_key: &str) -> Self {
        if self.tenant_key.is_none() && !tenant_key.is_empty() {
            self.tenant_key = Some(tenant_key.to_owned());
        }
        self
    }

    pub(crate) fn is_out_of_time(&self, now_ms: u64) -> bool {
        now_ms >= self.expires_at_ms
    }

    /// Returns the time left.
    pub(crate) fn remaining(&self, now_ms: u64) -> Duration {
        Duration::from_millis(self.expires_at_ms.saturating_sub(now_ms))
    }

    /// The message that holds the card, once it is known.
    pub(crate) fn in_message(mut self, message_id: &str) -> Option<Self> {
        if self.message_id.is_some() || message_id.is_empty() {
            return None;
        }
        self.message_id = Some(message_id.to_owned());
        Some(self)
    }

    /// The move of the person who comes back first, in time.
    pub(crate) fn claimed(mut self, event_id: &str, now_ms: u64) -> Option<Self> {
        if self.status != Status::Pending || self.is_out_of_time(now_ms) {
            return None;
        }
        self.status = Status::Exchanging;
        self.claimed_at_ms = Some(now_ms);
        self.claimed_by = Some(event_id.to_owned());
        Some(self)
    }

    /// The good end of an exchange.
    pub(crate) fn completed(mut self, user_name: Option<&str>, now_ms: u64) -> Option<Self> {
        if self.status != Status::Exchanging {
            return None;
        }
        self.status = Status::Completed;
        self.user_name = user_name.map(|name| name.chars().take(NAME_CHARS_MAX).collect());
        self.finished_at_ms = Some(now_ms);
        Some(self)
    }

    /// The bad end of an exchange, or of a card that was never sent.
    pub(crate) fn failed(mut self, reason: Reason, now_ms: u64) -> Option<Self> {
        let is_open = match self.status {
            Status::Exchanging => true,
            Status::Pending => reason == Reason::NotSent,
            _ => false,
        };
        if !is_open {
            return None;
        }
        self.status = Status::Failed;
        self.reason = Some(reason);
        self.finished_at_ms = Some(now_ms);
        Some(self)
    }

    /// Whether an exchange that was begun cannot be running any more.
    pub(crate) fn is_abandoned(&self, now_ms: u64) -> bool {
        let claimed_at_ms = self.claimed_at_ms.unwrap_or(self.created_at_ms);
        self.status == Status::Exchanging && now_ms >= claimed_at_ms.saturating_add(EXCHANGE.as_millis() as u64)
    }

    /// The move from pending to a final status without an exchange.
    pub(crate) fn finished(mut self, status: Status, now_ms: u64) -> Option<Self> {
        if self.status != Status::Pending {
            return None;
        }
        self.status = status;
        self.finished_at_ms = Some(now_ms);
        Some(self)
    }

    /// The key of the person.
    pub(crate) fn user_key(&self) -> String {
        format!("user/{}/{}", self.app_id, self.open_id)
    }
}

/// The key of a session.
pub(crate) fn key(session_id: &str) -> String {
    format!("session/{session_id}")
}

/// Whether a text can be the id of a session; spares a look into the store, and a key of any length.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == ID_CHARS
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// The record of one person in one application: the current session, and the times of recent requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    /// The newest session. It alone may show a link, so there is never more than one to be authorized.
    pub(crate) session_id: String,
    /// The one before it, whose card is to say so.
    #[serde(default)]
    pub(crate) older: Option<String>,
    /// When cards were made and links were shown, within the last minute.
    pub(crate) requests_ms: Vec<u64>,
}

/// The reason a card is not made, or a link not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// One more than a person shall get in a minute.
    TooMany {
        /// When there will be room.
        retry_after_ms: u64,
    },
    /// The card is not the newest.
    Superseded,
}

impl User {
    /// A new session takes the place of the one before.
    pub(crate) fn begins(mut self, session_id: &str, now_ms: u64) -> Result<Self, Refusal> {
        if self.session_id != session_id {
            let older = std::mem::replace(&mut self.session_id, session_id.to_owned());
            self.older = Some(older).filter(|older| !older.is_empty());
            return self.counted(now_ms);
        }
        // The same request, tried again, was counted.
        Ok(self)
    }

    /// The newest session shows a link.
    pub(crate) fn shows_link(self, session_id: &str, now_ms: u64) -> Result<Self, Refusal> {
        if self.session_id != session_id {
            return Err(Refusal::Superseded);
        }
        self.counted(now_ms)
    }

    /// Whether the next one would be one more than a person shall get.
    pub(crate) fn is_exhausted(&self, now_ms: u64) -> bool {
        let recent = |&&at_ms: &&u64| now_ms < at_ms.saturating_add(REQUEST_WINDOW_MS);
        self.requests_ms.iter().filter(recent).count() >= REQUESTS_MAX
    }

    fn counted(mut self, now_ms: u64) -> Result<Self, Refusal> {
        self.requests_ms
            .retain(|&at_ms| now_ms < at_ms.saturating_add(REQUEST_WINDOW_MS));
        if self.requests_ms.len() >= REQUESTS_MAX {
            let oldest_ms = self.requests_ms.iter().min().copied().unwrap_or(now_ms);
            return Err(Refusal::TooMany {
                retry_after_ms: oldest_ms + REQUEST_WINDOW_MS - now_ms,
            });
        }
        self.requests_ms.push(now_ms);
        Ok(self)
    }
}
