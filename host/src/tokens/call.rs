//! An OpenAPI call as the application or as a user.

use std::time::Duration;

use super::{AccessError, Tokens, pair::Owner};
use crate::openapi::{self, Credential, Deadline, LarkResponse, Request};

/// Lark rejects the user's token: invalid, expired.
const USER_TOKEN_REFUSED: [i64; 2] = [99_991_668, 99_991_677];

/// The identity that makes the call.
#[derive(Debug, Clone, Copy)]
pub enum Identity<'a> {
    /// The application, in this tenant.
    App {
        /// The tenant of the current event; may be empty for an application of a single company.
        tenant_key: &'a str,
    },
    /// A user who authorized the application.
    User {
        /// `ou_…`.
        open_id: &'a str,
    },
}

/// An error of a call without an answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LarkCallError {
    /// There is no token for the user.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The call failed.
    #[error(transparent)]
    Call(#[from] openapi::OpenapiError),
}

impl LarkCallError {
    /// Returns whether a retry may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Access(error) => error.is_retryable(),
            Self::Call(error) => error.is_retryable(),
        }
    }

    /// Returns how long Lark asks to wait.
    pub fn after(&self) -> Option<Duration> {
        match self {
            Self::Access(error) => error.after(),
            Self::Call(error) => error.after(),
        }
    }
}

impl Tokens {
    /// Calls Lark and returns its answer, also when its `code` is not 0. A token that Lark rejects is replaced, and the call
    /// retried, once.
    ///
    /// # Errors
    /// [`LarkCallError`].
    pub async fn call(
        &self,
        app_id: &str,
        identity: Identity<'_>,
        request: &Request,
        deadline: &Deadline,
    ) -> Result<LarkResponse, LarkCallError> {
        let openapi = &self.0.openapi;
        let open_id = match identity {
            Identity::App { tenant_key } => {
                let credential = Credential::App { tenant_key };
                return Ok(openapi.call(app_id, credential, request, deadline).await?);
            }
            Identity::User { open_id } => open_id,
        };
        let owner = Owner { app_id, open_id };
        let refused = |answer: &LarkResponse| answer.code.is_some_and(|code| USER_TOKEN_REFUSED.contains(&code));

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
