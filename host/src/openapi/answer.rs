//! Lark's answers, and the parts of them that the host reads.

use std::{fmt, time::Duration};

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

/// Rate limits: of the gateway, of a chat or user ("Send message"), of a custom bot.
const RATE_CODES: [i64; 3] = [99_991_400, 230_020, 11_232];

/// "The message is being sent": a message with the same `uuid` is in flight ("Send message").
pub(super) const BEING_SENT: i64 = 230_049;

/// "Unexpected server error, please retry" and "temporarily unavailable", from the endpoints for users' tokens.
const PASSING: [i64; 2] = [20_050, 20_072];

/// "Failed to create card content"; the reason stands in `msg`.
const CARD_NOT_CREATED: i64 = 230_099;

/// The reason in `msg` while a click on the card is unanswered. The same code is used for cards that are always rejected.
const CARD_IS_LOCKED: &str = "ErrCode: 11310";
const CARD_IS_WRONG: [&str; 4] = ["over limit", "exceed", "invalid", "not support"];

/// Lark rejects the application's token; the SDKs request a new one on the first three.
const APP_TOKEN_REFUSED: [i64; 5] = [99_991_663, 99_991_664, 99_991_671, 99_991_665, 99_991_661];

/// The backoff when Lark names none: most limits are per second.
const PAUSE_DEFAULT: Duration = Duration::from_secs(1);

/// An answer from Lark, successful or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LarkResponse {
    /// The HTTP status.
    pub status: u16,
    /// JSON text, as Lark wrote it.
    pub body: String,
    /// `X-Tt-Logid`.
    pub log_id: LogId,
    /// `code` of the body; 0 is success. Lark sends other codes with status 200 too.
    pub code: Option<i64>,
    /// `x-ogw-ratelimit-reset` or `Retry-After`.
    pub(super) pause: Option<Duration>,
    /// Whether the body is a JSON object; a proxy or gateway answers with something else.
    pub(super) is_object: bool,
}

/// A temporary error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Too many requests, with the time to wait; nothing was done.
    Limited(Duration),
    /// Locked by another operation at Lark; nothing was done.
    Locked,
    /// No connection; nothing was done.
    NotSent,
    /// The outcome is unknown.
    Unknown,
}

impl Trouble {
    /// Returns whether nothing was done, so that any request may be retried.
    pub(super) fn is_refused(self) -> bool {
        !matches!(self, Self::Unknown)
    }
}

impl LarkResponse {
    /// Returns whether Lark rejected the application's token.
    pub(super) fn refuses_app_token(&self) -> bool {
        self.code.is_some_and(|code| APP_TOKEN_REFUSED.contains(&code))
    }

    pub(super) fn new(status: u16, body: String, log_id: LogId, pause: Option<Duration>) -> Self {
        /// The members read from every answer.
        #[derive(Deserialize)]
        struct Shell {
            code: Option<i64>,
        }
        let shell = serde_json::from_str::<Shell>(&body).ok();
        Self {
            status,
            body,
            log_id,
            is_object: shell.is_some(),
            code: shell.and_then(|shell| shell.code),
            pause,
        }
    }

    /// Returns whether the call succeeded.
    pub fn is_success(&self) -> bool {
        self.code == Some(0) && self.status < 300
    }

    /// Returns the temporary error, if there is one.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        if let Some(pause) = self.limited() {
            return Some(Trouble::Limited(pause));
        }
        if self.is_locked() {
            return Some(Trouble::Locked);
        }
        let is_passing = self.code.is_some_and(|code| PASSING.contains(&code));
        (self.status >= 500 || !self.is_object || is_passing).then_some(Trouble::Unknown)
    }

    /// Returns whether another operation at Lark blocks this one: a message in flight, or an unanswered click on the card.
    pub(super) fn is_locked(&self) -> bool {
        match self.code {
            Some(BEING_SENT) => true,
            Some(CARD_NOT_CREATED) => {
                let msg = self.msg();
                msg.contains(CARD_IS_LOCKED) && !CARD_IS_WRONG.iter().any(|wrong| msg.contains(wrong))
            }
            _ => false,
        }
    }

    /// Returns Lark's message (`error_description` at the token endpoints). It may name scopes and fields.
    pub fn msg(&self) -> String {
        #[derive(Deserialize)]
        struct Words {
            msg: Option<String>,
            error_description: Option<String>,
        }
        let words = serde_json::from_str::<Words>(&self.body).ok();
        words
            .and_then(|words| words.msg.or(words.error_description))
            .unwrap_or_default()
    }

    /// Returns how long to wait, if the rate limit was hit.
    pub(super) fn limited(&self) -> Option<Duration> {
        let limited = self.status == 429 || self.code.is_some_and(|code| RATE_CODES.contains(&code));
        limited.then(|| self.pause.unwrap_or(PAUSE_DEFAULT))
    }
}

/// `X-Tt-Logid`, which Lark's support asks for.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct LogId(Option<Box<str>>);

impl LogId {
    /// Validates a header's value, because it goes into logs and to plugins.
    pub(super) fn new(value: Option<&str>) -> Self {
        // Real ones have about 32 characters.
        let fits = |id: &&str| id.len() <= 128 && id.bytes().all(|b| b.is_ascii_graphic());
        Self(value.filter(fits).map(Into::into))
    }

    /// Returns the id, if Lark sent one.
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(id) => write!(f, "log id {id}"),
            None => f.write_str("no log id"),
        }
    }
}

impl fmt::Debug for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Deserializes an optional secret.
pub(super) fn secret<'de, D: Deserializer<'de>>(field: D) -> Result<Option<SecretString>, D::Error> {
    let text: Option<String> = Option::deserialize(field)?;
    Ok(text.filter(|text| !text.is_empty()).map(SecretString::from))
}
