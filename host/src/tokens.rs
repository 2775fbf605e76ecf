//! Users' tokens: obtained with a code, encrypted before they are stored, refreshed once for all servers, and never shown;
//! and the tickets of store applications, which are stored the same way.

mod access;
mod app_ticket;
mod call;
mod concealed;
mod count;
mod exchange;
mod link;
mod pair;
mod refresh;
mod state;

use std::{fmt, sync::Arc};

pub use access::{Access, AccessError};
pub use app_ticket::{AppTicketError, app_tickets};
pub use call::{Identity, LarkCallError};
pub use exchange::ExchangeError;
pub use link::{Link, LinkError};

use lark_callback_store::{Store, StoreError};

use crate::{
    openapi::{AppCredentials, Openapi, OpenapiSettings, SingleFlight},
    vault::Vault,
};

/// The tokens of all users; clones share the work in progress.
#[derive(Clone)]
pub struct Tokens(Arc<Inner>);

struct Inner {
    openapi: Openapi,
    store: Store,
    vault: Option<Vault>,
    /// The name of this process among all that share the database.
    holder: String,
    refreshes: SingleFlight<(String, String), Result<Access, AccessError>>,
    refreshed: count::Refreshes,
    returns: state::Returns,
}

/// The error when no encryption key is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "LARK_CONFIG_ENCRYPTION_KEY is not set, and tokens are not stored without it; make one with: openssl rand -base64 \
      32"
)]
pub struct NoKey;

/// A user's authorization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorization {
    /// The scopes that Lark granted.
    pub scopes: Vec<String>,
    /// Milliseconds since 1970.
    pub access_expires_at_ms: u64,
    /// Milliseconds since 1970; absent when there is no refresh token.
    pub refresh_expires_at_ms: Option<u64>,
    /// Milliseconds since 1970.
    pub authorized_at_ms: u64,
}

impl Tokens {
    /// Creates the token service. Without a `vault`, only operations that need one fail.
    ///
    /// # Errors
    /// When the system has no random bytes.
    pub fn new(openapi: Openapi, store: Store, vault: Option<Vault>) -> Result<Self, getrandom::Error> {
        let mut holder = [0; 16];
        getrandom::fill(&mut holder)?;
        Ok(Self(Arc::new(Inner {
            openapi,
            store,
            vault,
            holder: hex::encode(holder),
            refreshes: SingleFlight::default(),
            refreshed: count::Refreshes::default(),
            returns: state::Returns::default(),
        })))
    }

    /// Returns the calls that need no user's token.
    pub fn openapi(&self) -> &Openapi {
        &self.0.openapi
    }

    /// Replaces the applications that call Lark, and the addresses that they call.
    pub fn replace_apps(&self, settings: &OpenapiSettings, apps: impl IntoIterator<Item = AppCredentials>) {
        self.0.openapi.replace_apps(settings, apps);
    }

    /// Returns a user's authorization, as far as it is known here.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn status(&self, app_id: &str, open_id: &str) -> Result<Option<Authorization>, StoreError> {
        let found = self.0.store.user_token(app_id, open_id).await?;
        Ok(found.map(|token| Authorization {
            scopes: token.scopes.split_whitespace().map(str::to_owned).collect(),
            access_expires_at_ms: token.access_expires_at_ms,
            refresh_expires_at_ms: token.refresh_expires_at_ms,
            authorized_at_ms: token.authorized_at_ms,
        }))
    }

    /// Deletes a user's tokens and returns whether there were any. A refresh in progress will not store anything.
    ///
    /// # Errors
    /// When it was not committed.
    pub async fn forget(&self, app_id: &str, open_id: &str) -> Result<bool, StoreError> {
        self.0.store.delete_user_token(app_id, open_id).await
    }

    /// Waits for refreshes in progress. One that is cut off between Lark's answer and the commit would force the user to
    /// authorize again, so this runs before the store is closed.
    pub async fn drain(&self) {
        self.0.refreshes.drain().await;
    }

    fn vault(&self) -> Result<&Vault, NoKey> {
        self.0.vault.as_ref().ok_or(NoKey)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("openapi", &self.0.openapi)
            .field("vault", &self.0.vault)
            .finish_non_exhaustive()
    }
}
