//! Where a request came from: the sender behind a trusted proxy, and its ids in the logs of others.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderName, request::Parts};

use super::Front;
use crate::{
    dispatch::{Origin, RequestIds, shown_id},
    listen::{Peer, Sender},
};

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static LOG_ID: HeaderName = HeaderName::from_static("x-tt-logid");

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
        transport: None,
        request_id: id(headers, &REQUEST_ID),
        log_id: id(headers, &LOG_ID),
    }
}

fn id(headers: &HeaderMap, name: &HeaderName) -> Option<Arc<str>> {
    shown_id(headers.get(name)?.as_bytes())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::ids;
    use crate::dispatch::ID_CHARS_MAX;

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
