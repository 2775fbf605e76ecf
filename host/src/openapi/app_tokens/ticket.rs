//! Tickets of store applications: read from the ticket store, and requested when missing.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

use super::{
    error::{AppTicketUnread, TokenError},
    refusal,
};
use crate::openapi::{Deadline, Distribution, Openapi};

/// The lookup of the newest ticket of each store application.
///
/// Lark accepts only the newest ticket, and may have sent it to any of the servers. So it is looked up for every token
/// request, which is every two hours.
#[derive(Clone, Default)]
pub struct AppTickets(Option<Arc<Find>>);

type Find = dyn Fn(String) -> Pin<Box<dyn Future<Output = Found> + Send>> + Send + Sync;

type Found = Result<Option<SecretString>, AppTicketUnread>;

impl AppTickets {
    /// Takes a function that finds an application's ticket by its id.
    pub fn new<F>(find: impl Fn(String) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Found> + Send + 'static,
    {
        Self(Some(Arc::new(move |app_id| Box::pin(find(app_id)))))
    }
}

impl fmt::Debug for AppTickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AppTickets")
    }
}

impl Openapi {
    /// Returns the distribution of a configured application.
    pub fn distribution(&self, app_id: &str) -> Option<Distribution> {
        self.app(app_id).map(|app| app.distribution)
    }

    /// Returns the applications that need tickets.
    pub fn store_apps(&self) -> Vec<String> {
        let directory = self.directory();
        let apps = directory.apps.values();
        apps.filter(|app| app.distribution == Distribution::Store)
            .map(|app| app.app_id.clone())
            .collect()
    }

    /// Asks Lark to send the ticket of a store application at once ("Resend `app_ticket`"). It arrives at the callback URL,
    /// like the hourly one.
    ///
    /// # Errors
    /// [`TokenError`].
    pub async fn resend_app_ticket(&self, app_id: &str, deadline: &Deadline) -> Result<(), TokenError> {
        #[derive(Serialize)]
        struct Body<'a> {
            app_id: &'a str,
            app_secret: &'a str,
        }
        let app = self.known_app(app_id)?;
        let body = Body {
            app_id,
            app_secret: app.app_secret.expose_secret(),
        };
        let answer = self.post_for_token(app_id, "/open-apis/auth/v3/app_ticket/resend", &body, deadline);
        let answer = answer.await?;
        match answer.code {
            Some(0) => {
                tracing::info!(app.id = app_id, lark.log_id = %answer.log_id, "Asked Lark to send an app_ticket");
                Ok(())
            }
            _ => Err(refusal(app_id, &answer)),
        }
    }

    pub(super) async fn newest_app_ticket(&self, app_id: &str) -> Result<Option<SecretString>, TokenError> {
        let Some(find) = &self.0.tickets.0 else { return Ok(None) };
        find(app_id.to_owned())
            .await
            .map_err(|source| TokenError::TicketUnread {
                app_id: app_id.to_owned(),
                source,
            })
    }

    /// Requests a missing or invalid ticket, for the next attempt.
    pub(super) async fn no_app_ticket(&self, app_id: &str, deadline: &Deadline) -> TokenError {
        match self.resend_app_ticket(app_id, deadline).await {
            Ok(()) => TokenError::NoTicket {
                app_id: app_id.to_owned(),
            },
            Err(error) => error,
        }
    }
}
