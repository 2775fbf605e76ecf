//! Application tokens: requested once regardless of load, and cached until shortly before they expire.

mod error;
mod ticket;

use std::{
    borrow::Borrow,
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::time::timeout_at;

use super::{
    AppCredentials, Distribution, Openapi,
    again::Persistence,
    answer::{LarkResponse, secret},
    deadline::Deadline,
    single_flight::SingleFlight,
    transport::{Outgoing, TransportError},
};

pub use error::{AppTicketUnread, TokenError};
pub use ticket::AppTickets;

/// Lark's own SDKs keep a token until three minutes before its end.
const EXPIRY_LEAD_MS: u64 = 180_000;

/// "app ticket invalid"; a new one must be requested.
const TICKET_INVALID: i64 = 10_012;

/// An application in a tenant; an internal application is in one tenant only, which has the empty key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct AppInTenant {
    app_id: String,
    tenant_key: String,
}

#[derive(Clone)]
struct Cached {
    token: SecretString,
    expires_at_ms: u64,
}

/// A cache of tokens of one kind, with the requests in flight.
struct Cache<K> {
    cached: Mutex<HashMap<K, Cached>>,
    flights: SingleFlight<K, Result<SecretString, TokenError>>,
}

impl<K> Default for Cache<K> {
    fn default() -> Self {
        Self {
            cached: Mutex::default(),
            flights: SingleFlight::default(),
        }
    }
}

impl<K: Eq + Hash> Cache<K> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, Cached>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self, key: &K, now_ms: u64) -> Option<SecretString> {
        let cached = self.lock();
        let found = cached.get(key)?;
        (now_ms + EXPIRY_LEAD_MS < found.expires_at_ms).then(|| found.token.clone())
    }

    fn keep(&self, key: K, cached: Cached) -> SecretString {
        let token = cached.token.clone();
        self.lock().insert(key, cached);
        token
    }

    /// Removes a token that Lark rejected, unless it was already replaced.
    fn forget<Q>(&self, key: &Q, refused: &SecretString)
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let mut cached = self.lock();
        if cached
            .get(key)
            .is_some_and(|cached| cached.token.expose_secret() == refused.expose_secret())
        {
            cached.remove(key);
        }
    }
}

/// The tokens of all applications.
#[derive(Default)]
pub(super) struct AppTokens {
    /// App access tokens of store applications, by application id.
    apps: Cache<String>,
    tenants: Cache<AppInTenant>,
}

impl AppTokens {
    /// Drops all cached tokens.
    pub(super) fn forget_all(&self) {
        self.apps.lock().clear();
        self.tenants.lock().clear();
    }
}

/// The answer of all token calls, which have the token at top level.
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
    /// Returns the tenant access token, cached or from Lark.
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
        let key = tenant(&app, tenant_key);
        if let Some(token) = self.0.tokens.tenants.fresh(&key, deadline.now_ms()) {
            return Ok(token);
        }
        let (openapi, now_ms, wanted) = (self.clone(), deadline.now_ms(), key.clone());
        // Several callers wait for it, so the first caller's deadline must not end it.
        let work = || async move { openapi.tenant_token_once(wanted, openapi.own_deadline(now_ms)).await };
        let too_slow = || TokenError::TooSlow {
            app_id: app_id.to_owned(),
        };
        match timeout_at(deadline.at(), self.0.tokens.tenants.flights.join(key, work)).await {
            Ok(Some(result)) => result,
            Ok(None) | Err(_) => Err(too_slow()),
        }
    }

    /// Removes a rejected token from the cache.
    pub(super) fn forget_tenant_token(&self, app_id: &str, tenant_key: &str, refused: &SecretString) {
        if let Some(app) = self.app(app_id) {
            self.0.tokens.tenants.forget(&tenant(&app, tenant_key), refused);
        }
    }

    fn known_app(&self, app_id: &str) -> Result<Arc<AppCredentials>, TokenError> {
        self.app(app_id).ok_or_else(|| TokenError::UnknownApp {
            app_id: app_id.to_owned(),
        })
    }

    /// Makes the one request for all waiting callers.
    async fn tenant_token_once(&self, key: AppInTenant, deadline: Deadline) -> Result<SecretString, TokenError> {
        #[derive(Serialize)]
        struct Internal<'a> {
            app_id: &'a str,
            app_secret: &'a str,
        }
        if let Some(token) = self.0.tokens.tenants.fresh(&key, deadline.now_ms()) {
            return Ok(token);
        }
        let AppInTenant { app_id, tenant_key } = &key;
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
        let token = granted(app_id, &answer, |read| read.tenant_access_token, &deadline)?;
        Ok(self.0.tokens.tenants.keep(key, token))
    }

    /// Requests a tenant's token with the application's token, which is replaced once if Lark rejects it.
    async fn ask_for_tenant(
        &self,
        app_id: &str,
        tenant_key: &str,
        deadline: &Deadline,
    ) -> Result<LarkResponse, TokenError> {
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
            if is_repeated || !answer.refuses_app_token() {
                return Ok(answer);
            }
            self.0.tokens.apps.forget(app_id, &app_token);
            is_repeated = true;
        }
    }

    /// Returns the app access token of a store application, which serves all tenants.
    async fn app_token(&self, app_id: &str, deadline: &Deadline) -> Result<SecretString, TokenError> {
        let (openapi, deadline, wanted) = (self.clone(), *deadline, app_id.to_owned());
        let work = || async move { openapi.app_token_once(wanted, deadline).await };
        let joined = self.0.tokens.apps.flights.join(app_id.to_owned(), work).await;
        joined.unwrap_or_else(|| {
            Err(TokenError::TooSlow {
                app_id: app_id.to_owned(),
            })
        })
    }

    async fn app_token_once(&self, app_id: String, deadline: Deadline) -> Result<SecretString, TokenError> {
        #[derive(Serialize)]
        struct Body<'a> {
            app_id: &'a str,
            app_secret: &'a str,
            app_ticket: &'a str,
        }
        if let Some(token) = self.0.tokens.apps.fresh(&app_id, deadline.now_ms()) {
            return Ok(token);
        }
        let app = self.known_app(&app_id)?;
        let Some(ticket) = self.newest_app_ticket(&app_id).await? else {
            return Err(self.no_app_ticket(&app_id, &deadline).await);
        };
        let body = Body {
            app_id: &app_id,
            app_secret: app.app_secret.expose_secret(),
            app_ticket: ticket.expose_secret(),
        };
        let answer = self.post_for_token(&app_id, "/open-apis/auth/v3/app_access_token", &body, &deadline);
        let answer = answer.await?;
        if answer.code == Some(TICKET_INVALID) {
            return Err(self.no_app_ticket(&app_id, &deadline).await);
        }
        let token = granted(&app_id, &answer, |read| read.app_access_token, &deadline)?;
        Ok(self.0.tokens.apps.keep(app_id, token))
    }

    async fn post_for_token(
        &self,
        app_id: &str,
        path: &str,
        body: &impl Serialize,
        deadline: &Deadline,
    ) -> Result<LarkResponse, TransportError> {
        // Serializing strings cannot fail.
        let body = SecretString::from(serde_json::to_string(body).unwrap_or_default());
        let outgoing = Outgoing {
            method: reqwest::Method::POST,
            url: self.url(app_id, path),
            bearer: None,
            locale: None,
            body: Some(body.expose_secret()),
            is_repeatable: true,
        };
        self.send_again(&outgoing, Persistence::Brief, deadline).await
    }
}

/// Returns the token in an answer, with its expiry.
fn granted(
    app_id: &str,
    answer: &LarkResponse,
    token: impl FnOnce(TokenAnswer) -> Option<SecretString>,
    deadline: &Deadline,
) -> Result<Cached, TokenError> {
    let read = serde_json::from_str::<TokenAnswer>(&answer.body).ok();
    let seconds = read.as_ref().map_or(0, |read| read.expire);
    let (Some(0), Some(token)) = (answer.code, read.and_then(token)) else {
        return Err(refusal(app_id, answer));
    };
    tracing::debug!(app.id = app_id, seconds, lark.log_id = %answer.log_id, "Got an application token from Lark");
    Ok(Cached {
        token,
        expires_at_ms: deadline.now_ms() + seconds.saturating_mul(1000),
    })
}

fn tenant(app: &AppCredentials, tenant_key: &str) -> AppInTenant {
    let tenant_key = match app.distribution {
        Distribution::Internal => "",
        Distribution::Store => tenant_key,
    };
    AppInTenant {
        app_id: app.app_id.clone(),
        tenant_key: tenant_key.to_owned(),
    }
}

/// Returns the error for an answer without a token.
fn refusal(app_id: &str, answer: &LarkResponse) -> TokenError {
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
