//! Links to Lark's authorize page, and the tickets that remember what the link was made with.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{NoKey, Tokens, state};
use crate::vault::{Purpose, VaultError};

/// A session lives 10 minutes and Lark's code 5; who clicks at the last moment shall still come through.
pub(super) const TICKET_MS_MAX: u64 = 16 * 60_000;

/// What stands in a link as scope at most; every scope Lark has would not fit, and nobody asks for all.
const SCOPES_BYTES_MAX: usize = 2_048;

/// Why no link could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// No key to seal the ticket with.
    #[error(transparent)]
    NoKey(#[from] NoKey),
    /// Where should the user come back to?
    #[error(
        "OAUTH_REDIRECT_URI is not set; it is the public address of GET /callback, and must be registered in the console, \
         under Security Settings > Redirect URLs"
    )]
    NoRedirectUri,
    /// A scope that is none.
    #[error("the scopes must be names like contact:user.base:readonly, together at most {SCOPES_BYTES_MAX} bytes")]
    Scopes,
    /// The system gave no random bytes.
    #[error("the system gave no random bytes: {reason}")]
    Random {
        /// What the system said.
        reason: String,
    },
    /// The ticket could not be sealed.
    #[error("the ticket could not be sealed")]
    Vault(#[from] VaultError),
}

/// A link to the authorize page.
#[derive(Clone)]
pub struct Link {
    /// For the user, and nobody else.
    pub url: String,
    /// Comes back with the user; random, and only this server can make it.
    pub state: String,
    /// Handed to `exchange` when the user comes back; only this host can open it.
    pub ticket: String,
}

/// Who knows the state could come back in the user's place.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link(redacted)")
    }
}

/// What a ticket says when it is opened.
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
    /// Makes a link for one user and one try.
    ///
    /// # Errors
    /// [`LinkError`], which names the setting to change.
    pub fn begin(&self, app_id: &str, scopes: &[String], now_ms: u64) -> Result<Link, LinkError> {
        let vault = self.vault()?;
        let redirect_uri = self.0.redirect_uri.as_deref().ok_or(LinkError::NoRedirectUri)?;
        let is_name = |scope: &String| !scope.is_empty() && scope.bytes().all(|b| b.is_ascii_graphic());
        let bytes: usize = scopes.iter().map(|scope| scope.len() + 1).sum();
        if !scopes.iter().all(is_name) || bytes > SCOPES_BYTES_MAX {
            return Err(LinkError::Scopes);
        }
        let state = state::new(vault, app_id, now_ms)?;
        // 256 bits; as hex 64 characters, of the 43 to 128 that PKCE allows (RFC 7636).
        let verifier = SecretString::from(random()?);
        let clear = Clear {
            verifier: verifier.expose_secret(),
            redirect_uri,
            made_at_ms: now_ms,
        };
        // Strings and a number serialise.
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

    /// What the ticket says, when it is one of this application and not too old.
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

/// 32 random bytes in hex.
fn random() -> Result<String, LinkError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| LinkError::Random {
        reason: error.to_string(),
    })?;
    Ok(hex::encode(bytes))
}
