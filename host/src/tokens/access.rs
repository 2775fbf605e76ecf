//! A user's access token, fresh enough to be used.

use std::time::Duration;

use lark_callback_store::{StoreError, StoredToken};
use secrecy::SecretString;
use tokio::time::timeout_at;

use super::{
    NoKey, Tokens,
    pair::{self, Owner},
};
use crate::{
    openapi::{Deadline, OauthError},
    vault::VaultError,
};

/// A token is refreshed so long before its end, so that a call which takes its time still has a good one.
const REFRESH_LEAD_MS: u64 = 5 * 60_000;

/// A token that cannot be refreshed is used until so shortly before its end.
pub(super) const LAST_USE_LEAD_MS: u64 = 10_000;

/// A token that may be used, and the version of the row it stands in.
#[derive(Debug, Clone)]
pub struct Access {
    /// For the header.
    pub token: SecretString,
    /// Tells whether somebody has stored another one since.
    pub version: u64,
}

/// Why there is none.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AccessError {
    /// The user must authorize, for the first time or again.
    #[error("the user must authorize the application: {reason}")]
    AuthorizationRequired {
        /// Why.
        reason: &'static str,
    },
    /// No key to open with.
    #[error(transparent)]
    NoKey(#[from] NoKey),
    /// The row does not open.
    #[error("the user's stored tokens could not be decrypted")]
    Vault(#[from] VaultError),
    /// The database.
    #[error("the user's stored tokens could not be read or written")]
    Store(#[from] StoreError),
    /// Lark gave no new token, and did not say that the user must authorize again.
    #[error("the user's token could not be refreshed")]
    Refresh(#[from] OauthError),
    /// The caller's deadline came first; the refresh goes on.
    #[error("the user's token was not refreshed before the caller's deadline")]
    TooSlow,
}

impl AccessError {
    /// Whether the same may work later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Store(_) | Self::TooSlow => true,
            Self::Refresh(error) => error.is_retryable(),
            Self::AuthorizationRequired { .. } | Self::NoKey(_) | Self::Vault(_) => false,
        }
    }

    /// How long Lark asks to wait.
    pub fn after(&self) -> Option<Duration> {
        match self {
            Self::Refresh(error) => error.after(),
            _ => None,
        }
    }
}

pub(super) const NEVER: AccessError = AccessError::AuthorizationRequired {
    reason: "there are no tokens of this user",
};

impl Tokens {
    /// A user's access token: the stored one, or a new one when that expires in less than five minutes.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn access(&self, app_id: &str, open_id: &str, deadline: &Deadline) -> Result<Access, AccessError> {
        let owner = Owner { app_id, open_id };
        let stored = self.0.store.user_token(app_id, open_id).await?.ok_or(NEVER)?;
        if is_usable(&stored, None, deadline.now_ms()) {
            return self.open(owner, &stored);
        }
        self.renewed(owner, None, deadline).await
    }

    /// A token of another version than the one that Lark refused.
    pub(super) async fn renewed(
        &self,
        owner: Owner<'_>,
        refused: Option<u64>,
        deadline: &Deadline,
    ) -> Result<Access, AccessError> {
        let now_ms = deadline.now_ms();
        // The refresh that was joined may have begun before this version was refused; then one more does it.
        for _ in 0..2 {
            let (tokens, app_id, open_id) = (self.clone(), owner.app_id.to_owned(), owner.open_id.to_owned());
            let key = (app_id.clone(), open_id.clone());
            let work = move || async move { tokens.refresh(&app_id, &open_id, refused, now_ms).await };
            let joined = timeout_at(deadline.at(), self.0.refreshes.join(key, work)).await;
            match joined {
                Ok(Some(Ok(access))) if Some(access.version) == refused => {}
                Ok(Some(result)) => return result,
                Ok(None) | Err(_) => return Err(AccessError::TooSlow),
            }
        }
        Err(AccessError::TooSlow)
    }

    /// Opens a row.
    pub(super) fn open(&self, owner: Owner<'_>, stored: &StoredToken) -> Result<Access, AccessError> {
        Ok(Access {
            token: pair::open(self.vault()?, owner, &stored.sealed)?.access,
            version: stored.version,
        })
    }
}

/// Whether a stored token can be used as it is.
pub(super) fn is_usable(stored: &StoredToken, refused: Option<u64>, now_ms: u64) -> bool {
    let lead_ms = match stored.refresh_expires_at_ms {
        Some(_) => REFRESH_LEAD_MS,
        None => LAST_USE_LEAD_MS,
    };
    stored.access_expires_at_ms > now_ms + lead_ms && Some(stored.version) != refused
}
