//! `oauth`: authorization by users. Codes, verifiers and tokens stay below; a plugin holds tickets.

use super::{
    CallState,
    lark_calls::{OPEN_ID_BYTES_MAX, retry_later, too_long},
};
use crate::{
    openapi::OauthError,
    plugin::{
        bindings::lark_callback::plugin::oauth::{Authorization, Error, Host, Link, User},
        grant,
        witness::HostCall,
    },
    telemetry::chain,
    tokens::{ExchangeError, Tokens},
};

impl Host for CallState {
    async fn begin(&mut self, scopes: Vec<String>) -> wasmtime::Result<Result<Link, Error>> {
        let begun = self.authorization().and_then(|tokens| {
            let link = tokens.begin(&self.subject.app_id, &self.scope.plugin, &scopes, self.clock.now_ms());
            let link = link.map_err(|error| self.failed(&error))?;
            Ok(Link {
                url: link.url,
                state: link.state,
                ticket: link.ticket,
            })
        });
        self.shows(|| {
            HostCall::new("oauth begin".to_owned(), Some(scopes.join(" ")), &begun, |link| {
                link.url.clone()
            })
        });
        Ok(begun)
    }

    async fn exchange(
        &mut self,
        code: String,
        ticket: String,
        open_id: String,
    ) -> wasmtime::Result<Result<User, Error>> {
        let tokens = match self.authorization_of(&open_id) {
            Ok(tokens) => tokens.clone(),
            Err(error) => return Ok(Err(error)),
        };
        let deadline = self.deadline();
        let wait = self.scope.lark_failures.wait();
        let exchanged = tokens
            .exchange(&self.subject.app_id, &code, &ticket, &open_id, &deadline)
            .await;
        wait.ended(matches!(&exchanged, Err(ExchangeError::Oauth(error)) if error.is_retryable()));
        Ok(match exchanged {
            Ok(user) => Ok(User {
                open_id: user.open_id,
                union_id: user.union_id,
                name: user.name,
            }),
            Err(error) => Err(self.not_exchanged(&error)),
        })
    }

    async fn status(&mut self, open_id: String) -> wasmtime::Result<Result<Option<Authorization>, Error>> {
        let tokens = match self.authorization_of(&open_id) {
            Ok(tokens) => tokens.clone(),
            Err(error) => return Ok(Err(error)),
        };
        let status = tokens.status(&self.subject.app_id, &open_id).await;
        Ok(match status {
            Ok(found) => Ok(found.map(|found| Authorization {
                scopes: found.scopes,
                access_expires_at_ms: found.access_expires_at_ms,
                refresh_expires_at_ms: found.refresh_expires_at_ms,
                authorized_at_ms: found.authorized_at_ms,
            })),
            Err(error) => Err(self.database(&error)),
        })
    }

    async fn forget(&mut self, open_id: String) -> wasmtime::Result<Result<bool, Error>> {
        let tokens = match self.authorization_of(&open_id) {
            Ok(tokens) => tokens.clone(),
            Err(error) => return Ok(Err(error)),
        };
        let forgotten = tokens.forget(&self.subject.app_id, &open_id).await;
        Ok(forgotten.map_err(|error| self.database(&error)))
    }
}

impl CallState {
    fn authorization(&self) -> Result<&Tokens, Error> {
        let tokens = self.lark().map_err(Error::Failed)?;
        let (kind, value) = (grant::OAUTH, grant::AUTHORIZE);
        if grant::is_granted(&self.scope.settings.grant, kind, value) {
            return Ok(tokens);
        }
        Err(Error::NotGranted(format!(
            "authorization by users is not granted; add {} in {}.toml",
            grant::line(&self.scope.settings.grant, kind, value),
            self.scope.plugin
        )))
    }

    /// The same, about one user.
    fn authorization_of(&self, open_id: &str) -> Result<&Tokens, Error> {
        let tokens = self.authorization()?;
        if open_id.len() > OPEN_ID_BYTES_MAX {
            return Err(Error::Failed(too_long(open_id)));
        }
        Ok(tokens)
    }

    fn not_exchanged(&self, error: &ExchangeError) -> Error {
        match error {
            ExchangeError::BadTicket => Error::BadTicket,
            ExchangeError::WrongUser => Error::WrongUser,
            ExchangeError::BadCode => Error::CodeRefused(error.to_string()),
            ExchangeError::Store(error) => self.database(error),
            ExchangeError::NoKey(_) | ExchangeError::Vault(_) => self.failed(error),
            ExchangeError::Oauth(oauth) => match oauth {
                // A new token that Lark refuses at once is as useless as its code: the person starts again.
                OauthError::CodeRefused { .. } | OauthError::AuthorizeAgain { .. } => {
                    Error::CodeRefused(self.refused(oauth))
                }
                OauthError::NotAllowed { .. } => Error::NotAllowed(self.refused(oauth)),
                OauthError::PkceRefused { .. } => {
                    self.failed(oauth);
                    Error::CodeRefused(oauth.to_string())
                }
                oauth if oauth.is_retryable() => {
                    tracing::warn!(
                        plugin.name = &*self.scope.plugin,
                        app.id = &*self.subject.app_id,
                        error = chain(oauth),
                        "Lark could not complete a user's authorization in time; the user has to start again"
                    );
                    Error::Retry(retry_later(oauth.to_string(), oauth.after()))
                }
                oauth => self.failed(oauth),
            },
        }
    }

    /// Converts an error about one person or one link, which is not a fault of the server.
    fn refused(&self, error: &OauthError) -> String {
        tracing::warn!(
            plugin.name = &*self.scope.plugin,
            app.id = &*self.subject.app_id,
            error = chain(error),
            "Lark refused a user's authorization"
        );
        error.to_string()
    }

    fn database(&self, error: &(dyn std::error::Error + 'static)) -> Error {
        self.failed(error);
        Error::Retry(retry_later("the database did not answer".to_owned(), None))
    }

    /// For the log with its causes, for the plugin without.
    fn failed(&self, error: &(dyn std::error::Error + 'static)) -> Error {
        tracing::error!(
            plugin.name = &*self.scope.plugin,
            app.id = &*self.subject.app_id,
            error = chain(error),
            "Could not handle a user's authorization"
        );
        Error::Failed(error.to_string())
    }
}
