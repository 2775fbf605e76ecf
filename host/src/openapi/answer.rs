//! What Lark answered, and what of it the host itself reads.

use std::{fmt, time::Duration};

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

/// Too many requests: of the gateway, of a chat or user ("Send message"), of a custom bot.
const RATE_CODES: [i64; 3] = [99_991_400, 230_020, 11_232];

/// "The message is being sent": the same `uuid` is under way ("Send message").
pub(super) const BEING_SENT: i64 = 230_049;

/// "Unexpected server error, please retry" and "temporarily unavailable", of the endpoints for users' tokens.
const PASSING: [i64; 2] = [20_050, 20_072];

/// "Failed to create card content"; the reason stands in `msg`.
const CARD_NOT_CREATED: i64 = 230_099;

/// The reason in `msg` while a click on the card is open. The same number stands for cards that will never be taken.
const CARD_IS_LOCKED: &str = "ErrCode: 11310";
const CARD_IS_WRONG: [&str; 4] = ["over limit", "exceed", "invalid", "not support"];

/// Lark does not take the application's token (any more); the SDKs ask for a new one on the first three.
const APP_TOKEN_REFUSED: [i64; 5] = [99_991_663, 99_991_664, 99_991_671, 99_991_665, 99_991_661];

/// When Lark does not say how long: most limits are per second.
const PAUSE_DEFAULT: Duration = Duration::from_secs(1);

/// An answer of Lark, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
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
    /// A JSON object. A proxy or a gateway answers with something else.
    pub(super) is_object: bool,
}

/// What is wrong with an answer, when the same request may work in a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Too many requests; nothing was done. How long to wait.
    Limited(Duration),
    /// It is locked by something that goes on at Lark right now; nothing was done.
    Locked,
    /// There was no connection; nothing was done.
    NotSent,
    /// It may have been done or not.
    Unknown,
}

impl Trouble {
    /// Whether nothing was done, so that any request may be sent again.
    pub(super) fn is_refused(self) -> bool {
        !matches!(self, Self::Unknown)
    }
}

impl Answer {
    /// Whether Lark asks for another token of the application.
    pub(super) fn refuses_app_token(&self) -> bool {
        self.code.is_some_and(|code| APP_TOKEN_REFUSED.contains(&code))
    }

    pub(super) fn new(status: u16, body: String, log_id: LogId, pause: Option<Duration>) -> Self {
        /// All that is read of every answer.
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

    /// Whether Lark did what was asked.
    pub fn is_success(&self) -> bool {
        self.code == Some(0) && self.status < 300
    }

    /// What may be over in a moment.
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

    /// Whether Lark is still at something that this would change: a message on its way, or an open click on the card.
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

    /// Lark's own words; `error_description` at the token endpoints. They may hold names of scopes and fields.
    pub(super) fn msg(&self) -> String {
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

    /// How long to wait, when it says that there were too many requests.
    pub(super) fn limited(&self) -> Option<Duration> {
        let limited = self.status == 429 || self.code.is_some_and(|code| RATE_CODES.contains(&code));
        limited.then(|| self.pause.unwrap_or(PAUSE_DEFAULT))
    }
}

/// `X-Tt-Logid`, which Lark's support asks for.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct LogId(Option<Box<str>>);

impl LogId {
    /// Takes a header's value if it can be one; it goes into logs and to plugins.
    pub(super) fn new(value: Option<&str>) -> Self {
        // Real ones have about 32 characters.
        let fits = |id: &&str| id.len() <= 128 && id.bytes().all(|b| b.is_ascii_graphic());
        Self(value.filter(fits).map(Into::into))
    }

    /// The id, when Lark sent one.
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

/// A secret in an answer, when it is there.
pub(super) fn secret<'de, D: Deserializer<'de>>(field: D) -> Result<Option<SecretString>, D::Error> {
    let text: Option<String> = Option::deserialize(field)?;
    Ok(text.filter(|text| !text.is_empty()).map(SecretString::from))
}
