//! The return from the authorize page: the browser's query, the event made from it, and the page shown.

use std::fmt;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use super::event::{Event, Kind, Schema};
use super::parts::sha256_of_parts;

/// The event type that plugins see. Lark has no event of this name.
pub const OAUTH_REDIRECT: &str = "oauth_redirect";

/// The limit of the whole query, which is unauthenticated; a browser sends only a code and a `state`.
const QUERY_BYTES_MAX: usize = 8192;

/// Codes have some 30 characters in 2026; Lark asks to reserve 4 KB for its tokens, so a code may grow as far.
const CODE_BYTES_MAX: usize = 4096;

/// This server's are random and have fewer than a hundred characters.
const STATE_BYTES_MAX: usize = 512;

/// RFC 6749 (4.1.2.1) defines short words like `access_denied`.
const ERROR_BYTES_MAX: usize = 64;

/// The parameters of a return from the authorize page ("Obtain authorization code").
#[derive(Clone, PartialEq, Eq)]
pub struct Redirect {
    state: String,
    brought: Brought,
}

#[derive(Clone, PartialEq, Eq)]
enum Brought {
    Code(String),
    Error(String),
}

/// Omits code and state, which are as secret as a password for minutes.
impl fmt::Debug for Redirect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let brought = match self.brought {
            Brought::Code(_) => "code",
            Brought::Error(_) => "error",
        };
        formatter
            .debug_struct("Redirect")
            .field("brought", &brought)
            .finish_non_exhaustive()
    }
}

/// The payload of the event.
#[derive(Serialize)]
struct Payload<'a> {
    state: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

impl Redirect {
    /// Parses a query. `None` unless it has `state` and either `code` or `error`, each once, non-empty, printable and within
    /// its limit. Other parameters are ignored.
    pub fn parse(query: &str) -> Option<Self> {
        if query.len() > QUERY_BYTES_MAX {
            return None;
        }
        let (mut code, mut state, mut error) = (None, None, None);
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let (slot, bytes_max) = match name {
                "code" => (&mut code, CODE_BYTES_MAX),
                "state" => (&mut state, STATE_BYTES_MAX),
                "error" => (&mut error, ERROR_BYTES_MAX),
                _ => continue,
            };
            let value = printable(value).filter(|value| value.len() <= bytes_max)?;
            if slot.replace(value).is_some() {
                return None;
            }
        }
        let brought = match (code, error) {
            (Some(code), None) => Brought::Code(code),
            (None, Some(error)) => Brought::Error(error),
            _ => return None,
        };
        let state = state?;
        Some(Self { state, brought })
    }

    /// Returns whether a query has any parameter of the authorize page. Without one, somebody just opened the URL.
    pub fn is_in(query: &str) -> bool {
        query
            .split('&')
            .map(|pair| pair.split_once('=').map_or(pair, |(name, _value)| name))
            .any(|name| matches!(name, "code" | "state" | "error"))
    }

    /// Returns the `state` of the link, not yet verified.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Returns the code in clear; encrypt it before storing or passing it on.
    pub fn code(&self) -> Option<&str> {
        match &self.brought {
            Brought::Code(code) => Some(code),
            Brought::Error(_) => None,
        }
    }

    fn brought(&self) -> (&'static str, &str) {
        match &self.brought {
            Brought::Code(code) => ("code", code),
            Brought::Error(error) => ("error", error),
        }
    }

    /// Returns a hash of all parameters. A page that is reloaded has the same one, so that it counts as a repeat.
    pub fn digest(&self, app_id: &str) -> [u8; 32] {
        let (kind, text) = self.brought();
        sha256_of_parts(&[OAUTH_REDIRECT, app_id, &self.state, kind, text])
    }

    /// Builds the event for plugins, with the code encrypted so that only this server can read it.
    pub fn event(&self, app_id: &str, sealed_code: Option<&str>, now_ms: u64) -> Event {
        let (kind, text) = self.brought();
        let payload = Payload {
            state: &self.state,
            code: sealed_code.filter(|_| kind == "code"),
            error: (kind == "error").then_some(text),
        };
        Event {
            id: format!("sha256-{}", hex::encode(self.digest(app_id))).into(),
            event_type: OAUTH_REDIRECT.into(),
            kind: Kind::Callback,
            schema: Schema::Redirect,
            app_id: app_id.into(),
            tenant_key: Arc::default(),
            create_time_ms: now_ms,
            // Serializing strings cannot fail.
            payload: serde_json::to_string(&payload).unwrap_or_default().into(),
            message_id: None,
        }
    }
}

/// The reason a return is not passed to any plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReturnError {
    /// There is no encryption key, so this server cannot have made the link.
    #[error("authorization is not set up: set LARK_CONFIG_ENCRYPTION_KEY, which protects links and tokens")]
    NotSetUp,
    /// The query is not one state with one code or one error.
    #[error("it does not carry exactly one state and one code or error")]
    Incomplete,
    /// The state is forged, altered, from another application, or was made with a key that was removed.
    #[error("its state was not made by this server for this application; somebody may be guessing")]
    UnknownState,
    /// A link from this server, expired.
    #[error("its link has expired")]
    Expired,
    /// A link from this server, used too often.
    #[error("its link was used too often")]
    UsedTooOften,
    /// A link from this server that no plugin recognizes.
    #[error("no plugin recognizes its state: the plugin that made the link was removed, or its session is over")]
    Unclaimed,
    /// The system provided no random bytes.
    #[error("its code could not be encrypted")]
    Unsealed,
}

impl ReturnError {
    /// A stable, one-word code for logs and metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotSetUp => "return_not_set_up",
            Self::Incomplete => "return_incomplete",
            Self::UnknownState => "return_unknown_state",
            Self::Expired => "return_expired",
            Self::UsedTooOften => "return_used_too_often",
            Self::Unclaimed => "return_unclaimed",
            Self::Unsealed => "return_unsealed",
        }
    }

    /// The page shown in the browser.
    pub fn page(self) -> Page {
        match self {
            Self::NotSetUp => Page::NotSetUp,
            Self::Incomplete => Page::Incomplete,
            Self::UnknownState | Self::Unclaimed => Page::Invalid,
            Self::Expired => Page::Expired,
            Self::UsedTooOften => Page::Used,
            Self::Unsealed => Page::Failed,
        }
    }
}

/// Decodes a query value; `None` when it is empty or not printable ASCII (RFC 6749, appendix A).
fn printable(value: &str) -> Option<String> {
    let value = value.replace('+', " ");
    let value = percent_decode_str(&value).decode_utf8().ok()?;
    let is_printable = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    (!value.is_empty() && value.bytes().all(is_printable)).then(|| value.into_owned())
}

/// The page shown in the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Page {
    /// The authorization succeeded.
    Authorized,
    /// The user declined.
    Refused,
    /// The link has expired.
    Expired,
    /// The link was already used.
    Used,
    /// The link was made for another user.
    WrongPerson,
    /// The user may not use the application.
    NotAllowed,
    /// The link is unknown.
    Invalid,
    /// The authorization failed; the user may try again.
    Failed,
    /// The URL lacks a parameter.
    Incomplete,
    /// Authorization is not configured. Not for plugins.
    #[serde(skip)]
    NotSetUp,
    /// The URL was opened directly, not from the authorize page. Not for plugins.
    #[serde(skip)]
    Address,
}

#[derive(Deserialize)]
struct PageReply {
    page: Page,
}

impl Page {
    /// Returns the page that a reply asks for; a reply without one means that no plugin handled the event.
    pub fn of_reply(reply: &[u8]) -> Self {
        serde_json::from_slice(reply).map_or(Self::Invalid, |PageReply { page }| page)
    }
}
