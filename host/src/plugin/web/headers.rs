//! Headers of requests: those of the plugin, those of the operator, and those that belong to the connection.

use std::borrow::Cow;

use secrecy::ExposeSecret as _;

use super::sign;
use crate::{
    outward::{HeaderMap, HeaderName, HeaderValue, Mask},
    plugin::settings::Origin,
    telemetry::cut,
};

/// A browser sends twenty.
const HEADERS_MAX: usize = 64;

/// Servers commonly take 8 or 16 KiB.
const HEADERS_BYTES_MAX: usize = 16 << 10;

/// A name as it is shown.
const NAME_BYTES_MAX: usize = 64;

/// Headers that go along when a redirect leads to another origin. What else a plugin sends may be meant for the first one
/// alone.
const FOR_ANY_ORIGIN: [&str; 6] = [
    "accept",
    "accept-language",
    "content-language",
    "content-type",
    "user-agent",
    WEBHOOK_ID,
];

/// Whether only the host may set this header: it belongs to the connection, a proxy acts on it, or it proves something. Bodies are not compressed,
/// so that a small response stays small.
pub(in crate::plugin) fn is_of_the_connection(name: &str) -> bool {
    let name = &*as_read(name);
    matches!(
        name,
        "accept-encoding"
            | "connection"
            | "content-length"
            | "expect"
            | "forwarded"
            | "host"
            | "http2-settings"
            | "keep-alive"
            | "proxy"
            | "te"
            | "traceparent"
            | "tracestate"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "via"
            | "webhook-signature"
            | "webhook-timestamp"
    ) || name.starts_with("proxy-")
}

/// Whether services and gateways take this header for the method, the path or the sender of the request: with it a granted
/// `POST` would be a `DELETE`.
fn is_of_another_request(name: &str) -> bool {
    let name = &*as_read(name);
    matches!(
        name,
        "cf-connecting-ip"
            | "true-client-ip"
            | "x-client-ip"
            | "x-cluster-client-ip"
            | "x-host"
            | "x-http-host-override"
            | "x-http-method"
            | "x-http-method-override"
            | "x-method-override"
            | "x-real-ip"
            | "x-rewrite-url"
    ) || name.starts_with("x-forwarded-")
        || name.starts_with("x-original-")
}

/// The name as many services know it: to CGI, WSGI and PHP `_` and `-` are the same.
fn as_read(name: &str) -> Cow<'_, str> {
    if name.contains('_') {
        Cow::Owned(name.replace('_', "-"))
    } else {
        Cow::Borrowed(name)
    }
}

/// Takes over a plugin's headers; otherwise the reason why not.
pub(in crate::plugin) fn of_plugin(wanted: Vec<(String, String)>) -> Result<HeaderMap, String> {
    let bytes: usize = wanted.iter().map(|(name, value)| name.len() + value.len()).sum();
    if wanted.len() > HEADERS_MAX || bytes > HEADERS_BYTES_MAX {
        return Err(format!(
            "there are {} headers with {bytes} bytes; the limits are {HEADERS_MAX} and {HEADERS_BYTES_MAX}",
            wanted.len()
        ));
    }
    let mut headers = HeaderMap::with_capacity(wanted.len() + 2);
    for (name, value) in wanted {
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_invalid| format!("{:?} is not the name of a header", cut(&name, NAME_BYTES_MAX)))?;
        if is_of_the_connection(parsed.as_str()) {
            return Err(format!("the host sets the header `{parsed}` itself; leave it out"));
        }
        if is_of_another_request(parsed.as_str()) {
            return Err(format!(
                "the header `{parsed}` can give a request another method, path or sender than the one that is sent; leave it out, \
                 or have the operator set it for the origin"
            ));
        }
        let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_invalid| {
            format!("the value of the header `{parsed}` has a line break or a control character")
        })?;
        headers.append(parsed, value);
    }
    Ok(headers)
}

/// Adds the operator's headers for an origin, and remembers them to be masked; otherwise the reason why not.
pub(in crate::plugin) fn add_credentials(
    headers: &mut HeaderMap,
    origin: Option<&Origin>,
    mask: &mut Mask,
) -> Result<(), CredentialError> {
    for (name, secret) in origin.into_iter().flat_map(Origin::headers) {
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_invalid| CredentialError::Unusable)?;
        let is_same = |set: &HeaderName| as_read(set.as_str()) == as_read(parsed.as_str());
        if headers.keys().any(is_same) {
            return Err(CredentialError::OfOperator { name: name.to_owned() });
        }
        let mut value = HeaderValue::from_str(secret.expose_secret()).map_err(|_invalid| CredentialError::Unusable)?;
        value.set_sensitive(true);
        mask.add(value.as_bytes());
        headers.insert(parsed, value);
    }
    Ok(())
}

/// Reason why the operator's headers could not be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::plugin) enum CredentialError {
    /// The plugin sets it, too.
    #[error("the operator sets the header `{name}` for this origin; leave it out")]
    OfOperator {
        /// The name.
        name: String,
    },
    /// It has characters that no header has.
    #[error("a header of the operator for this origin cannot be sent; look at its value")]
    Unusable,
}

/// Adds the signature of a body with the operator's secret for an origin; otherwise the reason why not.
pub(in crate::plugin) fn add_signature(
    headers: &mut HeaderMap,
    origin: Option<&Origin>,
    now_ms: u64,
    body: &[u8],
) -> Result<(), SignError> {
    let mut ids = headers.get_all(WEBHOOK_ID).iter();
    // With two, a receiver could check another one than the one that is signed.
    let (Some(id), None) = (ids.next(), ids.next()) else {
        return Err(SignError::NoId);
    };
    let id = id.to_str().map_err(|_not_ascii| SignError::NoId)?;
    let secret = origin.and_then(Origin::signs_with).ok_or(SignError::NoSecret)?;
    let timestamp = now_ms / 1000;
    let signature = sign::signature(secret.expose_secret(), id, timestamp, body)?;
    let signature = HeaderValue::from_str(&signature).map_err(|_invalid| sign::NotASecret)?;
    headers.insert("webhook-timestamp", timestamp.into());
    headers.insert("webhook-signature", signature);
    Ok(())
}

const WEBHOOK_ID: &str = "webhook-id";

/// Reason why a request could not be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(in crate::plugin) enum SignError {
    /// There is no id to sign.
    #[error("a request that is to be signed needs the header `webhook-id`, once and in ASCII")]
    NoId,
    /// The operator has set no secret.
    #[error("there is no secret to sign with")]
    NoSecret,
    /// It is not one of the scheme.
    #[error(transparent)]
    Secret(#[from] sign::NotASecret),
}

/// Leaves what may go to another origin.
pub(in crate::plugin) fn leave_for_any_origin(headers: &mut HeaderMap) {
    let others: Vec<HeaderName> = headers
        .keys()
        .filter(|name| !FOR_ANY_ORIGIN.contains(&name.as_str()))
        .cloned()
        .collect();
    for name in others {
        headers.remove(name);
    }
}

/// Leaves out what describes a body.
pub(in crate::plugin) fn leave_out_body(headers: &mut HeaderMap) {
    for name in [
        "content-type",
        "content-language",
        "content-encoding",
        "content-location",
    ] {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::{SignError, add_signature, of_plugin};

    fn refused(name: &str, value: &str) -> bool {
        of_plugin(vec![(name.to_owned(), value.to_owned())]).is_err()
    }

    #[test]
    fn no_header_says_something_about_the_connection_or_begins_another_request() {
        for (name, value) in [
            ("Host", "evil.example"),
            ("HOST", "evil.example"),
            ("Content-Length", "5"),
            ("Transfer-Encoding", "chunked"),
            ("Connection", "x-secret"),
            ("Proxy-Authorization", "Basic eA=="),
            ("TE", "trailers"),
            ("Upgrade", "h2c"),
            ("Expect", "100-continue"),
            ("Accept-Encoding", "gzip"),
            ("Forwarded", "for=10.0.0.1"),
            ("X-Forwarded-For", "10.0.0.1"),
            ("X-HTTP-Method-Override", "DELETE"),
            ("X-Original-URL", "/admin"),
            ("X_HTTP_Method_Override", "DELETE"),
            ("X-Original_URL", "/admin"),
            ("webhook_signature", "v1,eA=="),
            ("Transfer_Encoding", "chunked"),
            ("Proxy", "http://evil.example"),
            ("X-Client-IP", "10.0.0.1"),
            ("X-A", "b\r\nHost: evil.example"),
            ("X-A", "b\nc"),
            ("X-A", "b\0"),
            ("X-A\r\nHost", "b"),
            ("X-A: b", "c"),
            ("", "b"),
            ("X A", "b"),
            ("X-Ä", "b"),
        ] {
            assert!(refused(name, value), "{name:?}: {value:?}");
        }
        for (name, value) in [("X-A", "b\tc"), ("Accept", "*/*"), ("X-Name", "汉字"), ("X-Empty", "")] {
            assert!(!refused(name, value), "{name:?}: {value:?}");
        }
    }

    #[test]
    fn a_request_is_signed_under_one_id_and_no_other_is_sent_with_it() {
        let wanted = ["msg_1", "msg_2"].map(|id| ("Webhook-Id".to_owned(), id.to_owned()));
        for (ids, expected) in [(0, SignError::NoId), (1, SignError::NoSecret), (2, SignError::NoId)] {
            let mut headers = of_plugin(wanted.iter().take(ids).cloned().collect()).unwrap();
            assert_eq!(
                add_signature(&mut headers, None, 0, b"").unwrap_err(),
                expected,
                "{ids}"
            );
        }
    }

    #[test]
    fn headers_have_a_limit() {
        assert!(refused("X-A", &"b".repeat(17 << 10)));
        let many = (0..65).map(|number| (format!("x-{number}"), String::new())).collect();
        assert!(of_plugin(many).is_err());
    }
}
