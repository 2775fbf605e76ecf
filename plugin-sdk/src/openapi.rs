//! Calls to Lark's OpenAPI, as the application or as a user who authorized it. The host adds the token; a plugin never
//! sees one.

mod answer;
mod chats;
mod error;
mod history;
mod live_card;
mod messages;
mod pages;
mod people;
mod post;

use serde::Serialize;

use crate::border::HostRef;
use crate::{Host, border};

pub use answer::Answer;
pub use error::OpenapiError;
pub use live_card::LiveCard;
pub use messages::To;
pub use pages::Pages;
pub use post::Post;

/// The identity that makes a call.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// # use lark_plugin_sdk::Identity;
/// host.openapi().as_user("ou_anna").get("/open-apis/calendar/v4/calendars").send()?;
/// assert_eq!(fake.calls()[0].identity, Identity::User("ou_anna".to_owned()));
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// The application.
    App,
    /// A user who authorized the application, by open id.
    User(String),
}

/// A call as it crosses the border.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// // In a test: what a handler has asked of Lark.
/// host.openapi().send_text(To::Chat("oc_team"), "hi")?;
/// let call = &fake.calls()[0];
/// assert_eq!((call.method, call.path.as_str()), ("POST", "/open-apis/im/v1/messages"));
/// assert_eq!(call.query, [("receive_id_type".to_owned(), "chat_id".to_owned())]);
/// assert!(call.body.as_deref().is_some_and(|body| body.contains("oc_team")));
/// assert_eq!((&call.identity, &call.tenant_key), (&lark_plugin_sdk::Identity::App, &None));
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenapiRequest {
    /// The identity that makes the call.
    pub identity: Identity,
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// The path starting with `/open-apis/`, without a query.
    pub path: String,
    /// Names and values, not yet encoded.
    pub query: Vec<(String, String)>,
    /// JSON text.
    pub body: Option<String>,
    /// The tenant in which a store application acts; the tenant of the current event when absent.
    pub tenant_key: Option<String>,
}

/// Lark's answer as it crosses the border.
///
/// ```
/// # use lark_plugin_sdk::OpenapiResponse;
/// # use serde_json::json;
/// // A host of your own answers with it.
/// let response = OpenapiResponse { status: 200, body: json!({"code": 0, "data": {}}).to_string(), log_id: None };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenapiResponse {
    /// The HTTP status.
    pub status: u16,
    /// JSON text, as Lark wrote it.
    pub body: String,
    /// `X-Tt-Logid`, which Lark's support asks for.
    pub log_id: Option<String>,
}

/// Lark's OpenAPI, called as the application unless [`as_user`](Self::as_user) is used.
///
/// The operator grants methods and paths under `[grant]`; list the ones the plugin requires in
/// [`Plugin::WANTS`](crate::Plugin::WANTS).
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # use serde::Deserialize;
/// # use serde_json::json;
/// #[derive(Deserialize)]
/// struct Calendar { calendar_id: String }
///
/// # fn handle(host: &dyn Host) -> Result<String, Failure> {
/// let calendar: Calendar = host
///     .openapi()
///     .as_user("ou_anna")
///     .post("/open-apis/calendar/v4/calendars")
///     .json(&json!({"summary": "Leave"}))
///     .send()?
///     .data()?;
/// # Ok(calendar.calendar_id)
/// # }
/// # let host = FakeHost::new();
/// # host.next_answer(200, &json!({"code": 0, "data": {"calendar_id": "c"}}));
/// # assert_eq!(handle(&host)?, "c");
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone)]
pub struct Openapi<'a> {
    host: HostRef<'a>,
    identity: Identity,
    tenant_key: Option<String>,
}

impl<'a> Openapi<'a> {
    pub(crate) fn new(host: &'a dyn Host) -> Self {
        Self {
            host: HostRef::new(host),
            identity: Identity::App,
            tenant_key: None,
        }
    }

    /// Sets the tenant. Only a store application needs it, and only where no event names the tenant: in a task, and after a
    /// return from the authorize page. Store [`Event::tenant_key`](crate::Event::tenant_key) for those.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// host.openapi().in_tenant("2df73991750b1234").send_text(To::Chat("oc_team"), "hi")?;
    /// assert_eq!(fake.calls()[0].tenant_key.as_deref(), Some("2df73991750b1234"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[must_use]
    pub fn in_tenant(self, tenant_key: impl Into<String>) -> Self {
        Self {
            tenant_key: Some(tenant_key.into()),
            ..self
        }
    }

    /// Makes calls as a user who authorized the application.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use lark_plugin_sdk::OpenapiError;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// let calendars = host.openapi().as_user("ou_anna").get("/open-apis/calendar/v4/calendars").send();
    /// if let Err(OpenapiError::AuthorizationRequired(_)) = calendars {
    ///     // ask her with a card: `card-auth/request`
    /// }
    /// # assert_eq!(fake.calls()[0].identity, lark_plugin_sdk::Identity::User("ou_anna".to_owned()));
    /// # Ok::<(), Failure>(())
    /// ```
    #[must_use]
    pub fn as_user(self, open_id: impl Into<String>) -> Self {
        Self {
            identity: Identity::User(open_id.into()),
            ..self
        }
    }

    /// Starts a `GET` call; the path starts with `/open-apis/` and has no query.
    pub fn get(&self, path: impl Into<String>) -> Call<'a> {
        self.call("GET", path)
    }

    /// As [`get`](Self::get).
    pub fn post(&self, path: impl Into<String>) -> Call<'a> {
        self.call("POST", path)
    }

    /// As [`get`](Self::get).
    pub fn put(&self, path: impl Into<String>) -> Call<'a> {
        self.call("PUT", path)
    }

    /// As [`get`](Self::get).
    pub fn patch(&self, path: impl Into<String>) -> Call<'a> {
        self.call("PATCH", path)
    }

    /// As [`get`](Self::get).
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use serde_json::json;
    /// let lark = host.openapi();
    /// lark.patch("/open-apis/task/v2/tasks/t1").json(&json!({"update_fields": ["summary"], "task": {"summary": "周报"}})).send()?;
    /// lark.put("/open-apis/im/v1/chats/oc_team").json(&json!({"name": "Team"})).send()?;
    /// lark.delete("/open-apis/task/v2/tasks/t1").send()?;
    /// # assert_eq!(fake.calls().len(), 3);
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn delete(&self, path: impl Into<String>) -> Call<'a> {
        self.call("DELETE", path)
    }

    fn call(&self, method: &'static str, path: impl Into<String>) -> Call<'a> {
        Call {
            host: self.host,
            request: OpenapiRequest {
                identity: self.identity.clone(),
                method,
                path: path.into(),
                query: Vec::new(),
                body: None,
                tenant_key: self.tenant_key.clone(),
            },
            unwritten: None,
        }
    }
}

/// A builder for a call.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # use serde_json::json;
/// # let fake = FakeHost::new();
/// # fake.answer("POST", "/open-apis/task/v2/tasks", &json!({"task": {"guid": "t1"}}));
/// # let host: &dyn Host = &fake;
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Made {
///     task: Created,
/// }
/// #[derive(Deserialize)]
/// struct Created {
///     guid: String,
/// }
///
/// let made: Made = host
///     .openapi()
///     .post("/open-apis/task/v2/tasks")
///     .query("user_id_type", "open_id")
///     .json(&json!({"summary": "写周报"}))
///     .send()?
///     .data()?;
/// assert_eq!(made.task.guid, "t1");
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before `send`"]
pub struct Call<'a> {
    host: HostRef<'a>,
    request: OpenapiRequest,
    /// The error of serializing the body, reported by `send`.
    unwritten: Option<String>,
}

impl Call<'_> {
    /// Adds a query parameter; the host encodes it.
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.request.query.push((name.into(), value.into()));
        self
    }

    /// The same call for another page.
    fn at_page(mut self, page_token: &str) -> Self {
        self.request.query.retain(|(name, _)| name != "page_token");
        self.query("page_token", page_token)
    }

    /// Sets the body.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        match serde_json::to_string(body) {
            Ok(text) => self.request.body = Some(text),
            Err(error) => self.unwritten = Some(format!("the body has no JSON form: {error}")),
        }
        self
    }

    /// Makes the call.
    ///
    /// # Errors
    ///
    /// [`OpenapiError`]; an answer whose `code` is not 0 is [`OpenapiError::Code`]. `?` converts it into the matching
    /// failure: a retry when Lark is unavailable or asks to back off, a permanent one when a retry cannot help.
    pub fn send(self) -> Result<Answer, OpenapiError> {
        if let Some(message) = self.unwritten {
            return Err(OpenapiError::Refused(message));
        }
        let answer = Answer::read(border::openapi_call(self.host, &self.request)?)?;
        if answer.code == 0 {
            Ok(answer)
        } else {
            Err(OpenapiError::Code(Box::new(answer)))
        }
    }
}

#[cfg(test)]
mod tests;
