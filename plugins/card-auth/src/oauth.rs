//! The link to Lark's authorize page ("Obtain authorization code"), with `state` and PKCE (RFC 7636).

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use lark_plugin_sdk::prelude::*;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::session::Session;

const DEFAULT_ACCOUNTS_BASE_URL: &str = "https://accounts.feishu.cn";

/// Random bytes of `state` and of the code verifier: 43 characters each, the shortest verifier that RFC 7636 allows.
const SECRET_BYTES: usize = 32;

/// What RFC 3986 calls unreserved stays as it is.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What the return from the authorize page needs, kept under the hash of `state` as long as the session lives. Whoever
/// reads the store learns no `state`, so they cannot play a return.
#[derive(Serialize)]
struct Link<'a> {
    session_id: &'a str,
    code_verifier: &'a str,
    redirect_uri: &'a str,
}

/// Makes a link for a session and remembers what belongs to it. Every link has its own `state` and verifier; all links
/// of a session are good until the first return takes the session.
pub(crate) fn authorize_link(
    host: &dyn Host,
    session_id: &str,
    session: &Session,
    redirect_uri: &str,
) -> Result<String, Failure> {
    let state = secret::<SECRET_BYTES>(host)?;
    let code_verifier = secret::<SECRET_BYTES>(host)?;
    let link = Link {
        session_id,
        code_verifier: &code_verifier,
        redirect_uri,
    };
    let remaining = session.remaining(host.now_ms());
    host.kv()
        .set_json(&format!("state/{}", digest(&state)), &link, Some(remaining))?;

    let base = host.config().get("accounts_base_url").filter(|base| !base.is_empty());
    let base = base
        .as_deref()
        .unwrap_or(DEFAULT_ACCOUNTS_BASE_URL)
        .trim_end_matches('/');
    let mut url = format!("{base}/open-apis/authen/v1/authorize?response_type=code");
    let scope = session.scopes.join(" ");
    let parameters = [
        ("client_id", session.app_id.as_str()),
        ("redirect_uri", redirect_uri),
        ("scope", &scope),
        ("state", &state),
        ("code_challenge", &digest(&code_verifier)),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in parameters.into_iter().filter(|(_, value)| !value.is_empty()) {
        url.push('&');
        url.push_str(name);
        url.push('=');
        url.extend(utf8_percent_encode(value, VALUE));
    }
    Ok(url)
}

/// Random bytes as text that needs no escaping anywhere.
pub(crate) fn secret<const BYTES: usize>(host: &dyn Host) -> Result<String, Failure> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(host.random::<BYTES>()?))
}

/// SHA-256 as text: the method `S256` of PKCE, and the form in which a `state` is stored.
fn digest(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}
