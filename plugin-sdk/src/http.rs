//! HTTP requests to services that the operator granted. The host adds the operator's credentials; a plugin never sees them.

mod error;
mod events;
mod response;

use std::time::Duration;

use serde::Serialize;

use crate::border::HostRef;
use crate::kv::millis;
use crate::{Host, border};

pub use error::HttpError;
pub use events::{EventStream, ServerSentEvent};
pub use response::HttpResponse;

/// A request as it crosses the border.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// # use lark_plugin_sdk::testing::FakeResponse;
/// # use serde_json::json;
/// # use std::time::Duration;
/// # fake.respond("https://api.example.com", FakeResponse::text(204, ""));
/// // In a test: what a handler has sent.
/// let call = host.http().put("https://api.example.com/v1/state").json(&json!({"state": "done"}));
/// call.timeout(Duration::from_secs(1)).send()?;
/// let request = &fake.requests()[0];
/// assert_eq!((request.method, request.url.as_str()), ("PUT", "https://api.example.com/v1/state"));
/// assert_eq!(request.text(), r#"{"state":"done"}"#);
/// assert_eq!(request.header("Content-Type"), Some("application/json"));
/// assert_eq!((request.timeout_ms, &request.webhook_id), (Some(1000), &None));
/// # assert!(request.body.is_some() && request.headers.len() == 1);
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE` or `OPTIONS`.
    pub method: &'static str,
    /// The whole URL, with its query.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<Vec<u8>>,
    /// The time for the request with its whole response; the operator's limit when absent.
    pub timeout_ms: Option<u64>,
    /// The id under which the host signs it by the Standard Webhooks scheme; it is not signed when absent.
    pub webhook_id: Option<String>,
}

impl HttpRequest {
    /// Returns the first value of a header, whose name may be in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// Returns the body as text; empty when there is none.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(self.body.as_deref().unwrap_or_default()).into_owned()
    }
}

fn find<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

/// Services other than Lark.
///
/// The operator grants methods and URLs under `[grant]`: `http = ["POST https://api.example.com/v1/**"]`. List the ones the
/// plugin requires in [`Plugin::WANTS`](crate::Plugin::WANTS).
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::{FakeHost, FakeResponse};
/// # use serde::Deserialize;
/// # use serde_json::json;
/// #[derive(Deserialize)]
/// struct Approval { number: String }
///
/// # fn handle(host: &dyn Host) -> Result<String, Failure> {
/// let approval: Approval = host
///     .http()
///     .post("https://approve.example.com/v1/requests")
///     .json(&json!({"days": 3}))
///     .send()?
///     .success()?
///     .json()?;
/// # Ok(approval.number)
/// # }
/// # let host = FakeHost::new();
/// # host.next_response("https://approve.example.com", FakeResponse::json(201, &json!({"number": "A-7"})));
/// # assert_eq!(handle(&host)?, "A-7");
/// # Ok::<(), Failure>(())
/// ```
///
/// A language model's answer is read as it comes:
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::{FakeHost, FakeResponse};
/// # use serde_json::json;
/// # fn handle(host: &dyn Host) -> Result<String, Failure> {
/// let response = host
///     .http()
///     .post("https://llm.example.com/v1/chat/completions")
///     .json(&json!({"stream": true}))
///     .send()?
///     .success()?;
/// let mut text = String::new();
/// for event in response.events() {
///     let event = event?;
///     if event.data == "[DONE]" {
///         break;
///     }
///     text.push_str(&event.data);
/// }
/// # Ok(text)
/// # }
/// # let host = FakeHost::new();
/// # let events = FakeResponse::events(["a", "b", "[DONE]"]);
/// # host.next_response("https://llm.example.com", events);
/// # assert_eq!(handle(&host)?, "ab");
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Http<'a> {
    host: HostRef<'a>,
}

impl<'a> Http<'a> {
    pub(crate) fn new(host: &'a dyn Host) -> Self {
        Self {
            host: HostRef::new(host),
        }
    }

    /// Starts a `GET` request.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use lark_plugin_sdk::testing::FakeResponse;
    /// # fake.respond("https://files.example.com", FakeResponse::text(200, ""));
    /// let http = host.http();
    /// let there = http.head("https://files.example.com/report.csv").send()?.status() == 200;
    /// if !there {
    ///     http.get("https://files.example.com/make").send()?.success()?;
    /// }
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn get(&self, url: impl Into<String>) -> HttpCall<'a> {
        self.call("GET", url)
    }

    /// Starts a `HEAD` request.
    pub fn head(&self, url: impl Into<String>) -> HttpCall<'a> {
        self.call("HEAD", url)
    }

    /// Starts a `POST` request.
    pub fn post(&self, url: impl Into<String>) -> HttpCall<'a> {
        self.call("POST", url)
    }

    /// Starts a `PUT` request.
    pub fn put(&self, url: impl Into<String>) -> HttpCall<'a> {
        self.call("PUT", url)
    }

    /// Starts a `PATCH` request.
    pub fn patch(&self, url: impl Into<String>) -> HttpCall<'a> {
        self.call("PATCH", url)
    }

    /// Starts a `DELETE` request.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use lark_plugin_sdk::testing::FakeResponse;
    /// # use serde_json::json;
    /// # fake.respond("https://api.example.com", FakeResponse::text(204, ""));
    /// let http = host.http();
    /// http.put("https://api.example.com/v1/tickets/7").json(&json!({"state": "open"})).send()?.success()?;
    /// http.patch("https://api.example.com/v1/tickets/7").json(&json!({"state": "closed"})).send()?.success()?;
    /// http.delete("https://api.example.com/v1/tickets/7").send()?.success()?;
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn delete(&self, url: impl Into<String>) -> HttpCall<'a> {
        self.call("DELETE", url)
    }

    fn call(&self, method: &'static str, url: impl Into<String>) -> HttpCall<'a> {
        HttpCall {
            host: self.host,
            request: HttpRequest {
                method,
                url: url.into(),
                headers: Vec::new(),
                body: None,
                timeout_ms: None,
                webhook_id: None,
            },
            unwritten: None,
        }
    }
}

/// A builder for a request.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # use lark_plugin_sdk::testing::FakeResponse;
/// # use serde_json::json;
/// # use std::time::Duration;
/// # let fake = FakeHost::new();
/// # fake.respond("https://api.example.com", FakeResponse::json(200, &json!([])));
/// # let host: &dyn Host = &fake;
/// let response = host
///     .http()
///     .get("https://api.example.com/v1/rooms")
///     .query("building", "北京")
///     .header("Accept-Language", "zh")
///     .timeout(Duration::from_millis(800))
///     .send()?;
/// assert_eq!(response.status(), 200);
/// # assert_eq!(fake.requests()[0].url, "https://api.example.com/v1/rooms?building=%E5%8C%97%E4%BA%AC");
/// # assert_eq!(fake.requests()[0].timeout_ms, Some(800));
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before `send`"]
pub struct HttpCall<'a> {
    host: HostRef<'a>,
    request: HttpRequest,
    /// The error of serializing the body, reported by `send`.
    unwritten: Option<String>,
}

impl HttpCall<'_> {
    /// Adds a query parameter, encoded.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        let url = &mut self.request.url;
        url.push(if url.contains('?') { '&' } else { '?' });
        encode(name, url);
        url.push('=');
        encode(value, url);
        self
    }

    /// Adds a header. The host refuses those that belong to the connection (`Host`, `Content-Length`), and those that the
    /// operator sets for this origin.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.request.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body, with the header `Content-Type: application/json` unless there is one.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        match serde_json::to_vec(body) {
            Ok(text) => self.request.body = Some(text),
            Err(error) => self.unwritten = Some(format!("the body has no JSON form: {error}")),
        }
        if self.request.header("content-type").is_none() {
            return self.header("content-type", "application/json");
        }
        self
    }

    /// Sets the body as it is.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use lark_plugin_sdk::testing::FakeResponse;
    /// # fake.respond("https://api.example.com", FakeResponse::text(204, ""));
    /// host.http().post("https://api.example.com/v1/form").header("Content-Type", "text/csv").body("a,b\n1,2\n").send()?;
    /// # assert_eq!(fake.requests()[0].text(), "a,b\n1,2\n");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.request.body = Some(body.into());
        self
    }

    /// Limits the time for the request with its whole response. The operator's limit still applies.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.request.timeout_ms = Some(millis(timeout));
        self
    }

    /// Has the host sign the request by the Standard Webhooks scheme, with the operator's secret for this origin, which never
    /// enters the plugin. A receiver knows a request that is sent again by its id.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use lark_plugin_sdk::testing::FakeResponse;
    /// # use serde_json::json;
    /// # let fake = FakeHost::new();
    /// # fake.respond("https://bot.example.com", FakeResponse::text(204, ""));
    /// # let host: &dyn Host = &fake;
    /// let delivered = host
    ///     .http()
    ///     .post("https://bot.example.com/lark")
    ///     .json(&json!({"closed": 42}))
    ///     .signed_webhook("ticket-42-closed")
    ///     .send()?
    ///     .success();
    /// assert!(delivered.is_ok());
    /// # assert_eq!(fake.requests()[0].webhook_id.as_deref(), Some("ticket-42-closed"));
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn signed_webhook(mut self, id: impl Into<String>) -> Self {
        self.request.webhook_id = Some(id.into());
        self
    }

    /// Sends the request, and returns when the status and the headers of the response have arrived.
    ///
    /// # Errors
    ///
    /// [`HttpError`]; a response with any status is `Ok`, see [`HttpResponse::success`]. `?` converts an error into the
    /// matching failure: a retry when the service could not be reached, a permanent one when a retry cannot help.
    pub fn send(self) -> Result<HttpResponse, HttpError> {
        if let Some(message) = self.unwritten {
            return Err(HttpError::Refused(message));
        }
        border::http_send(self.host, &self.request)
    }
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
fn encode(text: &str, url: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests;
