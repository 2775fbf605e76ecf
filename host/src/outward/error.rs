//! Errors of requests to services.

use std::{error::Error, io, sync::Arc};

use super::names::AddressRefused;

/// An error of a request to a service. No text holds its URL, a header or a body.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WebError {
    /// The address may not be connected to; nothing was sent.
    #[error(transparent)]
    Refused(#[from] AddressRefused),
    /// No connection could be made; nothing was sent.
    #[error("no connection could be made")]
    Connect(#[source] Arc<reqwest::Error>),
    /// The certificate of the service is not trusted; nothing was sent.
    #[error(
        "the certificate of the service is not trusted; if a CA of your own has issued it, name the file of the CA in \
         CALLBACK_ROOT_CERTIFICATES"
    )]
    Certificate(#[source] Arc<reqwest::Error>),
    /// No request over TLS can be made.
    #[error(
        "no root certificates were found; install the package ca-certificates, or name a file in CALLBACK_ROOT_CERTIFICATES"
    )]
    NoRoots(#[source] Arc<rustls::Error>),
    /// The client could not be built.
    #[error("the HTTP client could not be started")]
    Client(#[source] Arc<reqwest::Error>),
    /// The connection broke; the service may have processed the request.
    #[error("the connection was closed before the response was complete")]
    Broken(#[source] Arc<reqwest::Error>),
    /// The time for the request is over; the service may have processed it.
    #[error("there was no whole response within {ms} ms")]
    TooSlow {
        /// The time that there was.
        ms: u64,
    },
    /// Too many connections are open, and none ended in time; nothing was sent.
    #[error("{connections_max} connections are open already, and none ended in time")]
    Busy {
        /// The limit.
        connections_max: u64,
    },
}

/// Whether an error, or one that it was made of, is about the certificate. An error of the system hides those.
fn is_about_a_certificate(error: &(dyn Error + 'static)) -> bool {
    let mut hidden = Some(error);
    while let Some(now) = hidden {
        if let Some(rustls::Error::InvalidCertificate(_)) = now.downcast_ref() {
            return true;
        }
        let inner = now.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        hidden = inner.map(|inner| inner as &(dyn Error + 'static));
    }
    false
}

impl WebError {
    /// Takes over an error of the client, by what it means for the request.
    pub(super) fn of(error: reqwest::Error) -> Self {
        // A URL may hold personal data or a secret.
        let error = Arc::new(error.without_url());
        let mut cause: Option<&(dyn Error + 'static)> = Some(&*error);
        while let Some(now) = cause {
            if let Some(refused) = now.downcast_ref::<AddressRefused>() {
                return Self::Refused(refused.clone());
            }
            if is_about_a_certificate(now) {
                return Self::Certificate(error);
            }
            cause = now.source();
        }
        if error.is_connect() {
            Self::Connect(error)
        } else {
            Self::Broken(error)
        }
    }

    /// Returns a stable word for traces.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Connect(_) => "connect",
            Self::Certificate(_) => "certificate",
            Self::NoRoots(_) | Self::Client(_) => "client",
            Self::Broken(_) => "broken",
            Self::TooSlow { .. } => "too_slow",
            Self::Busy { .. } => "busy",
        }
    }
}
