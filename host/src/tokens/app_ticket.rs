//! Tickets of store applications: encrypted before they are stored, the newest shared by all servers of the database.

use lark_callback_store::{Store, StoreError};
use lark_protocol::AppTicket;
use secrecy::{ExposeSecret as _, SecretBox, SecretString};

use super::{NoKey, Tokens};
use crate::{
    openapi::{AppTicketUnread, AppTickets, Deadline, Distribution},
    telemetry::chain,
    vault::{Purpose, Vault, VaultError},
};

/// An error of storing a ticket.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppTicketError {
    /// The application is not configured as a store application.
    #[error(
        "{app_id} receives app_tickets, so it is a store application, but it is not set up as one and its calls to \
          Lark will fail; set LARK_APP_DISTRIBUTION=store (under [apps.NAME]: app_distribution)"
    )]
    NotStore {
        /// `cli_…`.
        app_id: String,
    },
    /// No encryption key is configured.
    #[error(transparent)]
    NoKey(#[from] NoKey),
    /// The ticket could not be encrypted.
    #[error("the app_ticket could not be encrypted")]
    Vault(#[from] VaultError),
    /// The ticket could not be stored.
    #[error("the app_ticket could not be stored")]
    Store(#[from] StoreError),
}

/// Returns the lookup of stored tickets, for requesting tokens.
pub fn app_tickets(store: Store, vault: Option<Vault>) -> AppTickets {
    AppTickets::new(move |app_id| {
        let (store, vault) = (store.clone(), vault.clone());
        async move { newest(&store, vault.as_ref(), &app_id).await }
    })
}

/// Returns the newest ticket. One that cannot be decrypted counts as missing: Lark is asked for another, which is encrypted
/// with the current key.
async fn newest(store: &Store, vault: Option<&Vault>, app_id: &str) -> Result<Option<SecretString>, AppTicketUnread> {
    let sealed = store.app_ticket(app_id).await.map_err(|error| AppTicketUnread {
        reason: error.to_string(),
    })?;
    let (Some(sealed), Some(vault)) = (sealed, vault) else {
        return Ok(None);
    };
    match vault.open(Purpose::AppTicket { app_id }, &sealed) {
        Ok(clear) => Ok(text(&clear)),
        Err(error) => {
            tracing::warn!(
                app.id = app_id,
                error = chain(&error),
                "Could not decrypt the stored app_ticket; Lark is asked for another, which is encrypted with the current \
                 LARK_CONFIG_ENCRYPTION_KEY"
            );
            Ok(None)
        }
    }
}

fn text(clear: &SecretBox<[u8]>) -> Option<SecretString> {
    std::str::from_utf8(clear.expose_secret()).ok().map(SecretString::from)
}

impl Tokens {
    /// Stores a ticket and returns whether it is the newest. Lark may redeliver an older one, which must not replace a newer
    /// one.
    ///
    /// # Errors
    /// [`AppTicketError`]; then nothing was stored.
    pub async fn keep_app_ticket(
        &self,
        app_id: &str,
        ticket: &AppTicket,
        made_at_ms: u64,
    ) -> Result<bool, AppTicketError> {
        if self.0.openapi.distribution(app_id) != Some(Distribution::Store) {
            return Err(AppTicketError::NotStore {
                app_id: app_id.to_owned(),
            });
        }
        let sealed = self
            .vault()?
            .seal(Purpose::AppTicket { app_id }, ticket.text().as_bytes())?;
        Ok(self.0.store.put_app_ticket(app_id, sealed, made_at_ms).await?)
    }

    /// Requests the ticket of each store application that has none, before it is needed.
    pub async fn ask_for_missing_app_tickets(&self, deadline: Deadline) {
        for app_id in self.0.openapi.store_apps() {
            let found = newest(&self.0.store, self.0.vault.as_ref(), &app_id).await;
            if !matches!(found, Ok(None)) {
                continue;
            }
            if let Err(error) = self.0.openapi.resend_app_ticket(&app_id, &deadline).await {
                tracing::warn!(
                    app.id = &*app_id,
                    error = chain(&error),
                    "Could not ask Lark for an app_ticket; retrying when one is needed"
                );
            }
        }
    }
}
