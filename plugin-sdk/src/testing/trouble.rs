//! Failures that a test wants, by the words in which people speak of them.

use std::time::Duration;

use super::limits::plugin;
use crate::{HttpError, OpenapiError};

/// A failure of Lark or of another service.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// use lark_plugin_sdk::testing::Trouble;
///
/// fake.fail("GET", "/open-apis/im/v1/chats/*", Trouble::TimedOut);
/// fake.fail_requests("https://api.example.com", Trouble::TooManyRequests(30));
/// assert!(matches!(host.openapi().chat("oc_team").map_err(Failure::from), Err(Failure::Retry { after: None, .. })));
/// let busy = host.http().get("https://api.example.com/v1").send().unwrap_err();
/// assert!(matches!(Failure::from(busy), Failure::Retry { after: Some(_), .. }));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trouble {
    /// Too many requests (429), with the seconds to wait.
    TooManyRequests(u64),
    /// No answer in time.
    TimedOut,
    /// No connection.
    Unreachable,
    /// The connection broke before the answer was complete.
    Broken,
    /// The operator has not granted it.
    NotGranted,
}

impl Trouble {
    pub(super) fn of_lark(self, what: &str) -> OpenapiError {
        let retry = |message: &str, after| OpenapiError::Retry {
            message: message.to_owned(),
            after,
        };
        match self {
            Self::TooManyRequests(seconds) => retry("Lark asks to back off", Some(Duration::from_secs(seconds))),
            Self::TimedOut => retry("Lark did not answer in time", None),
            Self::Unreachable => retry("no connection to Lark", None),
            Self::Broken => retry("the connection to Lark broke", None),
            Self::NotGranted => OpenapiError::NotGranted(format!(
                "{what} is not granted; add `openapi = [\"{what}\"]` under [grant] in {}.toml",
                plugin()
            )),
        }
    }

    pub(super) fn of_service(self, method: &str, origin: &str) -> HttpError {
        match self {
            Self::TooManyRequests(seconds) => HttpError::Status {
                status: 429,
                body: String::new(),
                after: Some(Duration::from_secs(seconds)),
            },
            Self::TimedOut => HttpError::Interrupted("there was no response in time".to_owned()),
            Self::Unreachable => HttpError::Unreachable("no connection could be made".to_owned()),
            Self::Broken => HttpError::Interrupted("the connection broke".to_owned()),
            Self::NotGranted => HttpError::NotGranted(format!(
                "{method} {origin} is not granted; add `http = [\"{method} {origin}/**\"]` under [grant] in {}.toml",
                plugin()
            )),
        }
    }
}
