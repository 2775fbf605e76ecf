//! HTTP requests: the border's types as this crate's.

use crate::bindings::lark_callback::plugin::http;
use crate::{HttpError, HttpRequest, HttpResponse};

/// The body of a response while it comes.
#[derive(Debug)]
pub(crate) struct HttpSource(http::Response);

impl HttpSource {
    pub(crate) fn next(&mut self, bytes_max: u32) -> Result<Vec<u8>, HttpError> {
        Ok(self.0.read(bytes_max)?)
    }
}

impl From<&HttpRequest> for http::Request {
    fn from(request: &HttpRequest) -> Self {
        let timeout = request.timeout_ms.map(|ms| ("timeout-ms".to_owned(), ms.to_string()));
        let sign = request
            .webhook_id
            .iter()
            .map(|_| ("sign".to_owned(), "standard-webhooks".to_owned()));
        let id = request
            .webhook_id
            .iter()
            .map(|id| ("webhook-id".to_owned(), id.clone()));
        Self {
            method: request.method.to_owned(),
            url: request.url.clone(),
            headers: request.headers.iter().cloned().chain(id).collect(),
            body: request.body.clone(),
            attributes: timeout.into_iter().chain(sign).collect(),
        }
    }
}

impl From<http::Response> for HttpResponse {
    fn from(response: http::Response) -> Self {
        Self::new(response.status(), response.headers(), HttpSource(response))
    }
}

impl From<http::Error> for HttpError {
    fn from(error: http::Error) -> Self {
        match error {
            http::Error::NotGranted(line) => Self::NotGranted(line),
            http::Error::Refused(message) => Self::Refused(message),
            http::Error::OverLimit(message) => Self::OverLimit(message),
            http::Error::Unreachable(message) => Self::Unreachable(message),
            http::Error::Interrupted(message) => Self::Interrupted(message),
            http::Error::Failed(message) => Self::Failed(message),
        }
    }
}
