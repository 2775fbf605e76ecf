//! Links to Lark's authorize page, and the tickets that remember what the link was made with.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{
    NoKey, Tokens,
    state::{self, TICKET_MS_MAX},
};
use crate::vault::{Purpose, VaultError};

/// What Lark's authorize page takes in one link ("Obtain authorization code").
const SCOPES_MAX: usize = 50;

/// What stands in a link as scope at most; gateways commonly stop at 8 KiB for the whole line, and a scope is encoded.
const SCOPES_BYTES_MAX: usize = 2_048;

/// Why no link could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// No key to seal the ticket with.
    #[error(transparent)]
    NoKey(#[from] NoKey),
    /// Where should the user come back to?
    #[error(
        "OAUTH_REDIRECT_URI is not set (under [apps.NAME]: oauth_redirect_uri); it is the public address of GET /callback, \
         and must be registered in the console, under Security Settings > Redirect URLs"
    )]
    NoRedirectUri,
    /// Not in the settings.
    #[error("the application {app_id} is not configured; set LARK_APP_ID or add it under [apps]")]
    UnknownApp {
        /// The id that was asked for.
        app_id: String,
    },
    /// A scope that is none.
    #[error("each scope must be a name like contact:user.base:readonly")]
    NotAScope,
    /// More than Lark takes.
    #[error(
        "{count} scopes with {bytes} bytes are requested; Lark allows at most {SCOPES_MAX} scopes and \
          {SCOPES_BYTES_MAX} bytes in one link, counting offline_access unless OAUTH_OFFLINE_ACCESS is off"
    )]
    TooManyScopes {
        /// With `offline_access`.
        count: usize,
        /// With the spaces between.
        bytes: usize,
    },
    /// The system gave no random bytes.
    #[error("the operating system provided no random bytes: {reason}")]
    Random {
        /// What the system said.
        reason: String,
    },
    /// The ticket could not be sealed.
    #[error("the link's session could not be encrypted")]
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
        let settings = self.0.openapi.authorize_settings(app_id);
        let settings = settings.ok_or_else(|| LinkError::UnknownApp {
            app_id: app_id.to_owned(),
        })?;
        let redirect_uri = settings.redirect_uri.as_deref().ok_or(LinkError::NoRedirectUri)?;
        self.check_scopes(app_id, scopes)?;
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
