//! The discovery of an endpoint for the long connection of an application.

use lark_protocol::long_connection::{DISCOVERY_PATH, Discovery, EndpointError, Pace, Refusal, discovery_body};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    Openapi,
    deadline::Deadline,
    transport::{Outgoing, TransportError},
};

/// "Bad Request": the only code of another status that says something about the application.
const BAD_REQUEST: i64 = 9_499;

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
    #[error("Lark answered the discovery with HTTP status {0}")]
    Status(u16),
    /// The answer names no endpoint.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
}

impl Openapi {
    /// Asks Lark where the application has to connect to. `pace` is what holds until Lark says otherwise.
    ///
    /// # Errors
    /// [`DiscoveryError`] when there is no usable answer. A refusal is an answer.
    pub async fn discover(&self, app_id: &str, pace: Pace, deadline: &Deadline) -> Result<Discovery, DiscoveryError> {
        let app = self
            .app(app_id)
            .ok_or_else(|| DiscoveryError::UnknownApp(app_id.to_owned()))?;
        let url = self.url(app_id, DISCOVERY_PATH);
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
            return match answer.code {
                Some(code @ BAD_REQUEST) => Ok(Discovery::Refused(Refusal {
                    code,
                    message: answer.msg(),
                })),
                _ => Err(DiscoveryError::Status(answer.status)),
            };
        }
        Ok(Discovery::read(answer.body.as_bytes(), pace, is_plain)?)
    }
}
