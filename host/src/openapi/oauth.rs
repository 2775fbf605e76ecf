//! Users' tokens: the authorize URL, code exchange, refresh, and user info.

mod codes;
mod error;

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest as _, Sha256};

pub use error::OauthError;

use super::{
    AppCredentials, AuthorizeSettings, Openapi, TokenEndpoint,
    again::Persistence,
    answer::secret,
    deadline::Deadline,
    request::{Request, encode},
    transport::Outgoing,
};

/// The assumed lifetime of an access token when Lark names none; one that expires earlier is refreshed when a call fails.
const ACCESS_SECONDS: u64 = 7_200;

/// The scope without which Lark issues no refresh token.
const OFFLINE_ACCESS: &str = "offline_access";

/// The tokens granted for a code or a refresh token.
#[derive(Debug, Clone)]
pub struct UserTokens {
    /// The access token. One to two KiB; Lark asks to allow for four.
    pub access: SecretString,
    /// The refresh token, which works once. Absent without the scope `offline_access`.
    pub refresh: Option<SecretString>,
    /// The granted scopes, separated by spaces.
    pub scopes: String,
    /// Milliseconds since 1970.
    pub access_expires_at_ms: u64,
    /// Milliseconds since 1970; absent without a refresh token.
    pub refresh_expires_at_ms: Option<u64>,
}

/// The user to whom a token belongs.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct User {
    /// `ou_…`, for this application.
    pub open_id: String,
    /// `on_…`, for all applications of one vendor.
    pub union_id: Option<String>,
    /// The name shown in Lark; empty when Lark sends none.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
    /// The tenant (company).
    pub tenant_key: Option<String>,
}

/// A field that may be `null`.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(field: D) -> Result<T, D::Error> {
    Option::deserialize(field).map(Option::unwrap_or_default)
}

/// Omits the name, which does not belong in a log.
impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("open_id", &self.open_id)
            .finish_non_exhaustive()
    }
}

/// Returns the PKCE challenge of a verifier (RFC 7636, S256).
pub fn challenge(verifier: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose_secret()))
}

/// The request body for the token endpoint.
#[derive(Serialize)]
struct Grant<'a> {
    grant_type: &'static str,
    client_id: &'a str,
    /// Sent only in the body: Lark rejects it together with HTTP Basic (20070).
    client_secret: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_uri: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code_verifier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
}

impl<'a> Grant<'a> {
    fn new(grant_type: &'static str, app: &'a AppCredentials) -> Self {
        Self {
            grant_type,
            client_id: &app.app_id,
            client_secret: app.app_secret.expose_secret(),
            code: None,
            redirect_uri: None,
            code_verifier: None,
            refresh_token: None,
        }
    }
}

#[derive(Deserialize)]
struct Granted {
    #[serde(default, deserialize_with = "secret")]
    access_token: Option<SecretString>,
    /// Seconds; optional in OAuth.
    expires_in: Option<u64>,
    #[serde(default, deserialize_with = "secret")]
    refresh_token: Option<SecretString>,
    /// Seconds.
    refresh_token_expires_in: Option<u64>,
    #[serde(default, deserialize_with = "or_default")]
    scope: String,
}

impl Openapi {
    /// Returns the URL of Lark's authorize page ("Obtain authorization code"), which sends the user back to `redirect_uri`.
    ///
    /// `offline_access` is added unless the settings say otherwise: without it the user would be asked again every two hours.
    /// Duplicate scopes are removed, because Lark rejects them (20067).
    pub fn authorize_url(
        &self,
        app_id: &str,
        redirect_uri: &str,
        scopes: &[String],
        state: &str,
        verifier: &SecretString,
    ) -> String {
        let scopes = self.scopes_asked_for(app_id, scopes);
        let query = encode(&[
            ("client_id", app_id),
            ("redirect_uri", redirect_uri),
            ("response_type", "code"),
            ("scope", &scopes.join(" ")),
            ("state", state),
            ("code_challenge", &challenge(verifier)),
            ("code_challenge_method", "S256"),
        ]);
        self.accounts_url(app_id, &format!("/open-apis/authen/v1/authorize?{query}"))
    }

    /// Returns the scopes of a link for these requested scopes.
    pub fn scopes_asked_for<'s>(&self, app_id: &str, scopes: &'s [String]) -> Vec<&'s str> {
        let mut asked: Vec<&str> = Vec::new();
        let adds_offline_access = self.app(app_id).is_none_or(|app| app.authorize.offline_access);
        let added = adds_offline_access.then_some(OFFLINE_ACCESS);
        for scope in scopes.iter().map(String::as_str).chain(added) {
            if !asked.contains(&scope) {
                asked.push(scope);
            }
        }
        asked
    }

    /// Returns the authorization settings of a configured application.
    pub fn authorize_settings(&self, app_id: &str) -> Option<AuthorizeSettings> {
        self.app(app_id).map(|app| app.authorize.clone())
    }

    /// Exchanges an authorization code. A code works once, for five minutes.
    ///
    /// # Errors
    /// [`OauthError`]; even after a retryable one the code may already be used.
    pub async fn exchange_code(
        &self,
        app_id: &str,
        code: &SecretString,
        verifier: &SecretString,
        redirect_uri: &str,
        deadline: &Deadline,
    ) -> Result<UserTokens, OauthError> {
        let app = self.configured(app_id)?;
        let grant = Grant {
            code: Some(code.expose_secret()),
            redirect_uri: Some(redirect_uri),
            code_verifier: Some(verifier.expose_secret()),
            ..Grant::new("authorization_code", &app)
        };
        self.grant(&grant, Persistence::UntilDeadline, deadline).await
    }

    /// Exchanges a refresh token for a new pair. It works once, so the new pair must be stored before anything else, and
    /// no other server may exchange it at the same time.
    ///
    /// # Errors
    /// [`OauthError`].
    pub async fn refresh(
        &self,
        app_id: &str,
        refresh_token: &SecretString,
        deadline: &Deadline,
    ) -> Result<UserTokens, OauthError> {
        let app = self.configured(app_id)?;
        let grant = Grant {
            refresh_token: Some(refresh_token.expose_secret()),
            ..Grant::new("refresh_token", &app)
        };
        self.grant(&grant, Persistence::Brief, deadline).await
    }

    /// Asks Lark for the user of a token.
    ///
    /// # Errors
    /// [`OauthError`].
    pub async fn user_info(
        &self,
        app_id: &str,
        access_token: &SecretString,
        deadline: &Deadline,
    ) -> Result<User, OauthError> {
        #[derive(Deserialize)]
        struct Body {
            data: User,
        }
        let request = Request::new("GET", "/open-apis/authen/v1/user_info", &[], None)?;
        let answer = self
            .call_with(access_token, app_id, &request, Persistence::UntilDeadline, deadline)
            .await?;
        if !answer.is_success() {
            return Err(OauthError::of(&answer));
        }
        let body: Body = serde_json::from_str(&answer.body).map_err(|_misses_it| OauthError::of(&answer))?;
        Ok(body.data)
    }

    fn configured(&self, app_id: &str) -> Result<Arc<AppCredentials>, OauthError> {
        self.app(app_id).ok_or_else(|| OauthError::UnknownApp {
            app_id: app_id.to_owned(),
        })
    }

    /// Calls the token endpoint. A request whose answer was lost is retried, too: if Lark processed it, the code or refresh
    /// token is lost either way.
    async fn grant(
        &self,
        grant: &Grant<'_>,
        persistence: Persistence,
        deadline: &Deadline,
    ) -> Result<UserTokens, OauthError> {
        let url = match self.0.settings.token_endpoint {
            TokenEndpoint::V2 => self.url(grant.client_id, "/open-apis/authen/v2/oauth/token"),
            TokenEndpoint::V3 => self.accounts_url(grant.client_id, "/oauth/v3/token"),
        };
        // Serializing strings cannot fail.
        let body = SecretString::from(serde_json::to_string(grant).unwrap_or_default());
        let outgoing = Outgoing {
            method: reqwest::Method::POST,
            url,
            bearer: None,
            locale: None,
            body: Some(body.expose_secret()),
            is_repeatable: true,
        };
        let answer = self.send_again(&outgoing, persistence, deadline).await?;
        // v3 is plain OAuth and may leave `code` out of a success.
        if !matches!(answer.code, None | Some(0)) || answer.status >= 300 {
            return Err(OauthError::of(&answer));
        }
        let granted = serde_json::from_str::<Granted>(&answer.body).ok();
        let Some((access, granted)) = granted.and_then(|mut granted| Some((granted.access_token.take()?, granted)))
        else {
            return Err(OauthError::of(&answer));
        };
        tracing::debug!(lark.log_id = %answer.log_id, "Got a user token from Lark");
        let now_ms = deadline.now_ms();
        let after = |seconds: u64| now_ms.saturating_add(seconds.saturating_mul(1000));
        Ok(UserTokens {
            access,
            // A refresh token of unknown lifetime is used until Lark rejects it; Lark's last seven days.
            refresh_expires_at_ms: granted
                .refresh_token
                .as_ref()
                .map(|_| after(granted.refresh_token_expires_in.unwrap_or(7 * 86_400))),
            refresh: granted.refresh_token,
            scopes: granted.scope,
            access_expires_at_ms: after(granted.expires_in.unwrap_or(ACCESS_SECONDS)),
        })
    }
}
