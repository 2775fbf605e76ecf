//! Lark and other services as a fixture wants them: canned answers, and a friendly one where there is none.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::State,
    http::{Method, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{answers::Part, case::HostFile};
use crate::cli::{Exit, Stopped};

/// The played services, on loopback until the process ends; clones share them.
#[derive(Debug, Clone)]
pub(super) struct Fakes {
    url: Arc<str>,
    state: Arc<Mutex<Played>>,
}

/// More than Lark takes of anything.
const SENT_BYTES_MAX: usize = 64 << 20;

/// Lark's code for "File not in msg.".
const FILE_NOT_THERE: u32 = 234_003;

/// State of the services during one call.
#[derive(Debug, Default)]
struct Played {
    host: HostFile,
    /// How often each entry was asked for.
    asked: HashMap<String, usize>,
    messages: u32,
}

impl Fakes {
    pub(super) async fn start() -> Result<Self, Stopped> {
        let failed = |error: io::Error| Stopped::new(Exit::Failed, &error);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let fakes = Self {
            url: format!("http://{address}").into(),
            state: Arc::default(),
        };
        let router = Router::new().fallback(answer).with_state(fakes.clone());
        tokio::spawn(async move {
            let _ = axum::serve(listener, router).await;
        });
        Ok(fakes)
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Begins a call: nothing was asked yet.
    pub(super) fn begin(&self, host: &HostFile) {
        *self.lock() = Played {
            host: host.clone(),
            ..Played::default()
        };
    }

    /// Answers that no call was for, as in `lark."POST /open-apis/im/v1/messages"`.
    pub(super) fn unasked(&self) -> Vec<String> {
        let played = self.lock();
        let parts = [(Part::Lark, &played.host.lark), (Part::Http, &played.host.http)];
        let all = parts
            .into_iter()
            .flat_map(|(part, answers)| answers.keys().map(move |call| (part, call)));
        let unasked = all.filter(|(_, call)| !played.asked.contains_key(*call));
        unasked
            .map(|(part, call)| format!("{}.{call:?}", part.name()))
            .collect()
    }

    /// The answer of another service. One that nobody wrote down is not there.
    pub(super) fn answer_http(&self, method: &str, url: &str) -> (u16, Bytes) {
        let mut played = self.lock();
        let place = url.split(['?', '#']).next().unwrap_or(url);
        let canned = played.host.http.clone();
        let answer = played.canned(&canned, method, place);
        let (status, body) = answer.unwrap_or_else(|| {
            let said = format!("no answer for `{method} {place}` under \"http\" in the fixture's .host.json");
            (404, Value::String(said))
        });
        let text = match body {
            Value::String(text) => text,
            other => other.to_string(),
        };
        (status, text.into())
    }

    fn answer_lark(&self, method: &str, path: &str) -> (u16, Value) {
        if path.starts_with("/open-apis/auth/v3/") {
            let token = "t-of-the-fixtures";
            let tokens = json!({"code": 0, "msg": "ok", "tenant_access_token": token, "app_access_token": token, "expire": 7200});
            return (200, tokens);
        }
        let mut played = self.lock();
        let canned = played.host.lark.clone();
        if let Some(answer) = played.canned(&canned, method, path) {
            return answer;
        }
        let is_message = method == "POST"
            && matches!(
                path.split('/').skip(2).collect::<Vec<_>>().as_slice(),
                ["im", "v1", "messages"] | ["im", "v1", "messages", _, "reply"]
            );
        let data = if is_message {
            played.messages += 1;
            json!({"message_id": format!("om_{}", played.messages)})
        } else if (method, path) == ("POST", "/open-apis/im/v1/images") {
            json!({"image_key": "img_of_the_fixtures"})
        } else if (method, path) == ("POST", "/open-apis/im/v1/files") {
            json!({"file_key": "file_of_the_fixtures"})
        } else if method == "GET" && is_file(path) {
            let said = format!(
                "no file for `GET {path}` under \"lark\" in the fixture's .host.json: {{\"file\": \"photo.png\"}}"
            );
            return (400, json!({"code": FILE_NOT_THERE, "msg": said}));
        } else {
            json!({})
        };
        (200, json!({"code": 0, "msg": "success", "data": data}))
    }

    fn lock(&self) -> MutexGuard<'_, Played> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Played {
    /// The answer that was written down. Several are given one after the other, and the last one again and again.
    fn canned(
        &mut self,
        answers: &std::collections::BTreeMap<String, Value>,
        method: &str,
        path: &str,
    ) -> Option<(u16, Value)> {
        let exact = format!("{method} {path}");
        let found = answers
            .get_key_value(&exact)
            .or_else(|| answers.iter().find(|(entry, _)| covers(entry, method, path)));
        let (entry, value) = found?;
        let asked = self.asked.entry(entry.clone()).or_default();
        let value = match value {
            Value::Array(several) => several.get(*asked).or(several.last())?,
            one => one,
        };
        *asked += 1;
        let status = value.get("status").and_then(Value::as_u64);
        Some(
            match (status.and_then(|status| u16::try_from(status).ok()), value.get("body")) {
                (status, Some(body)) => (status.unwrap_or(200), body.clone()),
                // With the `file` that it may name.
                (Some(status), None) if value.get("file").is_some() => (status, value.clone()),
                (Some(status), None) => (status, json!({})),
                (None, None) => (200, value.clone()),
            },
        )
    }
}

/// Whether an entry is about a call: `*` stands for any method, for a part of a path, and `**` at the end for the rest.
fn covers(entry: &str, method: &str, path: &str) -> bool {
    let Some((wanted, pattern)) = entry.split_once(' ') else {
        return false;
    };
    if wanted != "*" && wanted != method {
        return false;
    }
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) | (Some("**"), Some(_)) => return true,
            (Some(wanted), Some(part)) if wanted == "*" || wanted == part => {}
            _ => return false,
        }
    }
}

/// Whether a path leads to bytes.
fn is_file(path: &str) -> bool {
    matches!(
        path.split('/').skip(2).collect::<Vec<_>>().as_slice(),
        ["im", "v1", "messages", _, "resources", _] | ["im", "v1", "images" | "files", _]
    )
}

async fn answer(State(fakes): State<Fakes>, method: Method, uri: Uri, sent: Body) -> Response {
    // Read to its end: an answer that comes before is one that breaks an upload off.
    let _ = to_bytes(sent, SENT_BYTES_MAX).await;
    let (status, body) = fakes.answer_lark(method.as_str(), uri.path());
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let file = body.get("file").and_then(Value::as_str);
    if let Some(bytes) = file.and_then(|file| fakes.lock().host.files.get(file).cloned()) {
        return (status, [(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response();
    }
    (
        status,
        [(header::CONTENT_TYPE, "application/json; charset=utf-8")],
        body.to_string(),
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Played, covers};

    #[test]
    fn an_entry_covers_the_calls_that_it_describes() {
        assert!(covers("GET /a/*/c", "GET", "/a/b/c"));
        assert!(covers("* /a/**", "PUT", "/a/b/c"));
        assert!(!covers("GET /a/*", "GET", "/a/b/c"));
        assert!(!covers("POST /a/*/c", "GET", "/a/b/c"));
    }

    #[test]
    fn answers_come_one_after_the_other_and_the_last_one_stays() {
        let answers = serde_json::from_value(
            json!({"GET /a": [{"status": 429}, {"status": 200, "body": {"x": 1}}], "GET /b": {"y": 1},
                "GET /f": {"status": 206, "file": "a.png"}}),
        )
        .unwrap();
        let mut played = Played::default();
        let mut ask = |path: &str| played.canned(&answers, "GET", path);
        assert_eq!(ask("/a"), Some((429, json!({}))));
        assert_eq!(ask("/a"), Some((200, json!({"x": 1}))));
        assert_eq!(ask("/a"), Some((200, json!({"x": 1}))));
        assert_eq!(ask("/b"), Some((200, json!({"y": 1}))));
        assert_eq!(ask("/f"), Some((206, json!({"status": 206, "file": "a.png"}))));
        assert_eq!(ask("/c"), None);
    }
}
