//! Errors of uploads and downloads.

use std::time::Duration;

use crate::failure::Advice;

/// An error of an upload or a download.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// use lark_plugin_sdk::{MediaError, MediaSource};
///
/// match host.media().download(&MediaSource::File("file_v3_9".to_owned()), 1 << 20) {
///     Ok(bytes) => host.log().info(&format!("{} bytes", bytes.len())),
///     Err(MediaError::Refused(why)) => host.log().warn(&why), // larger than a MiB
///     Err(error) if error.code() == Some(234_003) => host.log().info("it was deleted"),
///     Err(error) => return Err(error.into()),
/// }
/// # assert_eq!(fake.logged()[0].message, "it was deleted");
/// # Ok::<(), Failure>(())
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum MediaError {
    /// The operator has not granted it; the text is the line to add.
    #[error("the operator has not granted this call: {0}")]
    NotGranted(String),
    /// It cannot be sent: empty, larger than Lark takes, or of a kind that Lark does not have.
    #[error("this cannot be sent: {0}")]
    Refused(String),
    /// The call has used up a limit; the text names it and its setting.
    #[error("{0}")]
    OverLimit(String),
    /// Lark answered with a code that is not 0.
    #[error("Lark answered with code {code} (status {status}, log id {}): {msg}", .log_id.as_deref().unwrap_or("-"))]
    Code {
        /// The HTTP status.
        status: u16,
        /// Lark's error code.
        code: i64,
        /// Lark's message.
        msg: String,
        /// `X-Tt-Logid`.
        log_id: Option<String>,
    },
    /// Lark could not be reached, was too slow, or asks to back off.
    #[error("Lark is not available: {message}")]
    Retry {
        /// For the log.
        message: String,
        /// The shortest delay before a retry.
        after: Option<Duration>,
    },
    /// It cannot succeed until the configuration is changed.
    #[error("calls to Lark are not possible: {0}")]
    Failed(String),
}

debug_as_display!(MediaError);

impl MediaError {
    /// Returns Lark's error code, if Lark sent one.
    pub fn code(&self) -> Option<i64> {
        match self {
            Self::Code { code, .. } => Some(*code),
            _ => None,
        }
    }

    pub(crate) fn advice(&self) -> Advice {
        match self {
            Self::Retry { after, .. } => Advice::Retry(*after),
            Self::NotGranted(_) | Self::Failed(_) => Advice::Retry(None),
            Self::Refused(_) | Self::OverLimit(_) | Self::Code { .. } => Advice::GiveUp,
        }
    }
}
