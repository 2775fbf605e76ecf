//! The refresh of a user's token. A refresh token works once, so there is one refresh at a time: callers in this process join
//! it, other processes are kept out by a lease in the database. The new pair is stored before it is used.

use std::time::Duration;

use lark_callback_store::{NewToken, StoreError, StoredToken};

use super::{
    Access, AccessError, Tokens,
    access::{LAST_USE_LEAD_MS, NEVER, is_usable},
    count::Refreshed,
    pair::{self, Owner},
};
use crate::{
    openapi::{Deadline, OauthError, UserTokens},
    telemetry::chain,
};

/// The limit for waiting and refreshing together. Callers stop at their own deadline; the refresh continues, because a lost
/// answer is a lost grant.
const REFRESH_MS_MAX: u64 = 20_000;

/// Longer than a refresh with its commit, so that the lease never expires while its holder waits for Lark.
const LEASE_MS: u64 = 30_000;

/// The interval for polling what the holder of the lease has stored.
const LOOK_GAP: Duration = Duration::from_millis(100);

/// Attempts to store a new pair in a busy database: giving up loses the user's grant.
const COMMITS_MAX: u32 = 4;

const REVOKED: AccessError = AccessError::AuthorizationRequired {
    reason: "the authorization was used up, revoked or has expired",
};

impl Tokens {
    /// Refreshes the token unless another process just has. Runs in its own task.
    pub(super) async fn refresh(
        &self,
        app_id: &str,
        open_id: &str,
        refused: Option<u64>,
        now_ms: u64,
    ) -> Result<Access, AccessError> {
        let owner = Owner { app_id, open_id };
        let deadline = Deadline::within(now_ms, Duration::from_millis(REFRESH_MS_MAX));
        let (store, holder) = (&self.0.store, &self.0.holder);
        let lease = format!("user-token/{app_id}/{open_id}");
        loop {
            let stored = store.user_token(app_id, open_id).await?.ok_or(NEVER)?;
            if is_usable(&stored, refused, deadline.now_ms()) {
                return self.open(owner, &stored);
            }
            if store.acquire_lease(&lease, holder, LEASE_MS, deadline.now_ms()).await? {
                let result = self.refresh_alone(owner, refused, &deadline).await;
                if let Err(error) = store.release_lease(&lease, holder).await {
                    tracing::warn!(
                        app.id = app_id,
                        open_id,
                        error = chain(&error),
                        "Could not release the lease on a user's token; it expires by itself"
                    );
                }
                return result;
            }
            if deadline.left() < LOOK_GAP {
                return Err(AccessError::TooSlow);
            }
            tokio::time::sleep(LOOK_GAP).await;
        }
    }

    /// Refreshes the token while holding the lease.
    async fn refresh_alone(
        &self,
        owner: Owner<'_>,
        refused: Option<u64>,
        deadline: &Deadline,
    ) -> Result<Access, AccessError> {
        let Owner { app_id, open_id } = owner;
        // The previous holder of the lease may have stored a new pair.
        let stored = self.0.store.user_token(app_id, open_id).await?.ok_or(NEVER)?;
        let now_ms = deadline.now_ms();
        if is_usable(&stored, refused, now_ms) {
            return self.open(owner, &stored);
        }
        let pair = pair::open(self.vault()?, owner, &stored.sealed)?;
        let is_over = stored.refresh_expires_at_ms.is_none_or(|at| at <= now_ms);
        let Some(refresh) = pair.refresh.filter(|_| !is_over) else {
            self.count(app_id, Refreshed::AuthorizeAgain);
            return self.give_up(owner, stored.version).await;
        };
        match self.0.openapi.refresh(app_id, &refresh, deadline).await {
            Ok(tokens) => self.keep(owner, &stored, tokens).await,
            Err(error @ OauthError::AuthorizeAgain { .. }) => {
                self.count(app_id, Refreshed::AuthorizeAgain);
                tracing::warn!(
                    app.id = app_id,
                    open_id,
                    error = chain(&error),
                    "A user must authorize the application again"
                );
                self.give_up(owner, stored.version).await
            }
            Err(error) => {
                self.count(app_id, Refreshed::Failed);
                tracing::warn!(
                    app.id = app_id,
                    open_id,
                    error = chain(&error),
                    "Could not refresh a user's token; retrying when it is needed again"
                );
                // The refresh was ahead of time, so the old token may still be valid for a while.
                let still_good = stored.access_expires_at_ms > now_ms + LAST_USE_LEAD_MS;
                if error.is_retryable() && still_good && Some(stored.version) != refused {
                    return self.open(owner, &stored);
                }
                Err(error.into())
            }
        }
    }

    /// Stores the new pair before returning it.
    async fn keep(
        &self,
        owner: Owner<'_>,
        stored: &StoredToken,
        mut tokens: UserTokens,
    ) -> Result<Access, AccessError> {
        let Owner { app_id, open_id } = owner;
        if tokens.scopes.is_empty() {
            tokens.scopes.clone_from(&stored.scopes);
        }
        let row = pair::seal(self.vault()?, owner, &tokens, stored.authorized_at_ms)?;
        match self.commit(owner, &row, stored.version).await {
            Ok(Some(version)) => {
                self.count(app_id, Refreshed::Done);
                tracing::info!(app.id = app_id, open_id, "Refreshed a user's token");
                let token = tokens.access;
                Ok(Access { token, version })
            }
            // The user authorized again or was deleted during the refresh; that takes precedence.
            Ok(None) => {
                self.count(app_id, Refreshed::Outdated);
                let newer = self.0.store.user_token(app_id, open_id).await?.ok_or(NEVER)?;
                self.open(owner, &newer)
            }
            Err(error) => {
                self.count(app_id, Refreshed::Lost);
                tracing::error!(
                    app.id = app_id,
                    open_id,
                    error = chain(&error),
                    "Could not store a refreshed token; the user must authorize again"
                );
                Err(error.into())
            }
        }
    }

    /// A commit that timed out may still have succeeded: the next attempt then finds another version, and reads what is
    /// stored.
    async fn commit(&self, owner: Owner<'_>, row: &NewToken, version: u64) -> Result<Option<u64>, StoreError> {
        let mut tries = 1;
        loop {
            let Owner { app_id, open_id } = owner;
            let put = self.0.store.put_user_token(app_id, open_id, row.clone(), Some(version));
            match put.await {
                Err(StoreError::QueueFull { .. } | StoreError::TooSlow { .. } | StoreError::Database { .. })
                    if tries < COMMITS_MAX =>
                {
                    tries += 1;
                    tokio::time::sleep(LOOK_GAP).await;
                }
                result => return result,
            }
        }
    }

    /// Deletes tokens that Lark rejects, unless the user has authorized again meanwhile.
    pub(super) async fn give_up(&self, owner: Owner<'_>, version: u64) -> Result<Access, AccessError> {
        let Owner { app_id, open_id } = owner;
        let store = &self.0.store;
        match store.user_token(app_id, open_id).await? {
            Some(newer) if newer.version != version => self.open(owner, &newer),
            _ => {
                store.delete_user_token(app_id, open_id).await?;
                Err(REVOKED)
            }
        }
    }
}
