//! The one place that turns a refused request into a status, a body, a count and possibly a log line.
//!
//! The text for the caller is constant and identical for every failed authentication; the reason goes to the log.

use std::sync::Arc;

use axum::{
    http::{HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use lark_protocol::{OpenError, Redirect, Unauthenticated};
use tokio::time::Instant;

use super::{Front, json, origin};
use crate::{
    apps::App,
    codes::{self, Text, same, told},
    dispatch::RequestIds,
    telemetry::{Diagnosis, Refused, Rejected},
};

/// Maximum length of a path repeated in the log; this server's own paths are shorter.
const PATH_CHARS_MAX: usize = 100;

/// Reason why a request did not reach a handler or was not answered by one.
#[derive(Debug)]
pub(super) enum Rejection {
    /// No such path.
    NotFound,
    /// Known path, wrong method.
    MethodNotAllowed {
        /// Methods allowed there.
        allow: &'static str,
    },
    /// `/callback/{app}` with a name that is not in the settings.
    UnknownApp,
    /// The body exceeds the limit.
    TooLarge,
    /// The body did not arrive in time.
    TooSlow,
    /// The connection ended in the middle of the body.
    Unread,
    /// The bodies being read use up the shared budget.
    TooManyBodies,
    /// The body is compressed: the header that says so, and the encoding's name.
    Encoding(&'static str, String),
    /// The body is text in an encoding other than UTF-8, named here.
    Charset(String),
    /// The body was not read to its end, because it carries no valid signature.
    Unsigned(Unauthenticated),
    /// The body was read but could not be verified or decoded. It is looked at once more for the operator.
    Unopened(OpenError, Bytes),
    /// The event was neither handled nor stored; Lark will send it again.
    Unavailable,
    /// Internal error.
    Internal,
}

impl Rejection {
    fn answer(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "there is nothing at this path"),
            Self::MethodNotAllowed { .. } => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "this path does not allow this method",
            ),
            Self::UnknownApp => (StatusCode::NOT_FOUND, "unknown_app", "no application of this name"),
            Self::TooLarge | Self::Unopened(OpenError::TooLarge { .. }, _) => {
                (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is too large")
            }
            Self::TooSlow => (
                StatusCode::REQUEST_TIMEOUT,
                "too_slow",
                "the body did not arrive in time",
            ),
            Self::Unread => (StatusCode::BAD_REQUEST, "incomplete", "the body is incomplete"),
            Self::TooManyBodies => (
                StatusCode::SERVICE_UNAVAILABLE,
                "too_many_bodies",
                "too many large bodies are being read; please send this again later",
            ),
            Self::Encoding(..) => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "content_encoding",
                "send the body uncompressed",
            ),
            Self::Charset(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "charset", "send the body in UTF-8"),
            Self::Unopened(OpenError::Malformed(_), _) => {
                (StatusCode::BAD_REQUEST, "malformed", "the body is not a Lark callback")
            }
            Self::Unsigned(_) | Self::Unopened(OpenError::Unauthenticated(_), _) => (
                StatusCode::UNAUTHORIZED,
                "unauthenticated",
                "the request is not authenticated",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "please send this again later",
            ),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "internal error"),
        }
    }

    /// Stable word for the log and the metric.
    pub(super) fn reason(&self) -> &'static str {
        match self {
            Self::Unopened(error, _) => error.code(),
            Self::Unsigned(error) => error.code(),
            other => other.answer().1,
        }
    }

    /// Text for the operator.
    fn text(&self) -> String {
        let entry = codes::refusal(self.reason());
        let cure = entry.map_or("", |entry| entry.cure(codes::Language::En));
        match self {
            Self::Unopened(error @ OpenError::TooLarge { .. }, _) => format!("{error}; {cure}"),
            Self::Encoding(header, name) => format!("its {header} is {name}; {cure}"),
            Self::Charset(name) => format!("its charset is {name}; {cure}"),
            other => entry.map_or_else(|| other.answer().2.to_owned(), ToString::to_string),
        }
    }

    /// Diagnosis, if it is plain from the request's header.
    fn diagnosis(&self, path: &str, served: &str) -> Option<Diagnosis> {
        let (word, detail) = match self {
            Self::Encoding(header, name) => ("compressed", same(format!("{header}: {name}"))),
            Self::Charset(name) => ("wrong_charset", same(format!("charset={name}"))),
            Self::NotFound | Self::UnknownApp => ("wrong_path", wrong_path(path, served)),
            _ => return None,
        };
        Some(Diagnosis { word, detail })
    }

    fn body_bytes(&self) -> Option<usize> {
        match self {
            Self::Unopened(OpenError::TooLarge { bytes }, _) => Some(*bytes),
            Self::Unopened(_, body) => Some(body.len()),
            _ => None,
        }
    }
}

/// Fault of a path: something in front of a served one, behind it, or all of it.
fn wrong_path(path: &str, served: &str) -> Text {
    let nearest = served.split(", ").find_map(|served| {
        let path = path.trim_end_matches('/');
        if let Some(front) = path.strip_suffix(served).filter(|front| !front.is_empty()) {
            return Some(told!("{served} with {front} in front", "{served}，前面多了 {front}"));
        }
        path.eq_ignore_ascii_case(served)
            .then(|| told!("{served} in other letters", "{served}，大小写不同"))
    });
    nearest.unwrap_or_else(|| told!("served: {served}", "本服务提供：{served}"))
}

/// Writes no log line, for rejections that already have one.
impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let (status, code, text) = self.answer();
        let mut response = match &self {
            // The name contains no character that JSON would escape.
            Self::Encoding(_, name) | Self::Charset(name) => {
                json(status, format!(r#"{{"code":"{code}","msg":"{text}, not {name}"}}"#))
            }
            _ => json(status, format!(r#"{{"code":"{code}","msg":"{text}"}}"#)),
        };
        let headers = response.headers_mut();
        match self {
            Self::MethodNotAllowed { allow } => {
                headers.insert(header::ALLOW, HeaderValue::from_static(allow));
            }
            // Reusing the connection would mean reading the rest of the body; closing is cheaper and safer.
            Self::TooLarge
            | Self::TooSlow
            | Self::Unread
            | Self::Encoding(..)
            | Self::Charset(_)
            | Self::Unsigned(_) => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            // First step of Lark's retry schedule.
            Self::Unavailable => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("15"));
            }
            Self::TooManyBodies => {
                headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("15"));
            }
            _ => {}
        }
        response
    }
}

impl Front {
    /// Answers a refused request, counts it, and logs it unless the line limit is reached. Scans by strangers are not
    /// logged.
    pub(super) fn refuse(&self, rejection: Rejection, app: Option<&App>, parts: &Parts) -> Response {
        self.note(&rejection, app, parts);
        rejection.into_response()
    }

    /// Counts a refusal, and keeps and logs it unless the line limit is reached; returns its number then.
    pub(super) fn note(&self, rejection: &Rejection, app: Option<&App>, parts: &Parts) -> Option<u64> {
        let Parts { method, uri, .. } = parts;
        let app_id = app.map(|app| Arc::clone(&app.app_id)).unwrap_or_default();
        let reason = rejection.reason();
        let refused = Refused {
            app: Arc::clone(&app_id),
            reason,
        };
        let is_scan = match rejection {
            Rejection::MethodNotAllowed { .. } => true,
            Rejection::NotFound | Rejection::UnknownApp => !is_meant(method, uri),
            _ => false,
        };
        if is_scan {
            self.refusals.count(refused);
            return None;
        }
        if !self.refusals.add(refused.clone()) {
            return None;
        }
        let (app_id, path, status) = (&*app_id, escaped(uri.path()), rejection.answer().0.as_u16());
        let RequestIds { request_id, log_id, .. } = origin::ids(&parts.headers);
        match rejection {
            Rejection::NotFound | Rejection::UnknownApp => tracing::warn!(
                %method,
                path,
                peer = %self.sender(parts),
                request.id = request_id.as_deref(),
                lark.log_id = log_id.as_deref(),
                status,
                reason,
                served = self.served(),
                "Callback refused: the path {path} is not served here; enter one that is ({}) in the developer console, or \
                 set CALLBACK_PATH",
                self.served()
            ),
            _ => tracing::warn!(
                app.id = app_id,
                path,
                peer = %self.sender(parts),
                request.id = request_id.as_deref(),
                lark.log_id = log_id.as_deref(),
                status,
                outcome = rejection.answer().1,
                reason,
                "Callback refused: {}",
                rejection.text()
            ),
        }
        Some(self.refusals.keep(Rejected {
            at: Instant::now(),
            refused,
            method: known(method),
            diagnosis: rejection.diagnosis(&path, &self.served()),
            path,
            peer: self.sender(parts).to_string(),
            request_id,
            log_id,
            status,
            body_bytes: rejection.body_bytes(),
        }))
    }

    /// Does the same for a browser's redirect; the caller supplies the page.
    pub(super) fn refuse_return(&self, app: &App, reason: &'static str, status: u16, parts: &Parts, text: &str) {
        let refused = Refused {
            app: Arc::clone(&app.app_id),
            reason,
        };
        if self.refusals.add(refused.clone()) {
            // The query is left out because it contains a code.
            let path = escaped(parts.uri.path());
            let RequestIds { request_id, log_id, .. } = origin::ids(&parts.headers);
            tracing::warn!(
                app.id = &*app.app_id,
                path,
                peer = %self.sender(parts),
                request.id = request_id.as_deref(),
                lark.log_id = log_id.as_deref(),
                status,
                reason,
                "Return from the authorize page refused: {text}"
            );
            self.refusals.keep(Rejected {
                at: Instant::now(),
                refused,
                method: "GET",
                path,
                peer: self.sender(parts).to_string(),
                request_id,
                log_id,
                status,
                body_bytes: None,
                diagnosis: None,
            });
        }
    }

    /// Lists the paths of all applications.
    fn served(&self) -> String {
        let apps = self.apps.now();
        let paths: Vec<_> = apps.iter().map(|app| app.path.as_str()).collect();
        paths.join(", ")
    }
}

/// Whether the request was probably meant for an application: a POST may be Lark with a wrong path in the console, and
/// a browser may return to a wrongly registered redirect URL. Everything else is a scan.
fn is_meant(method: &Method, uri: &Uri) -> bool {
    method == Method::POST || method == Method::GET && Redirect::is_in(uri.query().unwrap_or_default())
}

/// The name of a usual method; a stranger may make up others.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::HEAD => "HEAD",
        _ => "other",
    }
}

/// A stranger's path, escaped for the log.
fn escaped(path: &str) -> String {
    let mut escaped: String = path
        .chars()
        .flat_map(char::escape_default)
        .take(PATH_CHARS_MAX)
        .collect();
    if path.len() > PATH_CHARS_MAX {
        escaped.push('…');
    }
    escaped
}
