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

/// A token is refreshed this long before it expires, so that it stays valid during a slow call.
const REFRESH_LEAD_MS: u64 = 5 * 60_000;

/// A token that cannot be refreshed is used until this long before it expires.
pub(super) const LAST_USE_LEAD_MS: u64 = 10_000;

/// A valid token, and the version of its row.
#[derive(Debug, Clone)]
pub struct Access {
    /// The access token.
    pub token: SecretString,
    /// The version of the row, which changes when another token is stored.
    pub version: u64,
}

/// An error of obtaining a user's access token.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AccessError {
    /// The user must authorize the application, for the first time or again.
    #[error("the user must authorize the application: {reason}")]
    AuthorizationRequired {
        /// The reason.
        reason: &'static str,
    },
    /// No encryption key is configured.
    #[error(transparent)]
    NoKey(#[from] NoKey),
    /// The stored tokens could not be decrypted.
    #[error("the user's stored tokens could not be decrypted")]
    Vault(#[from] VaultError),
    /// The database failed.
    #[error("the user's stored tokens could not be read or written")]
    Store(#[from] StoreError),
    /// The refresh failed, but the user need not authorize again.
    #[error("the user's token could not be refreshed")]
    Refresh(#[from] OauthError),
    /// The caller's deadline passed; the refresh continues.
    #[error("the user's token was not refreshed in the time that this call has")]
    TooSlow,
}

impl AccessError {
    /// Returns whether a retry may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Store(_) | Self::TooSlow => true,
            Self::Refresh(error) => error.is_retryable(),
            Self::AuthorizationRequired { .. } | Self::NoKey(_) | Self::Vault(_) => false,
        }
    }

    /// Returns how long Lark asks to wait.
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
    /// Returns a user's access token: the stored one, or a new one if that expires in less than five minutes.
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

    /// Returns a token of another version than the one that Lark rejected.
    pub(super) async fn renewed(
        &self,
        owner: Owner<'_>,
        refused: Option<u64>,
        deadline: &Deadline,
    ) -> Result<Access, AccessError> {
        let now_ms = deadline.now_ms();
        // The joined refresh may have started before this version was rejected; a second one then replaces it.
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

    /// Decrypts a row.
    pub(super) fn open(&self, owner: Owner<'_>, stored: &StoredToken) -> Result<Access, AccessError> {
        Ok(Access {
            token: pair::open(self.vault()?, owner, &stored.sealed)?.access,
            version: stored.version,
        })
    }
}

/// Returns whether a stored token can be used without a refresh.
pub(super) fn is_usable(stored: &StoredToken, refused: Option<u64>, now_ms: u64) -> bool {
    let lead_ms = match stored.refresh_expires_at_ms {
        Some(_) => REFRESH_LEAD_MS,
        None => LAST_USE_LEAD_MS,
    };
    stored.access_expires_at_ms > now_ms + lead_ms && Some(stored.version) != refused
}
