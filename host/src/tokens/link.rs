//! Links to Lark's authorize page, and the tickets that hold their data until the user comes back.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{
    NoKey, Tokens,
    state::{self, TICKET_MS_MAX},
};
use crate::vault::{Purpose, VaultError};

/// Lark's limit of scopes in one link ("Obtain authorization code").
const SCOPES_MAX: usize = 50;

/// The limit of the scope parameter; gateways commonly allow 8 KiB for the whole request line, and scopes are encoded.
const SCOPES_BYTES_MAX: usize = 2_048;

/// An error of making a link.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// No encryption key is configured.
    #[error(transparent)]
    NoKey(#[from] NoKey),
    /// The redirect URL is not configured.
    #[error(
        "OAUTH_REDIRECT_URI is not set (under [apps.NAME]: oauth_redirect_uri); it is the public address of GET /callback, \
         and must be registered in the console, under Security Settings > Redirect URLs"
    )]
    NoRedirectUri,
    /// The application is not in the settings.
    #[error("the application {app_id} is not configured; set LARK_APP_ID or add it under [apps]")]
    UnknownApp {
        /// The requested id.
        app_id: String,
    },
    /// A scope is not a valid name.
    #[error("each scope must be a name like contact:user.base:readonly")]
    NotAScope,
    /// The scopes exceed Lark's limits.
    #[error(
        "{count} scopes with {bytes} bytes are requested; Lark allows at most {SCOPES_MAX} scopes and \
          {SCOPES_BYTES_MAX} bytes in one link, counting offline_access unless OAUTH_OFFLINE_ACCESS is off"
    )]
    TooManyScopes {
        /// The number of scopes, with `offline_access`.
        count: usize,
        /// Their size, with separators.
        bytes: usize,
    },
    /// The system provided no random bytes.
    #[error("the operating system provided no random bytes: {reason}")]
    Random {
        /// The system's error.
        reason: String,
    },
    /// The ticket could not be encrypted.
    #[error("the link's session could not be encrypted")]
    Vault(#[from] VaultError),
}

/// A link to the authorize page.
#[derive(Clone)]
pub struct Link {
    /// The URL for this user only.
    pub url: String,
    /// The random value that comes back with the user; only this server can make it.
    pub state: String,
    /// The data for `exchange` when the user comes back; only this host can decrypt it.
    pub ticket: String,
}

/// Omits the contents: anyone who knows the state could impersonate the user.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link(redacted)")
    }
}

/// The content of a ticket.
pub(super) struct Ticket {
    pub(super) verifier: SecretString,
    pub(super) redirect_uri: String,
}

#[derive(Serialize, Deserialize)]
struct Clear<'a> {
    verifier: &'a str,
    redirect_uri: &'a str,
    made_at_ms: u64,
}

impl Tokens {
    /// Makes a link for one user and one authorization. The user comes back to the plugin that asks for it.
    ///
    /// # Errors
    /// [`LinkError`], which names the setting to change.
    pub fn begin(&self, app_id: &str, plugin: &str, scopes: &[String], now_ms: u64) -> Result<Link, LinkError> {
        let vault = self.vault()?;
        let settings = self.0.openapi.authorize_settings(app_id);
        let settings = settings.ok_or_else(|| LinkError::UnknownApp {
            app_id: app_id.to_owned(),
        })?;
        let redirect_uri = settings.redirect_uri.as_deref().ok_or(LinkError::NoRedirectUri)?;
        self.check_scopes(app_id, scopes)?;
        let state = state::new(vault, app_id, plugin, now_ms)?;
        // 256 bits; as hex 64 characters, of the 43 to 128 that PKCE allows (RFC 7636).
        let verifier = SecretString::from(random()?);
        let clear = Clear {
            verifier: verifier.expose_secret(),
            redirect_uri,
            made_at_ms: now_ms,
        };
        // Serializing strings and a number cannot fail.
        let clear = SecretString::from(serde_json::to_string(&clear).unwrap_or_default());
        Ok(Link {
            url: self
                .0
                .openapi
                .authorize_url(app_id, redirect_uri, scopes, &state, &verifier),
            ticket: vault.seal_text(Purpose::Ticket { app_id }, clear.expose_secret().as_bytes())?,
            state,
        })
    }

    fn check_scopes(&self, app_id: &str, scopes: &[String]) -> Result<(), LinkError> {
        let is_name = |scope: &String| !scope.is_empty() && scope.bytes().all(|b| b.is_ascii_graphic());
        if !scopes.iter().all(is_name) {
            return Err(LinkError::NotAScope);
        }
        let asked = self.0.openapi.scopes_asked_for(app_id, scopes);
        let count = asked.len();
        let bytes = asked
            .iter()
            .map(|scope| scope.len() + 1)
            .sum::<usize>()
            .saturating_sub(1);
        if count > SCOPES_MAX || bytes > SCOPES_BYTES_MAX {
            return Err(LinkError::TooManyScopes { count, bytes });
        }
        Ok(())
    }

    /// Decrypts a ticket of this application that has not expired.
    pub(super) fn open_ticket(&self, app_id: &str, ticket: &str, now_ms: u64) -> Result<Option<Ticket>, NoKey> {
        let Ok(clear) = self.vault()?.open_text(Purpose::Ticket { app_id }, ticket) else {
            return Ok(None);
        };
        let Ok(clear) = serde_json::from_slice::<Clear<'_>>(clear.expose_secret()) else {
            return Ok(None);
        };
        let is_old = now_ms > clear.made_at_ms.saturating_add(TICKET_MS_MAX);
        Ok((!is_old).then(|| Ticket {
            verifier: clear.verifier.into(),
            redirect_uri: clear.redirect_uri.to_owned(),
        }))
    }
}

/// Returns 32 random bytes in hex.
fn random() -> Result<String, LinkError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| LinkError::Random {
        reason: error.to_string(),
    })?;
    Ok(hex::encode(bytes))
}
