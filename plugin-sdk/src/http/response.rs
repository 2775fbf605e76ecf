//! A response, and its body while it comes.

use std::fmt;
use std::time::Duration;

use serde::de::DeserializeOwned;

use super::{EventStream, HttpError, find};
use crate::json_text;

#[cfg(target_family = "wasm")]
pub(crate) use crate::component::HttpSource as Source;
#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::HttpSource as Source;

/// Bytes of one read: what a connection brings at once.
const READ_BYTES_MAX: u32 = 64 << 10;

/// Read of a body that becomes part of an error.
const ERROR_BYTES_MAX: usize = 4 << 10;

/// A response whose status and headers have arrived. Its body is read as it comes; dropping the response closes it.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// # use lark_plugin_sdk::testing::FakeResponse;
/// # let response = FakeResponse::text(200, "a,b").header("etag", "7");
/// # fake.respond("https://files.example.com", response);
/// let get = || host.http().get("https://files.example.com/report.csv").send();
/// let response = get()?;
/// assert_eq!((response.status(), response.header("ETag")), (200, Some("7")));
/// assert_eq!(response.headers(), [("etag".to_owned(), "7".to_owned())]);
/// assert_eq!(response.text()?, "a,b");
/// assert_eq!(get()?.bytes()?, b"a,b");
/// # Ok::<(), Failure>(())
/// ```
pub struct HttpResponse {
    status: u16,
    headers: Vec<(String, String)>,
    source: Source,
}

/// Omits the body and the values of headers, which may hold data that must not be logged.
impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl HttpResponse {
    pub(crate) fn new(status: u16, headers: Vec<(String, String)>, source: Source) -> Self {
        Self {
            status,
            headers,
            source,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Names in lower case, and values, in the order in which they came.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// Returns the first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        find(&self.headers, name)
    }

    /// Returns the response if its status is a success (200 to 299).
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use lark_plugin_sdk::testing::FakeResponse;
    /// # let fake = FakeHost::new();
    /// # let response = FakeResponse::text(503, "maintenance").header("retry-after", "30");
    /// # fake.next_response("https://api.example.com", response);
    /// # let host: &dyn Host = &fake;
    /// let error = host.http().get("https://api.example.com/v1/tickets/7").send()?.success().unwrap_err();
    /// assert_eq!(error.status(), Some(503));
    /// // As a failure it is a retry, after the time that the service names.
    /// assert!(matches!(Failure::from(error), Failure::Retry { after: Some(_), .. }));
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`HttpError::Status`] with the beginning of the body. `?` retries after an error of the service or too many requests,
    /// and gives up after any other.
    pub fn success(mut self) -> Result<Self, HttpError> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let mut body = Vec::new();
        while body.len() < ERROR_BYTES_MAX {
            // What cannot be read is not part of the error.
            match self.read() {
                Ok(part) if !part.is_empty() => body.extend(part),
                _ => break,
            }
        }
        let after = self
            .header("retry-after")
            .and_then(|seconds| seconds.trim().parse().ok());
        Err(HttpError::of_status(self.status, &body, after.map(Duration::from_secs)))
    }

    /// Waits for more of the body and returns it as it comes; nothing at its end.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # use lark_plugin_sdk::testing::FakeResponse;
    /// # let fake = FakeHost::new();
    /// # fake.next_response("https://files.example.com", FakeResponse::text(200, "a\n").part("b\n"));
    /// # let host: &dyn Host = &fake;
    /// let mut response = host.http().get("https://files.example.com/report.csv").send()?.success()?;
    /// let mut lines = 0;
    /// loop {
    ///     let part = response.read()?;
    ///     if part.is_empty() {
    ///         break;
    ///     }
    ///     lines += part.iter().filter(|byte| **byte == b'\n').count();
    /// }
    /// assert_eq!(lines, 2);
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`HttpError`]
    pub fn read(&mut self) -> Result<Vec<u8>, HttpError> {
        self.source.next(READ_BYTES_MAX)
    }

    /// Reads the rest of the body.
    ///
    /// # Errors
    ///
    /// [`HttpError`]
    pub fn bytes(mut self) -> Result<Vec<u8>, HttpError> {
        self.rest()
    }

    /// Reads the rest of the body as text; what is not UTF-8 is replaced.
    ///
    /// # Errors
    ///
    /// [`HttpError`]
    pub fn text(mut self) -> Result<String, HttpError> {
        let bytes = self.rest()?;
        Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
    }

    /// Reads the rest of the body as JSON.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use lark_plugin_sdk::testing::FakeResponse;
    /// # use serde_json::json;
    /// # fake.next_response("https://api.example.com", FakeResponse::json(200, &json!({"title": "打印机"})));
    /// let ticket: serde_json::Value = host.http().get("https://api.example.com/v1/tickets/7").send()?.success()?.json()?;
    /// assert_eq!(ticket["title"], "打印机");
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`HttpError::Unreadable`] when it has another shape.
    pub fn json<T: DeserializeOwned>(mut self) -> Result<T, HttpError> {
        let bytes = self.rest()?;
        json_text::read(&bytes).map_err(|error| HttpError::Unreadable {
            status: self.status,
            message: error.to_string(),
        })
    }

    /// Reads the body as server-sent events (`text/event-stream`), each as soon as it is there.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use lark_plugin_sdk::testing::FakeResponse;
    /// # fake.next_response("https://llm.example.com", FakeResponse::events(["你", "好"]));
    /// let mut text = String::new();
    /// for event in host.http().post("https://llm.example.com/v1/chat").send()?.success()?.events() {
    ///     text.push_str(&event?.data);
    /// }
    /// assert_eq!(text, "你好");
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn events(self) -> EventStream {
        EventStream::new(self)
    }

    fn rest(&mut self) -> Result<Vec<u8>, HttpError> {
        let mut body = self.read()?;
        loop {
            let part = if body.is_empty() { Vec::new() } else { self.read()? };
            if part.is_empty() {
                return Ok(body);
            }
            body.extend(part);
        }
    }
}
