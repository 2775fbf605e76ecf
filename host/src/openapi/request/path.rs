//! Validation of paths: only those that mean the same to the operator's patterns, to proxies and to Lark are sent.

use super::RequestError;

/// The services that hand out tokens; of `authen`, only the user info endpoint does not.
const TOKENS: [&str; 2] = ["auth", "authen"];
const USER_INFO: &str = "/open-apis/authen/v1/user_info";

/// Rejects paths that a proxy could read differently, and paths to tokens.
pub(super) fn check(path: &str) -> Result<(), RequestError> {
    let wrong = |reason| Err(RequestError::Path { reason });
    let Some(rest) = path.strip_prefix("/open-apis/") else {
        return wrong("does not begin with /open-apis/");
    };
    if path.contains(['?', '#']) {
        return wrong("has a ? or #, which belong into the query");
    }
    for segment in rest.split('/') {
        match segment {
            "" => return wrong("has an empty part"),
            "." | ".." => return wrong("has a part . or .."),
            segment if !is_plain(segment) => {
                return wrong("has a character that must be percent-encoded, or one that must not be");
            }
            _ => {}
        }
    }
    let service = rest.split('/').next().unwrap_or_default();
    if path != USER_INFO && TOKENS.iter().any(|name| service.eq_ignore_ascii_case(name)) {
        return Err(RequestError::Tokens);
    }
    Ok(())
}

/// Allows unreserved characters, some reserved ones, and percent-encoded bytes outside ASCII. An encoded ASCII character
/// either has a plain spelling or is one (`/`, `.`, `%`) that must not be hidden.
fn is_plain(segment: &str) -> bool {
    let mut bytes = segment.bytes();
    while let Some(byte) = bytes.next() {
        let fits = match byte {
            b'%' => {
                let high = bytes.next().and_then(|digit| char::from(digit).to_digit(16));
                let low = bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit());
                low && high.is_some_and(|high| high >= 8)
            }
            b'-' | b'.' | b'_' | b'~' | b':' | b'@' | b'!' | b'=' | b'+' | b',' | b';' => true,
            byte => byte.is_ascii_alphanumeric(),
        };
        if !fits {
            return false;
        }
    }
    true
}

/// Returns whether the path sends or replies to a message, which Lark recognizes by its `uuid`.
pub(super) fn is_message(path: &str) -> bool {
    matches!(
        path.split('/').skip(2).collect::<Vec<_>>().as_slice(),
        ["im", "v1", "messages"] | ["im", "v1", "messages", _, "reply"]
    )
}
