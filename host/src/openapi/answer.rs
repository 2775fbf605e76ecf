//! What Lark answered, and what of it the host itself reads.

use std::{fmt, time::Duration};

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

/// Too many requests: of the gateway, of a chat or user ("Send message"), of a custom bot.
const RATE_CODES: [i64; 3] = [99_991_400, 230_020, 11_232];

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
}

impl Answer {
    pub(super) fn new(status: u16, body: String, log_id: LogId, pause: Option<Duration>) -> Self {
        /// All that is read of every answer.
        #[derive(Deserialize)]
        struct Shell {
            code: Option<i64>,
        }
        let code = serde_json::from_str::<Shell>(&body).ok().and_then(|shell| shell.code);
        Self {
            status,
            body,
            log_id,
            code,
            pause,
        }
    }

    /// Whether Lark did what was asked.
    pub fn is_success(&self) -> bool {
        self.code == Some(0) && self.status < 300
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
