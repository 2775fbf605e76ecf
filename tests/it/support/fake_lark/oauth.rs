//! Codes and refresh tokens, each of which works once, and what is given for them.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{FakeLark, Refusal, Reply, Seen, State};

const CODE_MS: u64 = 5 * 60_000;
const ACCESS_SECONDS: u64 = 7_200;
const REFRESH_SECONDS: u64 = 604_800;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    V2,
    V3,
}

#[derive(Debug, Default)]
pub(super) struct Oauth {
    codes: HashMap<String, Grant>,
    refresh: HashMap<String, Grant>,
    access: HashMap<String, (String, u64)>,
    /// Of the links that were opened.
    pub(super) states: Vec<String>,
    /// Characters that each token is made longer by.
    padding: usize,
}

/// The authorization behind a code or a refresh token.
#[derive(Debug, Clone)]
pub(super) struct Grant {
    /// The application that it was given to.
    client_id: &'static str,
    pub(super) open_id: String,
    pub(super) scope: String,
    pub(super) challenge: Option<String>,
    pub(super) redirect_uri: String,
    expires_at_ms: u64,
    used: bool,
    revoked: bool,
}

impl Grant {
    pub(super) fn new(
        client_id: &'static str,
        open_id: &str,
        scope: &str,
        challenge: Option<&str>,
        redirect_uri: &str,
    ) -> Self {
        Self {
            client_id,
            open_id: open_id.to_owned(),
            scope: scope.to_owned(),
            challenge: challenge.map(str::to_owned),
            redirect_uri: redirect_uri.to_owned(),
            expires_at_ms: 0,
            used: false,
            revoked: false,
        }
    }
}

impl Oauth {
    pub(super) fn access(&self, token: &str) -> Option<(String, u64)> {
        self.access.get(token).cloned()
    }

    /// All codes and tokens that were ever given.
    pub(super) fn given(&self) -> impl Iterator<Item = &String> {
        let tokens = self.access.keys().chain(self.refresh.keys());
        tokens.chain(self.codes.keys())
    }
}

impl FakeLark {
    /// Tokens of this size from now on.
    pub(crate) fn long_tokens(&self, bytes: usize) {
        self.state().oauth.padding = bytes;
    }

    /// Access tokens stop working before their time.
    pub(crate) fn revoke_access(&self) {
        self.state().oauth.access.clear();
    }

    /// The users take everything back.
    pub(crate) fn revoke_grants(&self) {
        let mut state = self.state();
        state.oauth.access.clear();
        state.oauth.refresh.values_mut().for_each(|grant| grant.revoked = true);
    }
}

/// A code for a user who consented.
pub(super) fn code(state: &mut State, mut grant: Grant) -> String {
    grant.expires_at_ms = state.now_ms + CODE_MS;
    let code = state.make("code-");
    state.oauth.codes.insert(code.clone(), grant);
    code
}

pub(super) fn token(state: &mut State, seen: &Seen, version: Version) -> Result<Reply, Refusal> {
    let refuse = |code, why: &str| Err(Refusal::new(400, code, why));
    seen.check_json()?;
    if seen.has_basic() {
        return refuse(20_070, "HTTP Basic and a secret in the body");
    }
    let Some(application) = state.application(seen.field("client_id", 20_001)?) else {
        return refuse(20_048, "there is no such application");
    };
    if seen.field("client_secret", 20_001)? != application.secret {
        return refuse(20_002, "the secret is wrong");
    }
    seen.check_fields(&[
        "grant_type",
        "client_id",
        "client_secret",
        "code",
        "redirect_uri",
        "code_verifier",
        "refresh_token",
        "scope",
    ])?;
    match seen.field("grant_type", 20_001)? {
        "authorization_code" => exchange(state, seen, version),
        "refresh_token" => refresh(state, seen),
        _ => refuse(20_036, "there is no such grant"),
    }
}

fn exchange(state: &mut State, seen: &Seen, version: Version) -> Result<Reply, Refusal> {
    let refuse = |code, why: &str| Err(Refusal::new(400, code, why));
    let now_ms = state.now_ms;
    let Some(grant) = state.oauth.codes.get_mut(seen.field("code", 20_001)?) else {
        return refuse(20_003, "there is no such code");
    };
    if seen.body["client_id"] != grant.client_id {
        return refuse(20_024, "the code is another application's");
    }
    if grant.used {
        return refuse(20_065, "the code was used");
    }
    // It is used up also when the rest is wrong.
    grant.used = true;
    if grant.expires_at_ms <= now_ms {
        return refuse(20_004, "the code has expired");
    }
    if seen.body["redirect_uri"].as_str() != Some(&grant.redirect_uri) {
        return refuse(20_071, "another redirect_uri than in the link");
    }
    let verifier = seen.body["code_verifier"].as_str();
    // RFC 7636, 4.1.
    let is_verifier = |verifier: &str| {
        (43..=128).contains(&verifier.len())
            && verifier
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
    };
    if verifier.is_some_and(|verifier| !is_verifier(verifier)) {
        return refuse(20_063, "the verifier is malformed");
    }
    let challenge = verifier.map(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)));
    let plain_grant = grant.challenge.is_none() && version == Version::V2;
    if !plain_grant && challenge != grant.challenge {
        return refuse(20_049, "the verifier does not fit the challenge");
    }
    let grant = grant.clone();
    Ok(give(state, grant))
}

fn refresh(state: &mut State, seen: &Seen) -> Result<Reply, Refusal> {
    let refuse = |code, why: &str| Err(Refusal::new(400, code, why));
    let now_ms = state.now_ms;
    let Some(grant) = state.oauth.refresh.get_mut(seen.field("refresh_token", 20_001)?) else {
        return refuse(20_026, "there is no such refresh token");
    };
    if seen.body["client_id"] != grant.client_id {
        return refuse(20_024, "the refresh token is another application's");
    }
    if grant.revoked {
        return refuse(20_064, "the refresh token was revoked");
    }
    if grant.used {
        return refuse(20_073, "the refresh token was used");
    }
    if grant.expires_at_ms <= now_ms {
        return refuse(20_037, "the refresh token has expired");
    }
    grant.used = true;
    let grant = grant.clone();
    Ok(give(state, grant))
}

/// A new pair; a refresh token only for `offline_access`.
fn give(state: &mut State, grant: Grant) -> Reply {
    let padding = "x".repeat(state.oauth.padding);
    let access = state.make("u-canary-") + &padding;
    let expires_at_ms = state.now_ms + ACCESS_SECONDS * 1000;
    let owner = (grant.open_id.clone(), expires_at_ms);
    state.oauth.access.insert(access.clone(), owner);
    let mut body = json!({
        "code": 0, "access_token": access, "expires_in": ACCESS_SECONDS, "token_type": "Bearer", "scope": grant.scope,
    });
    if grant.scope.split(' ').any(|scope| scope == "offline_access") {
        let token = state.make("ur-canary-") + &padding;
        body["refresh_token"] = token.clone().into();
        body["refresh_token_expires_in"] = REFRESH_SECONDS.into();
        let grant = Grant {
            expires_at_ms: state.now_ms + REFRESH_SECONDS * 1000,
            used: false,
            ..grant
        };
        state.oauth.refresh.insert(token, grant);
    }
    Reply::json(200, &body)
}
