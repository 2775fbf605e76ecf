//! A call with a token, retried once after a rejected token and after temporary errors.

use std::time::Duration;

use secrecy::SecretString;

use super::{
    Openapi,
    again::Persistence,
    answer::{LarkResponse, LogId},
    app_tokens::TokenError,
    deadline::Deadline,
    request::Request,
    transport::{Outgoing, TransportError},
};

/// A lock at Lark ends when a click is answered (3 s) or a message was sent.
const LOCKED_PAUSE: Duration = Duration::from_secs(2);

/// The identity that makes the call.
#[derive(Debug, Clone, Copy)]
pub enum Credential<'a> {
    /// The application, in this tenant. An application of one company has one tenant, and its key may be empty.
    App {
        /// The tenant of the current event.
        tenant_key: &'a str,
    },
    /// A user, by access token.
    User(&'a SecretString),
}

/// An error of a call without an answer from Lark.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OpenapiError {
    /// There is no token for the call.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The request got no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// Too many requests, and the wait exceeds the caller's deadline.
    #[error("too many requests: Lark asks to wait {} ms ({log_id})", after.as_millis())]
    Limited {
        /// The time to wait.
        after: Duration,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Lark refused the application's token for a request that cannot be repeated here.
    #[error("Lark refused the application's token (code {code}, {log_id}); the next attempt gets a new one")]
    TokenRefused {
        /// Lark's error code.
        code: i64,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Another operation at Lark blocks this one.
    #[error(
        "this message or card is locked at Lark (code {code}, {log_id}): the same message is being sent, or a click \
         on the card is not answered yet"
    )]
    Locked {
        /// Lark's error code.
        code: i64,
        /// For Lark's support.
        log_id: LogId,
    },
    /// Lark had an internal error.
    #[error("Lark had an internal error, status {status} ({log_id})")]
    Unavailable {
        /// The HTTP status.
        status: u16,
        /// For Lark's support.
        log_id: LogId,
    },
    /// A proxy or something else answered instead of Lark.
    #[error(
        "the response with status {status} is not from Lark's OpenAPI, it has no code ({log_id}); check \
          LARK_API_BASE_URL"
    )]
    NotLark {
        /// The HTTP status.
        status: u16,
        /// For Lark's support.
        log_id: LogId,
    },
}

impl OpenapiError {
    /// Returns whether a retry may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Token(error) => error.is_retryable(),
            Self::Transport(error) => error.is_retryable(),
            Self::Limited { .. }
            | Self::TokenRefused { .. }
            | Self::Locked { .. }
            | Self::Unavailable { .. }
            | Self::NotLark { .. } => true,
        }
    }

    /// Returns how long Lark asks to wait.
    pub fn after(&self) -> Option<Duration> {
        match self {
            Self::Token(error) => error.after(),
            Self::Limited { after, .. } => Some(*after),
            Self::Locked { .. } => Some(LOCKED_PAUSE),
            Self::Transport(_) | Self::TokenRefused { .. } | Self::Unavailable { .. } | Self::NotLark { .. } => None,
        }
    }
}

impl Openapi {
    /// Calls Lark and returns its answer, also when its `code` is not 0.
    ///
    /// # Errors
    /// [`OpenapiError`] when there is no answer.
    pub async fn call(
        &self,
        app_id: &str,
        credential: Credential<'_>,
        request: &Request,
        deadline: &Deadline,
    ) -> Result<LarkResponse, OpenapiError> {
        let brief = Persistence::Brief;
        let tenant_key = match credential {
            Credential::User(token) => return self.call_with(token, app_id, request, brief, deadline).await,
            Credential::App { tenant_key } => tenant_key,
        };
        let token = self.tenant_token(app_id, tenant_key, deadline).await?;
        let answer = self.call_with(&token, app_id, request, brief, deadline).await?;
        if !answer.refuses_app_token() {
            return Ok(answer);
        }
        self.forget_tenant_token(app_id, tenant_key, &token);
        let token = self.tenant_token(app_id, tenant_key, deadline).await?;
        self.call_with(&token, app_id, request, brief, deadline).await
    }

    pub(super) async fn call_with(
        &self,
        token: &SecretString,
        app_id: &str,
        request: &Request,
        persistence: Persistence,
        deadline: &Deadline,
    ) -> Result<LarkResponse, OpenapiError> {
        let outgoing = Outgoing {
            method: request.method().http(),
            url: self.url(app_id, &request.target()),
            bearer: Some(token),
            locale: None,
            body: request.body(),
            is_repeatable: request.is_repeatable(),
        };
        let answer = self.send_again(&outgoing, persistence, deadline).await?;
        judged(app_id, request.method().name(), request.path(), answer)
    }
}

/// Tells an answer that is of use from one that only says to try again, and logs it.
pub(super) fn judged(
    app_id: &str,
    method: &str,
    path: &str,
    answer: LarkResponse,
) -> Result<LarkResponse, OpenapiError> {
    let log_id = answer.log_id.clone();
    let status = answer.status;
    if let Some(after) = answer.limited() {
        tracing::warn!(app.id = app_id, method, path, lark.log_id = %log_id, "Lark limits the rate of this call");
        return Err(OpenapiError::Limited { after, log_id });
    }
    match answer.code {
        _ if status >= 500 => Err(OpenapiError::Unavailable { status, log_id }),
        None => Err(OpenapiError::NotLark { status, log_id }),
        Some(code) if answer.is_locked() => Err(OpenapiError::Locked { code, log_id }),
        Some(0) => {
            tracing::debug!(app.id = app_id, method, path, lark.log_id = %log_id, "Called Lark");
            Ok(answer)
        }
        Some(code) => {
            tracing::info!(app.id = app_id, method, path, status, lark.code = code, lark.log_id = %log_id, "Lark answered a call with an error");
            Ok(answer)
        }
    }
}
