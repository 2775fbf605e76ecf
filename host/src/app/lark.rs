//! Outgoing calls to Lark, and users returning from it, for all applications.

use std::time::Duration;

use lark_callback_store::Store;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::StartError;
use crate::{
    config::{AppConfig, Config},
    http::AdmitReturn,
    openapi::{AppCredentials, Deadline, Openapi},
    tokens::{Tokens, app_tickets},
};

/// Time limit for requesting all missing tickets. Nothing waits for it, and each ticket is requested again when needed.
const ASK_MAX: Duration = Duration::from_secs(30);

/// Token source for calls to Lark, for all applications.
pub(super) fn tokens(config: &Config, store: &Store) -> Result<(Openapi, Tokens), StartError> {
    let tickets = app_tickets(store.clone(), config.vault.clone());
    let openapi = Openapi::new(config.openapi.clone(), credentials(&config.apps), tickets)?;
    let tokens = Tokens::new(openapi.clone(), store.clone(), config.vault.clone())?;
    Ok((openapi, tokens))
}

/// Credentials with which the applications call Lark.
pub(super) fn credentials(apps: &[AppConfig]) -> Vec<AppCredentials> {
    let credentials = apps.iter().map(|app| AppCredentials {
        app_id: app.app_id.clone(),
        app_secret: app.app_secret.clone(),
        distribution: app.distribution,
        authorize: app.authorize.clone(),
    });
    credentials.collect()
}

/// Asks Lark for the tickets that store applications lack.
pub(super) fn ask_for_missing_app_tickets(tokens: &Tokens, now_ms: u64, stop: &CancellationToken) -> JoinHandle<()> {
    let (tokens, stop) = (tokens.clone(), stop.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = tokens.ask_for_missing_app_tickets(Deadline::within(now_ms, ASK_MAX)) => {}
            () = stop.cancelled() => {}
        }
    })
}

/// Check of a browser's redirect before anything is stored.
pub(super) fn admit_return(tokens: Tokens) -> AdmitReturn {
    AdmitReturn::new(move |app_id, back, now_ms| tokens.admit_return(app_id, back, now_ms))
}
