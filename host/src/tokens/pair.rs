//! Access and refresh token together: encrypted into a row, and decrypted.

use lark_callback_store::NewToken;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    openapi::UserTokens,
    vault::{Purpose, Vault, VaultError},
};

/// The two tokens of a user.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) access: SecretString,
    pub(super) refresh: Option<SecretString>,
}

/// The plaintext form of the pair.
#[derive(Serialize, Deserialize)]
struct Clear<'a> {
    access: &'a str,
    refresh: Option<&'a str>,
}

/// The owner of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owner<'a> {
    pub(super) app_id: &'a str,
    pub(super) open_id: &'a str,
}

impl<'a> Owner<'a> {
    fn purpose(self) -> Purpose<'a> {
        Purpose::UserTokens {
            app_id: self.app_id,
            open_id: self.open_id,
        }
    }
}

/// Encrypts a grant into a row.
pub(super) fn seal(
    vault: &Vault,
    owner: Owner<'_>,
    tokens: &UserTokens,
    authorized_at_ms: u64,
) -> Result<NewToken, VaultError> {
    let clear = Clear {
        access: tokens.access.expose_secret(),
        refresh: tokens.refresh.as_ref().map(|token| token.expose_secret()),
    };
    // Strings serialise. The text is overwritten when it goes.
    let clear = SecretString::from(serde_json::to_string(&clear).unwrap_or_default());
    Ok(NewToken {
        sealed: vault.seal(owner.purpose(), clear.expose_secret().as_bytes())?,
        scopes: tokens.scopes.clone(),
        access_expires_at_ms: tokens.access_expires_at_ms,
        refresh_expires_at_ms: tokens.refresh_expires_at_ms,
        authorized_at_ms,
    })
}

/// Decrypts the tokens of a row. A row that was moved to another user does not decrypt.
pub(super) fn open(vault: &Vault, owner: Owner<'_>, sealed: &[u8]) -> Result<Pair, VaultError> {
    let clear = vault.open(owner.purpose(), sealed)?;
    let clear: Clear<'_> = serde_json::from_slice(clear.expose_secret()).map_err(|_not_ours| VaultError::Damaged)?;
    Ok(Pair {
        access: clear.access.into(),
        refresh: clear.refresh.map(Into::into),
    })
}
