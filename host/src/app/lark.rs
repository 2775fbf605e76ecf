//! The way to Lark and back, for all applications.

use super::StartError;
use crate::{
    config::Config,
    http::SealCode,
    openapi::{AppCredentials, Distribution, Openapi},
    store::Store,
    tokens::Tokens,
    vault::{Purpose, Vault},
};

/// The way to Lark, for all applications.
pub(super) fn tokens(config: &Config, store: &Store) -> Result<Tokens, StartError> {
    let credentials = config.apps.iter().map(|app| AppCredentials {
        app_id: app.app_id.clone(),
        app_secret: app.app_secret.clone(),
        distribution: Distribution::Internal,
    });
    let openapi = Openapi::new(config.openapi.clone(), credentials)?;
    let redirect_uri = config.oauth_redirect_uri.clone();
    Ok(Tokens::new(openapi, store.clone(), config.vault.clone(), redirect_uri)?)
}

/// Seals the code that a browser brings, for the application that it came for.
pub(super) fn seal_code(vault: Vault) -> SealCode {
    SealCode::new(move |app_id, code| vault.seal_text(Purpose::Code { app_id }, code.as_bytes()).ok())
}
