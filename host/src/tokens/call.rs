//! A call of the OpenAPI as the application or as a user.

use std::time::Duration;

use super::{AccessError, Tokens, pair::Owner};
use crate::openapi::{self, Answer, Credential, Deadline, Request};

/// Lark does not take the user's token: invalid, expired.
const USER_TOKEN_REFUSED: [i64; 2] = [99_991_668, 99_991_677];

/// On whose behalf.
#[derive(Debug, Clone, Copy)]
pub enum Identity<'a> {
    /// The application, in this tenant.
    App {
        /// Of the event at hand; may be empty for an application of one company.
        tenant_key: &'a str,
    },
    /// A user who authorized the application.
    User {
        /// `ou_…`.
        open_id: &'a str,
    },
}

/// Why a call brought no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CallError {
    /// There is no token of the user.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The call itself.
    #[error(transparent)]
    Call(#[from] openapi::CallError),
}

impl CallError {
    /// Whether the same may work later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Access(error) => error.is_retryable(),
            Self::Call(error) => error.is_retryable(),
        }
    }

    /// How long Lark asks to wait.
    pub fn after(&self) -> Option<Duration> {
        match self {
            Self::Access(error) => error.after(),
            Self::Call(error) => error.after(),
        }
    }
}

impl Tokens {
    /// Calls Lark and tells what it answered, whatever its `code`. A token that Lark refuses is replaced once, and the
    /// call repeated once.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call(
        &self,
        app_id: &str,
        identity: Identity<'_>,
        request: &Request,
        deadline: &Deadline,
    ) -> Result<Answer, CallError> {
        let openapi = &self.0.openapi;
        let open_id = match identity {
            Identity::App { tenant_key } => {
                let credential = Credential::App { tenant_key };
                return Ok(openapi.call(app_id, credential, request, deadline).await?);
            }
            Identity::User { open_id } => open_id,
        };
        let owner = Owner { app_id, open_id };
        let refused = |answer: &Answer| answer.code.is_some_and(|code| USER_TOKEN_REFUSED.contains(&code));

        let access = self.access(app_id, open_id, deadline).await?;
        let credential = Credential::User(&access.token);
        let answer = openapi.call(app_id, credential, request, deadline).await?;
        if !refused(&answer) {
            return Ok(answer);
        }
        let access = self.renewed(owner, Some(access.version), deadline).await?;
        let credential = Credential::User(&access.token);
        let answer = openapi.call(app_id, credential, request, deadline).await?;
        if refused(&answer) {
            // A newer authorization may be there; the next call uses it.
            self.give_up(owner, access.version).await?;
        }
        Ok(answer)
    }
}
