//! Errors of HTTP requests.

use std::time::Duration;

use crate::failure::Advice;

/// The part of a body that an error shows; services say in their first line what is wrong.
const SHOWN_BYTES_MAX: usize = 200;

/// An error of an HTTP request.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// use lark_plugin_sdk::HttpError;
/// # use lark_plugin_sdk::testing::FakeResponse;
///
/// # fake.next_response("https://api.example.com", FakeResponse::text(404, "no such ticket"));
/// let ticket = match host.http().get("https://api.example.com/v1/tickets/7").send()?.success() {
///     Ok(response) => Some(response.json::<serde_json::Value>()?),
///     Err(error) if error.status() == Some(404) => None,
///     Err(error @ HttpError::Status { .. }) => return Err(error.into()), // a retry from 500 on
///     Err(error) => return Err(error.into()),
/// };
/// assert_eq!(ticket, None);
/// # Ok::<(), Failure>(())
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The operator has not granted this method and URL; the text is the line to add.
    #[error("the operator has not granted this request: {0}")]
    NotGranted(String),
    /// The request is invalid, or leads to an address that it may not reach. Nothing was sent.
    #[error("this request cannot be sent: {0}")]
    Refused(String),
    /// The call has used up a limit; the text names it and its setting.
    #[error("{0}")]
    OverLimit(String),
    /// No connection could be made. Nothing was sent.
    #[error("the service could not be reached: {0}")]
    Unreachable(String),
    /// The connection broke, or there was no whole response in time. The service may have done what was asked.
    #[error("the service did not respond: {0}")]
    Interrupted(String),
    /// The request cannot succeed until the configuration is changed.
    #[error("requests to the service are not possible: {0}")]
    Failed(String),
    /// The service answered with a status that is no success.
    #[error("the service answered with status {status}: {body}")]
    Status {
        /// The HTTP status.
        status: u16,
        /// The beginning of the body.
        body: String,
        /// `Retry-After`, if it is a number of seconds.
        after: Option<Duration>,
    },
    /// The body does not have the expected shape.
    #[error("the body of the response (status {status}) cannot be read: {message}")]
    Unreadable {
        /// The HTTP status.
        status: u16,
        /// The mismatch.
        message: String,
    },
}

debug_as_display!(HttpError);

impl HttpError {
    pub(super) fn of_status(status: u16, body: &[u8], after: Option<Duration>) -> Self {
        let text = String::from_utf8_lossy(body.get(..SHOWN_BYTES_MAX).unwrap_or(body)).into_owned();
        Self::Status {
            status,
            body: text.split_whitespace().collect::<Vec<_>>().join(" "),
            after,
        }
    }

    /// Returns the status, if the service answered with one that is no success.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// Whether a retry may help; followed by [`Failure`](crate::Failure) for this error, also as the cause of another one.
    pub(crate) fn advice(&self) -> Advice {
        match self {
            Self::Unreachable(_) | Self::Interrupted(_) => Advice::Retry(None),
            Self::Status { status, after, .. } if is_passing(*status) => Advice::Retry(*after),
            _ => Advice::GiveUp,
        }
    }
}

/// Whether the status means a temporary fault: too early, too many requests, too slow, or an error of the service.
fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429) || status >= 500
}
