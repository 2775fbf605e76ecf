//! Assertions that name each difference by its place.

use lark_fixture::differences;
use serde_json::Value;

use super::FakeHost;
use crate::{NewTask, OpenapiRequest, Outcome, Reply};

/// Asserts that a value is the expected one; the message names each difference by its place.
///
/// ```
/// # use lark_plugin_sdk::testing::assert_json;
/// # use serde_json::json;
/// # let reply = json!({"toast": {"content": "saved"}});
/// // `value.toast.content: expected "saved", got "failed"` if it were another
/// assert_json(&reply, &json!({"toast": {"content": "saved"}}));
/// ```
///
/// # Panics
///
/// When they differ.
#[allow(clippy::panic, reason = "an assertion")]
#[track_caller]
pub fn assert_json(found: &Value, expected: &Value) {
    let differences = differences("value", expected, found);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// What an outcome is, in tests.
impl Outcome {
    /// Asserts that this is the reply.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use serde_json::json;
    /// # let outcome = Outcome::reply(&CardReply::toast(Toast::info("hi")))?;
    /// outcome.assert_reply(&json!({"toast": {"type": "info", "content": "hi"}}));
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When it is another, with each difference by its place.
    #[track_caller]
    pub fn assert_reply(&self, expected: &Value) {
        let found = match &self.reply {
            Reply::Json(text) => serde_json::from_str(text).unwrap_or(Value::Null),
            Reply::Pass | Reply::None => Value::from(format!("{:?}", self.reply)),
        };
        let differences = differences("reply", expected, &found);
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    }

    /// Asserts that the reply is a toast with this text.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// Outcome::reply(&CardReply::toast(Toast::success("已保存")))?.assert_toast("已保存");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When it is another, or none.
    #[track_caller]
    pub fn assert_toast(&self, text: &str) {
        let reply = self.reply_json().unwrap_or_default();
        let found = reply.pointer("/toast/content").and_then(Value::as_str);
        assert_eq!(found, Some(text), "reply.toast.content of {reply}");
    }

    /// Asserts that there is no reply.
    ///
    /// # Panics
    ///
    /// When there is one, or when the event was passed on.
    #[track_caller]
    pub fn assert_done(&self) {
        assert_eq!(self.reply, Reply::None, "the reply");
    }

    /// Asserts that the event was left to the next plugin.
    ///
    /// # Panics
    ///
    /// When it was not.
    #[track_caller]
    pub fn assert_pass(&self) {
        assert_eq!(self.reply, Reply::Pass, "the reply");
    }

    /// Asserts that a task of this name was scheduled, and returns it.
    ///
    /// # Panics
    ///
    /// When there is none; the message names those that there are.
    #[allow(clippy::panic, reason = "an assertion")]
    #[track_caller]
    pub fn assert_task(&self, name: &str) -> &NewTask {
        let names = || self.tasks.iter().map(|task| task.name.as_str()).collect::<Vec<_>>();
        match self.tasks.iter().find(|task| task.name == name) {
            Some(task) => task,
            None => panic!("no task {name:?} was scheduled, but {:?}", names()),
        }
    }
}

/// What was asked of Lark, in tests.
impl FakeHost {
    /// Asserts that a call was made (`*` stands for one part of the path), and returns the last one.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # fn handle(host: &dyn Host) -> Result<(), Failure> { host.openapi().recall("om_1")?; Ok(()) }
    /// # let host = FakeHost::new();
    /// # handle(&host)?;
    /// host.assert_called("DELETE", "/open-apis/im/v1/messages/*");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When it was not; the message lists the calls that were made.
    #[allow(clippy::panic, reason = "an assertion")]
    #[track_caller]
    pub fn assert_called(&self, method: &str, path: &str) -> OpenapiRequest {
        let calls = self.calls();
        let fits = |call: &&OpenapiRequest| call.method == method && super::fits(path, &call.path);
        match calls.iter().rev().find(fits) {
            Some(call) => call.clone(),
            None => {
                let made = calls.iter().map(|call| format!("\n  {} {}", call.method, call.path));
                panic!(
                    "{method} {path} was not called; calls were:{}",
                    made.collect::<String>()
                )
            }
        }
    }

    /// Asserts that a call with this body was made.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use serde_json::json;
    /// host.openapi().react("om_1", "OK")?;
    /// let body = json!({"reaction_type": {"emoji_type": "OK"}});
    /// fake.assert_called_with("POST", "/open-apis/im/v1/messages/*/reactions", &body);
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When it was not, with each difference by its place.
    #[track_caller]
    pub fn assert_called_with(&self, method: &str, path: &str, body: &Value) {
        let call = self.assert_called(method, path);
        let found = call.body.as_deref().map(serde_json::from_str).transpose();
        let found = found.ok().flatten().unwrap_or(Value::Null);
        let differences = differences("body", body, &found);
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    }

    /// Asserts that a text was sent or replied.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// host.openapi().reply_text("om_1", "收到")?;
    /// fake.assert_said("收到");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Panics
    ///
    /// When it was not; the message lists the messages that were sent.
    #[track_caller]
    pub fn assert_said(&self, text: &str) {
        let said = self.said();
        assert!(
            said.iter().any(|said| said == text),
            "{text:?} was not said, but {said:?}"
        );
    }

    /// Returns the texts of all messages that were sent or replied.
    pub fn said(&self) -> Vec<String> {
        let calls = self.calls();
        let sent = calls.iter().filter(|call| {
            call.method == "POST" && (call.path == "/open-apis/im/v1/messages" || call.path.ends_with("/reply"))
        });
        let texts = sent.filter_map(|call| {
            let body: Value = serde_json::from_str(call.body.as_deref()?).ok()?;
            let (kind, content) = (body.get("msg_type")?.as_str()?, body.get("content")?.as_str()?);
            Some(crate::MessageContent::of(kind, content, &[]).text)
        });
        texts.collect()
    }
}
