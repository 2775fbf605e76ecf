//! The discovery of an endpoint for the long connection of an application.

use lark_protocol::long_connection::{DISCOVERY_PATH, Discovery, EndpointError, Pace, Refusal, discovery_body};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Openapi,
    deadline::Deadline,
    transport::{Outgoing, TransportError},
};

/// An error of the discovery.
#[derive(Debug, Clone, thiserror::Error)]
pub enum DiscoveryError {
    /// The application is not in the settings any more.
    #[error("the application {0} is not in the settings")]
    UnknownApp(String),
    /// There was no answer.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// A gateway answered, or Lark with an error.
    #[error("Lark answered the discovery with HTTP status {status}{}", code.map(|code| format!(" and code {code}")).unwrap_or_default())]
    Status {
        /// The HTTP status.
        status: u16,
        /// The code in the body, if it has one.
        code: Option<i64>,
    },
    /// The answer names no endpoint.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
}

impl Openapi {
    /// Returns where the endpoint of an application is discovered.
    pub fn discovery_url(&self, app_id: &str) -> String {
        self.url(app_id, DISCOVERY_PATH)
    }

    /// Returns the address of the API for an application.
    pub fn api_address(&self, app_id: &str) -> String {
        self.directory().addresses(app_id).api.clone()
    }

    /// Asks Lark where the application has to connect to. `pace` is what holds until Lark says otherwise.
    ///
    /// # Errors
    /// [`DiscoveryError`] when there is no usable answer. A refusal is an answer.
    pub async fn discover(&self, app_id: &str, pace: Pace, deadline: &Deadline) -> Result<Discovery, DiscoveryError> {
        self.discover_at(&self.api_address(app_id), app_id, pace, deadline)
            .await
    }

    /// Asks at another address of Lark's API than the application's.
    ///
    /// # Errors
    /// Same as [`discover`](Self::discover).
    pub async fn discover_at(
        &self,
        api: &str,
        app_id: &str,
        pace: Pace,
        deadline: &Deadline,
    ) -> Result<Discovery, DiscoveryError> {
        let app = self
            .app(app_id)
            .ok_or_else(|| DiscoveryError::UnknownApp(app_id.to_owned()))?;
        let url = format!("{}{DISCOVERY_PATH}", api.trim_end_matches('/'));
        let is_plain = url.starts_with("http://");
        let body = SecretString::from(discovery_body(app_id, app.app_secret.expose_secret()));
        let outgoing = Outgoing {
            method: reqwest::Method::POST,
            url,
            bearer: None,
            // All official clients send it.
            locale: Some("zh"),
            body: Some(body.expose_secret()),
            is_repeatable: true,
        };
        // Once: the caller has a rule of its own for trying again.
        let answer = self.0.transport.send(&outgoing, deadline).await?;
        if answer.status != 200 {
            let code = answer.code;
            return match code.map(|code| Refusal::new(code, &answer.msg())) {
                Some(refusal) if refusal.is_of_lark() => Ok(Discovery::Refused(refusal)),
                _ => Err(DiscoveryError::Status {
                    status: answer.status,
                    code,
                }),
            };
        }
        Ok(Discovery::read(answer.body.as_bytes(), pace, is_plain)?)
    }
}
