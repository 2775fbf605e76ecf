//! The tokens of applications: asked for once whatever the load, kept until shortly before they expire.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use tokio::time::timeout_at;

use super::{
    AppCredentials, Distribution, Openapi,
    answer::{Answer, LogId, secret},
    deadline::Deadline,
    single_flight::SingleFlight,
    transport::{Outgoing, TransportError},
};

/// Lark's own SDKs keep a token until three minutes before its end.
const EXPIRY_LEAD_MS: u64 = 180_000;

/// "app ticket invalid"; a new one must be asked for.
const TICKET_INVALID: i64 = 10_012;

/// Why there is no token for an application.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TokenError {
    /// Not in the settings.
    #[error("the application {app_id} is not configured; set LARK_APP_ID or add it under [apps]")]
    UnknownApp {
        /// The id that was asked for.
        app_id: String,
    },
    /// A store application that has got no ticket yet; Lark was asked for one.
    #[error(
        "no app_ticket of {app_id} has arrived yet; Lark was asked to send one, which must reach the callback address"
    )]
    NoTicket {
        /// `cli_…`.
        app_id: String,
    },
    /// Lark does not take id and secret.
    #[error("no token for {app_id}: Lark answered with code {code}, {log_id}; check LARK_APP_ID and LARK_APP_SECRET")]
    Rejected {
        /// `cli_…`.
        app_id: String,
        /// Lark's.
        code: i64,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Too many requests.
    #[error("too many requests for tokens: Lark asks to wait {} ms ({log_id})", after.as_millis())]
    Limited {
        /// How long.
        after: Duration,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Lark has a problem of its own, or something else than Lark answered.
    #[error("a request for a token was answered with status {status} and without one ({log_id})")]
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// For Lark's support.
        log_id: LogId,
    },
    /// No answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The caller's deadline came first; the request goes on.
    #[error("no token of {app_id} within the caller's deadline")]
    TooSlow {
        /// `cli_…`.
        app_id: String,
    },
}

impl TokenError {
    /// Whether the same may work later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::UnknownApp { .. } | Self::Rejected { .. } => false,
            Self::Transport(error) => error.is_retryable(),
            Self::NoTicket { .. } | Self::Limited { .. } | Self::Unavailable { .. } | Self::TooSlow { .. } => true,
        }
    }

    /// How long Lark asks to wait.
    pub fn after(&self) -> Option<Duration> {
        match self {
            Self::Limited { after, .. } => Some(*after),
            _ => None,
        }
    }
}

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
    tickets: Mutex<HashMap<String, SecretString>>,
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

    fn ticket(&self, app_id: &str) -> Option<SecretString> {
        let tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.get(app_id).cloned()
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
    /// Takes the ticket that Lark sent to a store application (event `app_ticket`, every hour). Who gives it keeps it
    /// too, because only the newest ticket is good and the next comes in an hour.
    pub fn set_app_ticket(&self, app_id: &str, ticket: SecretString) {
        let mut tickets = self.0.tokens.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.insert(app_id.to_owned(), ticket);
    }

    /// Asks Lark to send the ticket of a store application at once.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn resend_app_ticket(&self, app_id: &str, deadline: &Deadline) -> Result<(), TokenError> {
        #[derive(Serialize)]
        struct Body<'a> {
            app_id: &'a str,
            app_secret: &'a str,
        }
        let app = self.known_app(app_id)?;
        let body = Body {
            app_id,
            app_secret: app.app_secret.expose_secret(),
        };
        let answer = self.post_for_token("/open-apis/auth/v3/app_ticket/resend", &body, deadline);
        let answer = answer.await?;
        match answer.code {
            Some(0) => Ok(()),
            _ => Err(refusal(app_id, &answer)),
        }
    }

    /// The tenant access token, from memory or from Lark.
    pub(super) async fn tenant_token(
        &self,
        app_id: &str,
        tenant_key: &str,
        deadline: &Deadline,
    ) -> Result<SecretString, TokenError> {
        let app = self.known_app(app_id)?;
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
        #[derive(Serialize)]
        struct Store<'a> {
            app_access_token: &'a str,
            tenant_key: &'a str,
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
                self.post_for_token("/open-apis/auth/v3/tenant_access_token/internal", &body, &deadline)
                    .await?
            }
            Distribution::Store => {
                let app_token = self.app_token(app_id, &deadline).await?;
                let body = Store {
                    app_access_token: app_token.expose_secret(),
                    tenant_key,
                };
                self.post_for_token("/open-apis/auth/v3/tenant_access_token", &body, &deadline)
                    .await?
            }
        };
        self.keep(key.clone(), app_id, &answer, &deadline)
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
        let no_ticket = || TokenError::NoTicket { app_id: app_id.clone() };
        let Some(ticket) = self.0.tokens.ticket(app_id) else {
            self.resend_app_ticket(app_id, &deadline).await?;
            return Err(no_ticket());
        };
        let body = Body {
            app_id,
            app_secret: app.app_secret.expose_secret(),
            app_ticket: ticket.expose_secret(),
        };
        let answer = self.post_for_token("/open-apis/auth/v3/app_access_token", &body, &deadline);
        let answer = answer.await?;
        if answer.code == Some(TICKET_INVALID) {
            self.resend_app_ticket(app_id, &deadline).await?;
            return Err(no_ticket());
        }
        self.keep(key.clone(), app_id, &answer, &deadline)
    }

    async fn post_for_token(
        &self,
        path: &str,
        body: &impl Serialize,
        deadline: &Deadline,
    ) -> Result<Answer, TransportError> {
        // Strings serialise.
        let body = SecretString::from(serde_json::to_string(body).unwrap_or_default());
        let outgoing = Outgoing {
            method: reqwest::Method::POST,
            url: self.url(path),
            bearer: None,
            body: Some(body.expose_secret()),
        };
        self.0.transport.send(&outgoing, deadline).await
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
            log_id,
        },
        _ => TokenError::Unavailable {
            status: answer.status,
            log_id,
        },
    }
}
