//! The way back from the authorize page: the query that a browser brings, the event it becomes, the page it gets.

use std::fmt;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

use super::event::{Event, Kind, Schema};
use super::parts::sha256_of_parts;

/// The name under which plugins get it. Lark has no event of this name.
pub const OAUTH_REDIRECT: &str = "oauth_redirect";

/// The whole query. A browser brings a code and a `state`; nobody has proved anything yet.
const QUERY_BYTES_MAX: usize = 8192;

/// Codes have some 30 characters in 2026; Lark asks to reserve 4 KB for its tokens, so a code may grow as far.
const CODE_BYTES_MAX: usize = 4096;

/// Ours are random and have fewer than a hundred characters.
const STATE_BYTES_MAX: usize = 512;

/// RFC 6749 (4.1.2.1) knows words like `access_denied`.
const ERROR_BYTES_MAX: usize = 64;

/// What a browser brought back from the authorize page ("Obtain authorization code").
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

/// Without the code and the state, which are as good as a password for minutes.
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
    /// Reads a query. Absent when it is not `state` and one of `code` and `error`, each once, filled, printable and no
    /// longer than it may be. Other parameters are Lark's business.
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

    /// Whether a query has anything that the authorize page sends back. Without it, somebody has opened the address alone.
    pub fn is_in(query: &str) -> bool {
        query
            .split('&')
            .map(|pair| pair.split_once('=').map_or(pair, |(name, _value)| name))
            .any(|name| matches!(name, "code" | "state" | "error"))
    }

    /// What the link was made with; nobody has checked it yet.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// The code, in clear: to be sealed before it goes anywhere.
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

    /// A hash of everything that was brought. The same return has the same one, so that a page that is loaded again is a
    /// repeat.
    pub fn digest(&self, app_id: &str) -> [u8; 32] {
        let (kind, text) = self.brought();
        sha256_of_parts(&[OAUTH_REDIRECT, app_id, &self.state, kind, text])
    }

    /// The event for plugins, with the code in the form that only this server can open.
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
            // Text has a JSON form.
            payload: serde_json::to_string(&payload).unwrap_or_default().into(),
            message_id: None,
        }
    }
}

/// Why a return is not handed to any plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReturnError {
    /// There is no key, so this server has made no link.
    #[error("authorization is not set up: set LARK_CONFIG_ENCRYPTION_KEY, which protects links and tokens")]
    NotSetUp,
    /// Not one state with one code or one error.
    #[error("it does not carry exactly one state and one code or error")]
    Incomplete,
    /// Made up, changed, of another application, or made under a key that is gone.
    #[error("its state was not made by this server for this application; somebody may be guessing")]
    UnknownState,
    /// A link of ours, too old.
    #[error("its link has expired")]
    Expired,
    /// A link of ours, with which somebody came back again and again.
    #[error("its link was used too often")]
    UsedTooOften,
    /// A link of ours that no plugin takes back.
    #[error("no plugin recognizes its state: the plugin that made the link was removed, or its session is over")]
    Unclaimed,
    /// The system gave no random bytes.
    #[error("its code could not be encrypted")]
    Unsealed,
}

impl ReturnError {
    /// One word for logs and metrics; it never changes.
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

    /// What the person in front of the browser is told.
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

/// A value of a query, decoded; absent when it is empty, or holds anything but printable ASCII (RFC 6749, appendix A).
fn printable(value: &str) -> Option<String> {
    let value = value.replace('+', " ");
    let value = percent_decode_str(&value).decode_utf8().ok()?;
    let is_printable = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    (!value.is_empty() && value.bytes().all(is_printable)).then(|| value.into_owned())
}

/// What the person in front of the browser is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Page {
    /// It worked.
    Authorized,
    /// They said no.
    Refused,
    /// They came too late.
    Expired,
    /// Somebody came before with this link.
    Used,
    /// They are somebody else than the link was made for.
    WrongPerson,
    /// They may not use the application.
    NotAllowed,
    /// Nobody knows this link.
    Invalid,
    /// It did not work; they may try again.
    Failed,
    /// The address lacks something.
    Incomplete,
    /// The operator has not set it up. Not for plugins.
    #[serde(skip)]
    NotSetUp,
    /// Nobody comes from the authorize page; the address was opened alone. Not for plugins.
    #[serde(skip)]
    Address,
}

#[derive(Deserialize)]
pub(super) struct PageReply {
    page: Page,
}

impl Page {
    /// The page that a reply asks for; a reply without one comes from a server on which nobody takes the event.
    pub fn of_reply(reply: &[u8]) -> Self {
        serde_json::from_slice(reply).map_or(Self::Invalid, |PageReply { page }| page)
    }
}
