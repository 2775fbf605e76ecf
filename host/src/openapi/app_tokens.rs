//! The tokens of applications: asked for once whatever the load, kept until shortly before they expire.

mod error;
mod ticket;

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::time::timeout_at;

use super::{
    AppCredentials, Distribution, Openapi,
    again::Persistence,
    answer::{Answer, secret},
    call::APP_TOKEN_REFUSED,
    deadline::Deadline,
    single_flight::SingleFlight,
    transport::{Outgoing, TransportError},
};

pub use error::TokenError;
pub use ticket::{AppTicketUnread, AppTickets};

/// Lark's own SDKs keep a token until three minutes before its end.
const EXPIRY_LEAD_MS: u64 = 180_000;

/// "app ticket invalid"; a new one must be asked for.
const TICKET_INVALID: i64 = 10_012;

/// Whose token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    /// Of a store application itself.
    App { app_id: String },
    /// Of an application in a tenant; an internal one has only one, with the empty key.
    Tenant { app_id: String, tenant_key: String },
}

#[derive(Clone)]
struct Cached {
    token: SecretString,
    expires_at_ms: u64,
}

/// What is known of all applications.
#[derive(Default)]
pub(super) struct AppTokens {
    cached: Mutex<HashMap<Key, Cached>>,
    flights: SingleFlight<Key, Result<SecretString, TokenError>>,
}

impl AppTokens {
    fn cached(&self) -> MutexGuard<'_, HashMap<Key, Cached>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self, key: &Key, now_ms: u64) -> Option<SecretString> {
        let cached = self.cached();
        let found = cached.get(key)?;
        (now_ms + EXPIRY_LEAD_MS < found.expires_at_ms).then(|| found.token.clone())
    }

    /// Forgets a token that Lark refused, unless another has taken its place already.
    fn forget(&self, key: &Key, refused: &SecretString) {
        let mut cached = self.cached();
        if cached
            .get(key)
            .is_some_and(|cached| cached.token.expose_secret() == refused.expose_secret())
        {
            cached.remove(key);
        }
    }
}

/// The answer of all token calls: the token stands at top level.
#[derive(Deserialize)]
struct TokenAnswer {
    #[serde(default, deserialize_with = "secret")]
    app_access_token: Option<SecretString>,
    #[serde(default, deserialize_with = "secret")]
    tenant_access_token: Option<SecretString>,
    /// Seconds.
    #[serde(default)]
    expire: u64,
}

impl Openapi {
    /// The tenant access token, from memory or from Lark.
    pub(super) async fn tenant_token(
        &self,
        app_id: &str,
        tenant_key: &str,
        deadline: &Deadline,
    ) -> Result<SecretString, TokenError> {
        let app = self.known_app(app_id)?;
        if app.distribution == Distribution::Store && tenant_key.is_empty() {
            return Err(TokenError::NoTenant {
                app_id: app_id.to_owned(),
            });
        }
        let key = tenant(app, tenant_key);
        if let Some(token) = self.0.tokens.fresh(&key, deadline.now_ms()) {
            return Ok(token);
        }
        let (openapi, now_ms, wanted) = (self.clone(), deadline.now_ms(), key.clone());
        // Many wait for it, so the deadline of the first does not end it.
        let work = || async move { openapi.tenant_token_once(wanted, openapi.own_deadline(now_ms)).await };
        let too_slow = || TokenError::TooSlow {
            app_id: app_id.to_owned(),
        };
        match timeout_at(deadline.at(), self.0.tokens.flights.join(key, work)).await {
            Ok(Some(result)) => result,
            Ok(None) | Err(_) => Err(too_slow()),
        }
    }

    /// Takes a refused token out of memory.
    pub(super) fn forget_tenant_token(&self, app_id: &str, tenant_key: &str, refused: &SecretString) {
        if let Some(app) = self.app(app_id) {
            self.0.tokens.forget(&tenant(app, tenant_key), refused);
        }
    }

    fn known_app(&self, app_id: &str) -> Result<&AppCredentials, TokenError> {
        self.app(app_id).ok_or_else(|| TokenError::UnknownApp {
            app_id: app_id.to_owned(),
        })
    }

    /// The one request for all who wait.
    async fn tenant_token_once(&self, key: Key, deadline: Deadline) -> Result<SecretString, TokenError> {
        #[derive(Serialize)]
        struct Internal<'a> {
            app_id: &'a str,
            app_secret: &'a str,
        }
        let Key::Tenant { app_id, tenant_key } = &key else {
            return self.app_token_once(key, deadline).await;
        };
        if let Some(token) = self.0.tokens.fresh(&key, deadline.now_ms()) {
            return Ok(token);
        }
        let app = self.known_app(app_id)?;
        let answer = match app.distribution {
            Distribution::Internal => {
                let body = Internal {
                    app_id,
                    app_secret: app.app_secret.expose_secret(),
                };
                self.post_for_token(
                    app_id,
                    "/open-apis/auth/v3/tenant_access_token/internal",
                    &body,
                    &deadline,
                )
                .await?
            }
            Distribution::Store => self.ask_for_tenant(app_id, tenant_key, &deadline).await?,
        };
        self.keep(key.clone(), app_id, &answer, &deadline)
    }

    /// Asks for a tenant's token with the token of the application, which is replaced once when Lark refuses it.
    async fn ask_for_tenant(&self, app_id: &str, tenant_key: &str, deadline: &Deadline) -> Result<Answer, TokenError> {
        #[derive(Serialize)]
        struct Body<'a> {
            app_access_token: &'a str,
            tenant_key: &'a str,
        }
        let mut is_repeated = false;
        loop {
            let app_token = self.app_token(app_id, deadline).await?;
            let body = Body {
                app_access_token: app_token.expose_secret(),
                tenant_key,
            };
            let answer = self.post_for_token(app_id, "/open-apis/auth/v3/tenant_access_token", &body, deadline);
            let answer = answer.await?;
            if is_repeated || !answer.code.is_some_and(|code| APP_TOKEN_REFUSED.contains(&code)) {
                return Ok(answer);
            }
            let key = Key::App {
                app_id: app_id.to_owned(),
            };
            self.0.tokens.forget(&key, &app_token);
            is_repeated = true;
        }
    }

    /// The app access token of a store application; it serves all tenants.
    async fn app_token(&self, app_id: &str, deadline: &Deadline) -> Result<SecretString, TokenError> {
        let key = Key::App {
            app_id: app_id.to_owned(),
        };
        let (openapi, deadline, wanted) = (self.clone(), *deadline, key.clone());
        let work = || async move { openapi.app_token_once(wanted, deadline).await };
        let joined = self.0.tokens.flights.join(key, work).await;
        joined.unwrap_or_else(|| {
            Err(TokenError::TooSlow {
                app_id: app_id.to_owned(),
            })
        })
    }

    async fn app_token_once(&self, key: Key, deadline: Deadline) -> Result<SecretString, TokenError> {
        #[derive(Serialize)]
        struct Body<'a> {
            app_id: &'a str,
            app_secret: &'a str,
            app_ticket: &'a str,
        }
        let (Key::App { app_id } | Key::Tenant { app_id, .. }) = &key;
        if let Some(token) = self.0.tokens.fresh(&key, deadline.now_ms()) {
            return Ok(token);
        }
        let app = self.known_app(app_id)?;
        let Some(ticket) = self.newest_app_ticket(app_id).await? else {
            return Err(self.no_app_ticket(app_id, &deadline).await);
        };
        let body = Body {
            app_id,
            app_secret: app.app_secret.expose_secret(),
            app_ticket: ticket.expose_secret(),
        };
        let answer = self.post_for_token(app_id, "/open-apis/auth/v3/app_access_token", &body, &deadline);
        let answer = answer.await?;
        if answer.code == Some(TICKET_INVALID) {
            return Err(self.no_app_ticket(app_id, &deadline).await);
        }
        self.keep(key.clone(), app_id, &answer, &deadline)
    }

    async fn post_for_token(
        &self,
        app_id: &str,
        path: &str,
        body: &impl Serialize,
        deadline: &Deadline,
    ) -> Result<Answer, TransportError> {
        // Strings serialise.
        let body = SecretString::from(serde_json::to_string(body).unwrap_or_default());
        let outgoing = Outgoing {
            method: reqwest::Method::POST,
            url: self.url(app_id, path),
            bearer: None,
            body: Some(body.expose_secret()),
            is_repeatable: true,
        };
        self.send_again(&outgoing, Persistence::Brief, deadline).await
    }

    fn keep(&self, key: Key, app_id: &str, answer: &Answer, deadline: &Deadline) -> Result<SecretString, TokenError> {
        let read = serde_json::from_str::<TokenAnswer>(&answer.body).ok();
        let token = read.and_then(|read| {
            let token = match &key {
                Key::App { .. } => read.app_access_token,
                Key::Tenant { .. } => read.tenant_access_token,
            };
            Some((token?, read.expire))
        });
        let (Some(0), Some((token, seconds))) = (answer.code, token) else {
            return Err(refusal(app_id, answer));
        };
        tracing::debug!(app_id, seconds, log_id = %answer.log_id, "Lark gave a token for the application");
        let expires_at_ms = deadline.now_ms() + seconds.saturating_mul(1000);
        let cached = Cached {
            token: token.clone(),
            expires_at_ms,
        };
        self.0.tokens.cached().insert(key, cached);
        Ok(token)
    }
}

fn tenant(app: &AppCredentials, tenant_key: &str) -> Key {
    let tenant_key = match app.distribution {
        Distribution::Internal => "",
        Distribution::Store => tenant_key,
    };
    Key::Tenant {
        app_id: app.app_id.clone(),
        tenant_key: tenant_key.to_owned(),
    }
}

/// Why an answer brought no token.
fn refusal(app_id: &str, answer: &Answer) -> TokenError {
    let log_id = answer.log_id.clone();
    if let Some(after) = answer.limited() {
        return TokenError::Limited { after, log_id };
    }
    match answer.code {
        Some(code) if code != 0 && answer.status < 500 => TokenError::Rejected {
            app_id: app_id.to_owned(),
            code,
            check: error::check(code),
            log_id,
        },
        _ => TokenError::Unavailable {
            status: answer.status,
            log_id,
        },
    }
}
