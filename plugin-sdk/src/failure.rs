//! "I could not": what a plugin says instead of an outcome.

use std::error::Error;
use std::fmt::{self, Display};
use std::time::Duration;

use crate::{OauthError, OpenapiError};

/// Why a call did not succeed, and whether it may succeed later.
///
/// Any [`Error`] becomes a failure to be tried again, with the whole chain of causes as its text, so `?` just works. An
/// [`OpenapiError`] or [`OauthError`] knows better, also as the cause of an error of your own: what cannot work is permanent,
/// and where Lark says how long to wait, that is how long it takes.
/// The text is for the log; the user of a callback sees a neutral toast and never the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It may work later. An event is delivered again; a callback is not, because Lark does not wait.
    Retry {
        /// For the log.
        message: String,
        /// Not before this much time has passed; the host decides when absent.
        after: Option<Duration>,
    },
    /// It will never work: nobody tries again.
    Permanent {
        /// For the log.
        message: String,
    },
}

impl Failure {
    /// It may work later; the host decides when.
    pub fn retry(message: impl Display) -> Self {
        Self::Retry {
            message: message.to_string(),
            after: None,
        }
    }

    /// It may work later, but not before `after` has passed.
    pub fn retry_after(after: Duration, message: impl Display) -> Self {
        Self::Retry {
            message: message.to_string(),
            after: Some(after),
        }
    }

    /// It will never work.
    pub fn permanent(message: impl Display) -> Self {
        Self::Permanent {
            message: message.to_string(),
        }
    }

    /// The text for the log.
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

/// Most errors of a handler are about the world (a conflict, a database that is away) and pass.
impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let message = chain(&error);
        match advice(&error) {
            Advice::Retry(after) => Self::Retry { message, after },
            Advice::GiveUp => Self::Permanent { message },
        }
    }
}

/// What an error says is to be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advice {
    /// It may work later; not before this much time has passed.
    Retry(Option<Duration>),
    /// It will never work.
    GiveUp,
}

/// Of the first error of the chain that knows.
fn advice(error: &(dyn Error + 'static)) -> Advice {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<OpenapiError>() {
            return error.advice();
        }
        if let Some(error) = error.downcast_ref::<OauthError>() {
            return error.advice();
        }
        cause = error.source();
    }
    Advice::Retry(None)
}

/// The error and all its causes, joined by `: `.
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
