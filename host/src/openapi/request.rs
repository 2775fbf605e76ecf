//! An OpenAPI request, validated before it is sent.

mod path;

use std::fmt::Write as _;

use lark_protocol::card::{
    CARD_BYTES_MAX,
    message::{self, MessageRefusal},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};

/// Everything but the unreserved characters of RFC 3986.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// "Delay updating message card".
const CARD_UPDATE: &str = "/open-apis/interactive/v1/card/update";

/// The limit of path and query. Gateways commonly allow 8 KiB for the whole request line.
const QUERY_BYTES_MAX: usize = 6 * 1024;

/// An invalid request. The text never shows the content of a body or query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The method is not one of the five.
    #[error("the method must be GET, POST, PUT, PATCH or DELETE")]
    Method,
    /// The path is not an OpenAPI path.
    #[error("the path {reason}; it must be like /open-apis/im/v1/messages")]
    Path {
        /// The problem.
        reason: &'static str,
    },
    /// The path leads to tokens, which only the host handles.
    #[error("the path leads to tokens, which only the host may ask for")]
    Tokens,
    /// Path and query are too long.
    #[error("path and query have {bytes} bytes; the limit is {bytes_max}")]
    TooLong {
        /// The actual size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// The body is not JSON.
    #[error("the body is not JSON (line {line}, column {column})")]
    NotJson {
        /// The position of the error.
        line: usize,
        /// The position of the error.
        column: usize,
    },
    /// A GET request cannot have a body.
    #[error("a GET has no body; put it into the query")]
    BodyOfGet,
    /// Lark would reject the card.
    #[error("{0}")]
    Card(lark_protocol::card::Refusal),
    /// Lark would reject a body of this size.
    #[error("{what} makes a request body of {bytes} bytes; Lark's limit is {bytes_max}")]
    TooLarge {
        /// The part.
        what: &'static str,
        /// The actual size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// Lark would reject a text message without a text.
    #[error("{}", MessageRefusal::NoText)]
    NoText,
}

impl From<MessageRefusal> for RequestError {
    fn from(refusal: MessageRefusal) -> Self {
        match refusal {
            MessageRefusal::NotJson { line, column } => Self::NotJson { line, column },
            MessageRefusal::Card(refusal) => Self::Card(refusal),
            MessageRefusal::TooLarge { what, bytes, bytes_max } => Self::TooLarge { what, bytes, bytes_max },
            MessageRefusal::NoText => Self::NoText,
        }
    }
}

/// The methods of the OpenAPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// Returns the name as used in a request.
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    fn named(name: &str) -> Result<Self, RequestError> {
        [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete]
            .into_iter()
            .find(|method| method.name() == name)
            .ok_or(RequestError::Method)
    }

    pub(super) fn http(self) -> reqwest::Method {
        match self {
            Self::Get => reqwest::Method::GET,
            Self::Post => reqwest::Method::POST,
            Self::Put => reqwest::Method::PUT,
            Self::Patch => reqwest::Method::PATCH,
            Self::Delete => reqwest::Method::DELETE,
        }
    }
}

/// A validated request.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    method: Method,
    path: String,
    query: String,
    body: Option<String>,
}

impl Request {
    /// Validates everything that can be checked before sending.
    ///
    /// # Errors
    /// [`RequestError`]
    pub fn new(
        method: &str,
        path: &str,
        query: &[(String, String)],
        body: Option<String>,
    ) -> Result<Self, RequestError> {
        let method = Method::named(method)?;
        path::check(path)?;
        // Checked before anything is copied: a plugin may pass megabytes.
        let bytes = query
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum::<usize>();
        if bytes > QUERY_BYTES_MAX {
            return Err(RequestError::TooLong {
                bytes: path.len() + bytes,
                bytes_max: QUERY_BYTES_MAX,
            });
        }
        let query = encode(query);
        let bytes = path.len() + query.len();
        if bytes > QUERY_BYTES_MAX {
            return Err(RequestError::TooLong {
                bytes,
                bytes_max: QUERY_BYTES_MAX,
            });
        }
        match &body {
            Some(_) if method == Method::Get => return Err(RequestError::BodyOfGet),
            Some(body) => message::check(method.name(), path, body)?,
            None => {}
        }
        Ok(Self {
            method,
            path: path.to_owned(),
            query,
            body,
        })
    }

    /// Validates a path alone.
    ///
    /// # Errors
    /// [`RequestError`]
    pub fn check_path(path: &str) -> Result<(), RequestError> {
        path::check(path)
    }

    /// Validates a method.
    ///
    /// # Errors
    /// [`RequestError::Method`].
    pub fn check_method(method: &str) -> Result<(), RequestError> {
        Method::named(method).map(drop)
    }

    /// Builds the update of a clicked card with the click's `c-…` token ("Delay updating message card"): within 30 minutes, at
    /// most twice, and only after the click was answered.
    ///
    /// # Errors
    /// When the card is not JSON or too large.
    pub fn delayed_card_update(update_token: &str, card: &str) -> Result<Self, RequestError> {
        #[derive(Serialize)]
        struct Update<'a> {
            token: &'a str,
            card: &'a RawValue,
        }
        let card: &RawValue = serde_json::from_str(card).map_err(|error| not_json(&error))?;
        let update = Update {
            token: update_token,
            card,
        };
        let body = serde_json::to_string(&update).map_err(|error| not_json(&error))?;
        Self::new("POST", CARD_UPDATE, &[], Some(body))
    }

    /// The method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The path, without the query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns whether it may be retried when the outcome is unknown: it only reads, is idempotent, or carries a `uuid` by which
    /// Lark recognizes it.
    pub(super) fn is_repeatable(&self) -> bool {
        match self.method {
            Method::Get | Method::Put | Method::Patch => true,
            Method::Delete => false,
            Method::Post => {
                self.path == CARD_UPDATE
                    || path::is_message(&self.path) && (self.has_uuid_in_query() || self.has_uuid())
            }
        }
    }

    fn has_uuid_in_query(&self) -> bool {
        self.query.split('&').any(|pair| pair.starts_with("uuid="))
    }

    fn has_uuid(&self) -> bool {
        #[derive(Deserialize)]
        struct Named {
            uuid: Option<String>,
        }
        let named = self
            .body
            .as_ref()
            .and_then(|body| serde_json::from_str::<Named>(body).ok());
        named.is_some_and(|named| named.uuid.is_some_and(|uuid| !uuid.is_empty()))
    }

    /// Returns path and query, encoded.
    pub(super) fn target(&self) -> String {
        match self.query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// Returns the body as JSON text, if there is one.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// Adds a string member to a body that is a JSON object without that member.
    ///
    /// # Errors
    /// [`RequestError::TooLarge`] when Lark does not take the body with it.
    pub fn add_to_body(&mut self, name: &str, value: &str) -> Result<(), RequestError> {
        let Some(body) = &self.body else { return Ok(()) };
        let Some(rest) = body.trim_start().strip_prefix('{') else {
            return Ok(());
        };
        let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
        let (name, value) = (Value::from(name), Value::from(value));
        let body = format!("{{{name}:{value}{comma}{rest}");
        // The smallest limit is that of cards; below it no body has become too large.
        if body.len() > CARD_BYTES_MAX {
            message::check(self.method.name(), &self.path, &body)?;
        }
        self.body = Some(body);
        Ok(())
    }
}

/// Omits body and query: they contain personal data, and a body may hold a `c-…` token.
impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Encodes pairs as a query, each name and value percent-encoded.
pub(super) fn encode<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> String {
    let mut query = String::new();
    for (name, value) in pairs {
        let separator = if query.is_empty() { "" } else { "&" };
        let (name, value) = (
            utf8_percent_encode(name.as_ref(), QUERY),
            utf8_percent_encode(value.as_ref(), QUERY),
        );
        // Writing into a string cannot fail.
        let _ = write!(query, "{separator}{name}={value}");
    }
    query
}

fn not_json(error: &serde_json::Error) -> RequestError {
    RequestError::NotJson {
        line: error.line(),
        column: error.column(),
    }
}

#[cfg(test)]
mod tests;
