//! Lark's answer to a call.

use std::fmt;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{OpenapiError, OpenapiResponse};

/// An answer from Lark.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// # use serde_json::{Value, json};
/// # fake.answer_with("GET", "/open-apis/bot/v3/info", &json!({"code": 0, "msg": "ok", "bot": {"open_id": "ou_bot"}}));
/// let answer = host.openapi().get("/open-apis/bot/v3/info").send()?;
/// assert_eq!((answer.status, answer.code, answer.msg.as_str()), (200, 0, "ok"));
/// let whole: Value = answer.body()?; // this endpoint has no `data`
/// assert_eq!(whole["bot"]["open_id"], "ou_bot");
/// host.log().debug(&format!("log id {:?}", answer.log_id));
/// # Ok::<(), Failure>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// 0 on success ("General error codes").
    pub code: i64,
    /// Lark's message.
    pub msg: String,
    /// `X-Tt-Logid`, which Lark's support asks for.
    pub log_id: Option<String>,
    body: String,
}

/// Omits the body, which may hold data that must not be logged.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("code", &self.code)
            .field("msg", &self.msg)
            .field("log_id", &self.log_id)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// The fields that all answers share. The token endpoints use `error_description` instead of `msg`; an answer with both is read,
/// too.
#[derive(Deserialize)]
struct Head {
    code: Option<i64>,
    msg: Option<String>,
    error_description: Option<String>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

impl Answer {
    pub(super) fn read(response: OpenapiResponse) -> Result<Self, OpenapiError> {
        let OpenapiResponse { status, body, log_id } = response;
        let head: Option<Head> = serde_json::from_str(&body).ok();
        // Some old endpoints answer with the bare result.
        let code = head
            .as_ref()
            .and_then(|head| head.code.or((200..300).contains(&status).then_some(0)));
        let Some(code) = code else {
            return Err(OpenapiError::Unreadable {
                status,
                message: "the answer has no code".to_owned(),
                log_id,
            });
        };
        Ok(Self {
            status,
            code,
            msg: head
                .and_then(|head| head.msg.or(head.error_description))
                .unwrap_or_default(),
            log_id,
            body,
        })
    }

    /// Reads `data` as a type of your own; a missing one is read as `null`.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use serde_json::json;
    /// # fake.answer("GET", "/open-apis/task/v2/tasks/t1", &json!({"task": {"summary": "周报"}}));
    /// let data: serde_json::Value = host.openapi().get("/open-apis/task/v2/tasks/t1").send()?.data()?;
    /// assert_eq!(data["task"]["summary"], "周报");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`OpenapiError::Unreadable`] when it has another shape.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, OpenapiError> {
        let Data { data } = self.parse(&self.body)?;
        self.parse(data.map_or("null", RawValue::get))
    }

    /// Reads the whole body, for endpoints that do not put their result under `data`.
    ///
    /// # Errors
    ///
    /// As [`data`](Self::data).
    pub fn body<T: DeserializeOwned>(&self) -> Result<T, OpenapiError> {
        self.parse(&self.body)
    }

    fn parse<'a, T: Deserialize<'a>>(&self, json: &'a str) -> Result<T, OpenapiError> {
        serde_json::from_str(json).map_err(|error| OpenapiError::Unreadable {
            status: self.status,
            message: error.to_string(),
            log_id: self.log_id.clone(),
        })
    }
}
