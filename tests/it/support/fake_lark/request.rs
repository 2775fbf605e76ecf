//! A request as it arrived.

use bytes::Bytes;
use hyper::http::request::Parts;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::{Refusal, State};

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    /// Null when there is none or it is not JSON.
    pub(crate) body: Value,
    pub(crate) bearer: Option<String>,
    pub(crate) traceparent: Option<String>,
    /// Of the body.
    pub(super) bytes: usize,
    pub(super) content_type: String,
    pub(super) raw: Bytes,
    /// Whether the length was announced.
    pub(super) has_length: bool,
    has_basic: bool,
}

/// Whose token a request brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Bearer {
    /// Of this application.
    Tenant(String),
    User(String),
}

impl Seen {
    pub(super) fn new(head: &Parts, body: &Bytes) -> Self {
        let header = |name: &str| {
            let value = head.headers.get(name).map(|value| value.to_str().unwrap());
            value.unwrap_or_default().to_owned()
        };
        let authorization = header("authorization");
        Self {
            method: head.method.to_string(),
            path: head.uri.path().to_owned(),
            query: pairs(head.uri.query().unwrap_or_default()),
            body: serde_json::from_slice(body).unwrap_or_default(),
            bytes: body.len(),
            bearer: authorization.strip_prefix("Bearer ").map(str::to_owned),
            traceparent: Some(header("traceparent")).filter(|header| !header.is_empty()),
            content_type: header("content-type"),
            raw: body.clone(),
            has_length: header("content-length").parse() == Ok(body.len()),
            has_basic: authorization.starts_with("Basic "),
        }
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let pair = self.query.iter().find(|(other, _)| other == name);
        pair.map(|(_, value)| value.as_str())
    }

    /// A field of the body that must be there.
    pub(super) fn field(&self, name: &str, code: i64) -> Result<&str, Refusal> {
        let field = self.body[name].as_str().filter(|text| !text.is_empty());
        field.ok_or_else(|| Refusal::new(400, code, format!("`{name}` is missing")))
    }

    pub(super) fn has_basic(&self) -> bool {
        self.has_basic
    }

    /// A body of JSON, said to be one.
    pub(super) fn check_json(&self) -> Result<(), Refusal> {
        let said = self.content_type == "application/json; charset=utf-8";
        if said && self.body.is_object() {
            return Ok(());
        }
        Err(Refusal::new(400, 9_499, "the body is no JSON, or not said to be"))
    }

    /// Nothing but these fields: what Lark leaves unread is a misspelling of ours.
    pub(super) fn check_fields(&self, names: &[&str]) -> Result<(), Refusal> {
        let fields = self.body.as_object().into_iter().flatten();
        match fields
            .map(|(name, _)| name)
            .find(|name| !names.contains(&name.as_str()))
        {
            Some(unknown) => Err(Refusal::new(400, 9_499, format!("nobody reads `{unknown}`"))),
            None => Ok(()),
        }
    }

    /// The token must be one that Lark gave, and must not have expired.
    pub(super) fn check_bearer(&self, state: &State) -> Result<Bearer, Refusal> {
        let Some(token) = &self.bearer else {
            return Err(Refusal::new(400, 99_991_661, "there is no token"));
        };
        if token.starts_with("t-") {
            return match state.app.expires_at_ms(token) {
                Some(at) if at > state.now_ms => Ok(Bearer::Tenant(state.app.owner(token).unwrap().to_owned())),
                _ => Err(Refusal::new(400, 99_991_663, "the tenant token is invalid")),
            };
        }
        match state.oauth.access(token) {
            Some((open_id, at)) if at > state.now_ms => Ok(Bearer::User(open_id)),
            Some(_) => Err(Refusal::new(401, 99_991_677, "the user's token has expired")),
            None => Err(Refusal::new(401, 99_991_668, "the user's token is invalid")),
        }
    }

    /// The application in whose name it is asked.
    pub(super) fn check_tenant(&self, state: &State) -> Result<String, Refusal> {
        match self.check_bearer(state)? {
            Bearer::Tenant(app) => Ok(app),
            Bearer::User(_) => Err(Refusal::new(400, 99_991_665, "a tenant token is wanted")),
        }
    }
}

/// The pairs of a query.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}
