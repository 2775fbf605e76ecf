//! Where a request came from: the sender behind a trusted proxy, and its ids in the logs of others.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, request::Parts};

use super::{Front, proxies::Sender};
use crate::{
    dispatch::{Origin, RequestIds},
    listen::Peer,
};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static LOG_ID: HeaderName = HeaderName::from_static("x-tt-logid");

/// Length of an id that is logged and kept. Lark's have at most 50 characters; a stranger may send any.
const ID_CHARS_MAX: usize = 128;

impl Front {
    /// Sender of a request, as far as it is known.
    pub(super) fn sender(&self, parts: &Parts) -> Sender {
        self.proxies.sender(Peer::of_request(), &parts.headers)
    }

    /// Origin of a request that was verified.
    pub(super) fn origin(&self, parts: &Parts) -> Origin {
        Origin {
            peer: match self.sender(parts) {
                Sender::Address(address) => Some(address),
                Sender::Peer(_) => None,
            },
            ids: ids(&parts.headers),
        }
    }
}

/// Ids of a request, escaped and shortened. Without one nothing is allocated.
pub(super) fn ids(headers: &HeaderMap) -> RequestIds {
    RequestIds {
        request_id: id(headers, &REQUEST_ID),
        log_id: id(headers, &LOG_ID),
    }
}

fn id(headers: &HeaderMap, name: &HeaderName) -> Option<Arc<str>> {
    let value = headers.get(name)?;
    if value.is_empty() {
        return None;
    }
    let is_plain = value.len() <= ID_CHARS_MAX && value.as_bytes().iter().all(u8::is_ascii_graphic);
    if let Some(plain) = value.to_str().ok().filter(|_| is_plain) {
        return Some(plain.into());
    }
    let mut escaped = value.as_bytes().escape_ascii().map(char::from);
    let mut shown: String = escaped.by_ref().take(ID_CHARS_MAX).collect();
    if escaped.next().is_some() {
        shown.push('…');
    }
    Some(shown.into())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::{ID_CHARS_MAX, ids};

    fn request_id(value: &[u8]) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert("x-request-id", HeaderValue::from_bytes(value).unwrap());
        ids(&headers).request_id.map(|id| id.to_string())
    }

    #[test]
    fn an_id_is_taken_as_it_is() {
        let id = "6f1b2c3d-0000-4000-8000-abcdef012345";
        assert_eq!(request_id(id.as_bytes()).as_deref(), Some(id));
        assert!(ids(&HeaderMap::new()).is_empty());
        assert_eq!(request_id(b""), None);
    }

    #[test]
    fn what_a_stranger_sends_is_escaped_and_bounded() {
        assert_eq!(request_id(b"a\tb \xff\"c").unwrap(), r#"a\tb \xff\"c"#);
        let long = request_id(&[b'x'; 5_000]).unwrap();
        assert_eq!(long.chars().count(), ID_CHARS_MAX + 1);
        assert!(long.ends_with("x…"));
        let escaped = request_id(&[0xff; ID_CHARS_MAX]).unwrap();
        assert_eq!(escaped.chars().count(), ID_CHARS_MAX + 1);
    }
}
