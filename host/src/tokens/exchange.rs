//! The exchange of a code for stored tokens, if the expected user came back.

use lark_callback_store::StoreError;
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    NoKey, Tokens,
    pair::{self, Owner},
};
use crate::{
    openapi::{Deadline, OauthError, User},
    vault::{Purpose, VaultError},
};

/// An error of an exchange; nothing was stored.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ExchangeError {
    /// No encryption key is configured.
    #[error(transparent)]
    NoKey(#[from] NoKey),
    /// The ticket was not issued by this host for this application, or has expired.
    #[error("the link was not made by this server, or is too old; make a new link")]
    BadTicket,
    /// The code was not encrypted by this host for this application.
    #[error("the code was not encrypted by this server for this application")]
    BadCode,
    /// Lark rejected the exchange.
    #[error(transparent)]
    Oauth(#[from] OauthError),
    /// Another user came back; the tokens were dropped.
    #[error("a different person came back than the link was made for; nothing was stored")]
    WrongUser,
    /// The tokens could not be encrypted; they were dropped.
    #[error("the tokens could not be encrypted")]
    Vault(#[from] VaultError),
    /// The tokens could not be stored; they were dropped, and the code is used.
    #[error("the tokens could not be stored")]
    Store(#[from] StoreError),
}

impl Tokens {
    /// Exchanges `sealed_code` ([`Purpose::Code`]), asks Lark who the user is, and stores the tokens if it is `open_id`.
    ///
    /// # Errors
    /// [`ExchangeError`]; then nothing was stored.
    pub async fn exchange(
        &self,
        app_id: &str,
        sealed_code: &str,
        ticket: &str,
        open_id: &str,
        deadline: &Deadline,
    ) -> Result<User, ExchangeError> {
        let now_ms = deadline.now_ms();
        let ticket = self.open_ticket(app_id, ticket, now_ms)?;
        let ticket = ticket.ok_or(ExchangeError::BadTicket)?;
        let vault = self.vault()?;
        let code = vault.open_text(Purpose::Code { app_id }, sealed_code).ok();
        let code = code.and_then(|code| Some(SecretString::from(std::str::from_utf8(code.expose_secret()).ok()?)));
        let code = code.ok_or(ExchangeError::BadCode)?;

        let openapi = &self.0.openapi;
        let tokens = openapi
            .exchange_code(app_id, &code, &ticket.verifier, &ticket.redirect_uri, deadline)
            .await?;
        let user = openapi.user_info(app_id, &tokens.access, deadline).await?;
        if user.open_id != open_id {
            tracing::warn!(
                app.id = app_id,
                expected = open_id,
                "An authorization link was used by a different person than it was made for; nothing was stored"
            );
            return Err(ExchangeError::WrongUser);
        }
        let row = pair::seal(vault, Owner { app_id, open_id }, &tokens, deadline.now_ms())?;
        // The newest authorization replaces any earlier one.
        self.0.store.put_user_token(app_id, open_id, row, None).await?;
        tracing::info!(app.id = app_id, open_id, scopes = %tokens.scopes, "A user authorized the application");
        Ok(user)
    }
}
