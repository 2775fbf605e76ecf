//! Failures: what a call returns instead of an outcome.

use std::error::Error;
use std::fmt::{self, Display};
use std::time::Duration;

use crate::{HttpError, KvError, MediaError, OauthError, OpenapiError};

/// A failed call, and whether a retry may succeed.
///
/// `?` converts any [`Error`] into [`Failure::Retry`], with the whole chain of causes as its message. An [`OpenapiError`],
/// [`OauthError`], [`HttpError`], [`MediaError`] or [`KvError`], also as the cause of your own error, decides for itself: errors that cannot go away are
/// permanent, and a `Retry-After` becomes the delay.
/// The message is for the log; the user of a callback sees a neutral toast instead.
///
/// ```
/// use lark_plugin_sdk::prelude::*;
/// use std::time::Duration;
///
/// fn number(text: &str) -> Result<u32, Failure> {
///     if text.is_empty() {
///         return Err(Failure::permanent("the button has no number")); // nobody can mend that by trying again
///     }
///     Ok(text.parse::<u32>()?) // any error: "retry later", with its message
/// }
///
/// assert_eq!(number("").unwrap_err().message(), "the button has no number");
/// assert!(matches!(number("x"), Err(Failure::Retry { after: None, .. })));
/// let busy = Failure::retry_after(Duration::from_secs(30), "the service is being updated");
/// assert_eq!(busy.to_string(), "the service is being updated");
/// assert!(matches!(Failure::retry("nobody answered"), Failure::Retry { after: None, .. }));
///
/// let too_large = lark_plugin_sdk::KvError::OverLimit("the value".to_owned()); // it will be as large the next time
/// assert!(matches!(Failure::from(too_large), Failure::Permanent { .. }));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// A retry may succeed. Events and tasks are retried; a callback is not, because Lark does not wait.
    Retry {
        /// For the log.
        message: String,
        /// The shortest delay before the retry; the host's backoff when absent.
        after: Option<Duration>,
    },
    /// A retry cannot succeed, so there is none.
    Permanent {
        /// For the log.
        message: String,
    },
}

impl Failure {
    /// A failure to be retried with the host's backoff.
    pub fn retry(message: impl Display) -> Self {
        Self::Retry {
            message: message.to_string(),
            after: None,
        }
    }

    /// A failure to be retried after at least this delay.
    pub fn retry_after(after: Duration, message: impl Display) -> Self {
        Self::Retry {
            message: message.to_string(),
            after: Some(after),
        }
    }

    /// A failure that is not retried.
    pub fn permanent(message: impl Display) -> Self {
        Self::Permanent {
            message: message.to_string(),
        }
    }

    /// Returns the text for the log.
    pub fn message(&self) -> &str {
        match self {
            Self::Retry { message, .. } | Self::Permanent { message } => message,
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

/// Retry by default: most errors of a handler (a conflict, an unavailable database) are temporary.
impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let message = chain(&error);
        match advice(&error) {
            Advice::Retry(after) => Self::Retry { message, after },
            Advice::GiveUp => Self::Permanent { message },
        }
    }
}

/// Prints an error as `Debug` as its `Display` does. `?` makes a [`Failure`] of any error, and brings both along: what is
/// derived was 3 to 10 KiB of each plugin.
macro_rules! debug_as_display {
    ($error:ty) => {
        impl std::fmt::Debug for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}

/// An error's own verdict on whether a retry may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advice {
    /// A retry may succeed, after at least this delay.
    Retry(Option<Duration>),
    /// A failure that is not retried.
    GiveUp,
}

/// The verdict of the first error in the chain that has one.
fn advice(error: &(dyn Error + 'static)) -> Advice {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<OpenapiError>() {
            return error.advice();
        }
        if let Some(error) = error.downcast_ref::<OauthError>() {
            return error.advice();
        }
        if let Some(error) = error.downcast_ref::<HttpError>() {
            return error.advice();
        }
        if let Some(error) = error.downcast_ref::<MediaError>() {
            return error.advice();
        }
        if let Some(error) = error.downcast_ref::<KvError>() {
            return error.advice();
        }
        cause = error.source();
    }
    Advice::Retry(None)
}

/// Joins the error and all its causes with `: `.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
