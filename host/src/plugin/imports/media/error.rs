//! What a plugin is told when an upload or a download does not succeed.

use serde::Deserialize;

use crate::{
    openapi::{LarkResponse, OpenapiError, UploadError},
    plugin::{
        bindings::lark_callback::plugin::media::{Error, Rejection},
        imports::{CallState, lark_calls::retry_later},
        web::UsedUp,
    },
    telemetry::{chain, shortened},
};

/// Lark's message, which may name what was sent.
const MSG_BYTES_MAX: usize = 1 << 10;

impl CallState {
    pub(super) fn over_media_limit(&self, over: UsedUp) -> Error {
        Error::OverLimit(format!("{over} in {}.toml", self.scope.plugin))
    }

    pub(super) fn ended() -> Error {
        Error::Refused(UploadError::Ended.to_string())
    }

    /// Whether Lark has let the upload down.
    pub(super) fn is_of_lark(error: &UploadError) -> bool {
        matches!(error, UploadError::Call(error) if error.is_retryable())
    }

    pub(super) fn not_uploaded(&self, path: &str, error: UploadError) -> Error {
        match error {
            UploadError::Call(error) => self.without_answer("POST", path, &error),
            UploadError::Answered(answer) => Self::rejected(&answer),
            error => Error::Refused(error.to_string()),
        }
    }

    /// Returns the error for the plugin; the log has the whole chain of causes.
    pub(super) fn without_answer(&self, method: &str, path: &str, error: &OpenapiError) -> Error {
        tracing::warn!(
            plugin.name = &*self.scope.plugin,
            app.id = &*self.subject.app_id,
            method,
            path,
            error = chain(error),
            "A plugin's upload to Lark or download from it failed"
        );
        if error.is_retryable() {
            Error::Retry(retry_later(error.to_string(), error.after()))
        } else {
            Error::Failed(error.to_string())
        }
    }

    /// Returns the `image_key` or `file_key` of an answer.
    pub(super) fn key_of(answer: &LarkResponse) -> Result<String, Error> {
        #[derive(Deserialize)]
        struct Data {
            image_key: Option<String>,
            file_key: Option<String>,
        }
        #[derive(Deserialize)]
        struct Shell {
            data: Data,
        }
        if !answer.is_success() {
            return Err(Self::rejected(answer));
        }
        let shell = serde_json::from_str::<Shell>(&answer.body).ok();
        let key = shell.and_then(|shell| shell.data.image_key.or(shell.data.file_key));
        key.ok_or_else(|| Error::Failed(format!("Lark's answer to an upload has no key ({})", answer.log_id)))
    }

    pub(super) fn rejected(answer: &LarkResponse) -> Error {
        Error::Rejected(Rejection {
            status: answer.status,
            code: answer.code.unwrap_or_default(),
            msg: shortened(answer.msg(), MSG_BYTES_MAX),
            log_id: answer.log_id.get().map(str::to_owned),
        })
    }
}
