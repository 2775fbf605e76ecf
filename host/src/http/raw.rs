//! A request as the protocol reads it.

use axum::http::{HeaderMap, HeaderValue};
use lark_protocol::{NONCE_HEADER, RawCallback, SIGNATURE_HEADER, TIMESTAMP_HEADER};

/// Lark's headers and the body, as they came.
pub(super) fn of<'a>(headers: &'a HeaderMap, body: &'a [u8]) -> RawCallback<'a> {
    let header = |name| headers.get(name).map(HeaderValue::as_bytes);
    RawCallback {
        timestamp: header(TIMESTAMP_HEADER),
        nonce: header(NONCE_HEADER),
        signature: header(SIGNATURE_HEADER),
        body,
    }
}
