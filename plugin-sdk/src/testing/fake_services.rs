//! Services other than Lark, as the fake host plays them: by origin, with failures on demand.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

use serde_json::Value;

use super::{FakeHost, Trouble};
use crate::{HttpError, HttpRequest, HttpResponse};

/// The simulated services.
#[derive(Debug, Default)]
pub(super) struct FakeServices {
    requests: RefCell<Vec<HttpRequest>>,
    responses: RefCell<BTreeMap<String, VecDeque<Result<FakeResponse, HttpError>>>>,
    /// What an origin answers when nothing is queued.
    canned: RefCell<BTreeMap<String, Result<FakeResponse, Trouble>>>,
}

/// A response that a test prepares.
///
/// ```
/// # use lark_plugin_sdk::prelude::*;
/// # use lark_plugin_sdk::testing::FakeHost;
/// # use lark_plugin_sdk::testing::FakeResponse;
/// # use serde_json::json;
/// # let fake = FakeHost::new();
/// # let host: &dyn Host = &fake;
/// fake.next_response("https://api.example.com", FakeResponse::json(200, &json!({"state": "open"})).header("x-page", "2"));
/// fake.next_response("https://api.example.com", FakeResponse::text(200, "half of it").breaks());
/// let response = host.http().get("https://api.example.com/v1").send()?;
/// assert_eq!(response.header("X-Page"), Some("2"));
/// let response = host.http().get("https://api.example.com/v1").send()?;
/// assert!(response.text().is_err()); // the connection broke
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FakeResponse {
    status: u16,
    headers: Vec<(String, String)>,
    parts: VecDeque<Vec<u8>>,
    breaks: bool,
}

impl FakeResponse {
    /// A response with this JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::text(status, body.to_string()).header("content-type", "application/json")
    }

    /// A response with this text, or without a body when it is empty.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        let response = Self {
            status,
            headers: Vec::new(),
            parts: VecDeque::new(),
            breaks: false,
        };
        response.part(body.into())
    }

    /// A stream of server-sent events with these data, each a part of its own.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use lark_plugin_sdk::testing::FakeResponse;
    /// // A model that breaks off.
    /// fake.next_response("https://llm.example.com", FakeResponse::events(["你", "好"]).breaks());
    /// let events: Vec<_> = host.http().get("https://llm.example.com/v1").send()?.events().collect();
    /// assert!(events[1].is_ok() && events[2].is_err());
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn events<'a>(data: impl IntoIterator<Item = &'a str>) -> Self {
        let response = Self::text(200, "").header("content-type", "text/event-stream");
        data.into_iter().fold(response, |response, data| {
            let mut event = String::new();
            for line in data.lines() {
                let _ = writeln!(event, "data: {line}");
            }
            response.part(event + "\n")
        })
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// Adds a part of the body, which is read by itself.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use lark_plugin_sdk::testing::FakeResponse;
    /// // An event that comes in two pieces.
    /// let response = FakeResponse::text(200, "data: 你").part("好\n\n");
    /// fake.next_response("https://llm.example.com", response);
    /// let mut events = host.http().get("https://llm.example.com/v1").send()?.events();
    /// assert_eq!(events.next().transpose()?.map(|event| event.data).as_deref(), Some("你好"));
    /// # Ok::<(), Failure>(())
    /// ```
    #[must_use]
    pub fn part(mut self, part: impl Into<Vec<u8>>) -> Self {
        let part = part.into();
        if !part.is_empty() {
            self.parts.push_back(part);
        }
        self
    }

    /// Lets the connection break after the parts.
    #[must_use]
    pub fn breaks(mut self) -> Self {
        self.breaks = true;
        self
    }
}

/// The body of a response that a test prepared.
#[derive(Debug)]
pub(crate) struct HttpSource {
    parts: VecDeque<Vec<u8>>,
    breaks: bool,
}

impl HttpSource {
    pub(crate) fn next(&mut self, bytes_max: u32) -> Result<Vec<u8>, HttpError> {
        let Some(mut part) = self.parts.pop_front() else {
            return if self.breaks {
                Err(HttpError::Interrupted("the test let the connection break".to_owned()))
            } else {
                Ok(Vec::new())
            };
        };
        let bytes_max = bytes_max as usize;
        if part.len() > bytes_max {
            self.parts.push_front(part.split_off(bytes_max));
        }
        Ok(part)
    }
}

/// The simulated services' part of the fake host.
impl FakeHost {
    /// Queues the response to the next request to an origin (`https://api.example.com`). A request that the test has no response
    /// for gets the status 404 with a sentence, as in `plugin test`; one that is not granted is
    /// [`Trouble::NotGranted`].
    pub fn next_response(&self, origin: &str, response: FakeResponse) {
        self.services.queue(origin, Ok(response));
    }

    /// Sets the response to each request to an origin. One queued with [`next_response`](Self::next_response) comes first.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// # use lark_plugin_sdk::testing::FakeResponse;
    /// # use serde_json::json;
    /// fake.respond("https://api.example.com", FakeResponse::json(200, &json!({"state": "open"})));
    /// fake.next_response("https://api.example.com", FakeResponse::text(503, ""));
    /// let read = || host.http().get("https://api.example.com/v1/tickets/7").send()?.success();
    /// assert!(read().is_err());
    /// assert!(read().is_ok());
    /// assert_eq!(fake.requests().len(), 2);
    /// # Ok::<(), Failure>(())
    /// ```
    pub fn respond(&self, origin: &str, response: FakeResponse) {
        self.services
            .canned
            .borrow_mut()
            .insert(origin.to_owned(), Ok(response));
    }

    /// Has each request to an origin fail.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::{FakeHost, Trouble};
    /// let host = FakeHost::new();
    /// host.fail_requests("https://api.example.com", Trouble::TimedOut);
    /// let services: &dyn Host = &host;
    /// assert!(services.http().get("https://api.example.com/v1").send().is_err());
    /// ```
    pub fn fail_requests(&self, origin: &str, trouble: Trouble) {
        self.services
            .canned
            .borrow_mut()
            .insert(origin.to_owned(), Err(trouble));
    }

    /// Queues an error for the next request to an origin.
    ///
    /// ```
    /// # use lark_plugin_sdk::prelude::*;
    /// # use lark_plugin_sdk::testing::FakeHost;
    /// # let fake = FakeHost::new();
    /// # let host: &dyn Host = &fake;
    /// use lark_plugin_sdk::HttpError;
    ///
    /// fake.next_request_fails("https://api.example.com", HttpError::OverLimit("10 requests in a call".to_owned()));
    /// let error = host.http().get("https://api.example.com/v1").send().unwrap_err();
    /// assert!(matches!(Failure::from(error), Failure::Permanent { .. }));
    /// ```
    pub fn next_request_fails(&self, origin: &str, error: HttpError) {
        self.services.queue(origin, Err(error));
    }

    /// Returns the requests made so far.
    pub fn requests(&self) -> Vec<HttpRequest> {
        self.services.requests.borrow().clone()
    }
}

impl FakeServices {
    fn queue(&self, origin: &str, response: Result<FakeResponse, HttpError>) {
        let mut responses = self.responses.borrow_mut();
        responses.entry(origin.to_owned()).or_default().push_back(response);
    }

    /// Records a request that a fixture answers.
    pub(super) fn answered(&self, request: &HttpRequest, status: u16, text: String) -> Result<HttpResponse, HttpError> {
        self.requests.borrow_mut().push(request.clone());
        let FakeResponse {
            headers, parts, breaks, ..
        } = FakeResponse::text(status, text);
        Ok(HttpResponse::new(status, headers, HttpSource { parts, breaks }))
    }

    pub(super) fn send(&self, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
        self.requests.borrow_mut().push(request.clone());
        let origin = origin(&request.url);
        let next = self
            .responses
            .borrow_mut()
            .get_mut(origin)
            .and_then(VecDeque::pop_front);
        let canned = || {
            let canned = self.canned.borrow().get(origin).cloned()?;
            Some(canned.map_err(|trouble| trouble.of_service(request.method, origin)))
        };
        let place = request.url.split(['?', '#']).next().unwrap_or_default();
        let response = next.or_else(canned).unwrap_or_else(|| {
            let said = format!(
                "no answer for `{} {place}` in this test; give one with `respond`",
                request.method
            );
            Ok(FakeResponse::text(404, said))
        })?;
        let source = HttpSource {
            parts: response.parts,
            breaks: response.breaks,
        };
        Ok(HttpResponse::new(response.status, response.headers, source))
    }
}

/// Scheme, host and port.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let rest = url.get(host..).unwrap_or_default();
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    url.get(..host + end).unwrap_or(url)
}
