//! `openapi`: calls of Lark that the operator granted. The token is added below; a plugin never sees one.

mod grant;

use std::{borrow::Cow, time::Duration};

use lark_protocol::without_lone_surrogates;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::{
    CallState, Scope,
    lark_calls::{OPEN_ID_BYTES_MAX, retry_later, too_long},
};
use crate::{
    openapi::{LarkResponse, Request},
    plugin::{
        bindings::lark_callback::plugin::openapi::{Error, Host, Identity, Request as Wanted, Response},
        witness::HostCall,
    },
    telemetry::{chain, cut},
    tokens::{self, AccessError, LarkCallError},
};

/// The part of a path in a log line; Lark's have some 100 bytes.
const PATH_BYTES_MAX: usize = 256;

/// The attribute that says in which tenant a store application acts.
pub(super) const TENANT_KEY: &str = "tenant-key";

/// Whether a call as the application is granted; otherwise the line to add.
pub(super) fn check_grant(scope: &Scope, method: &str, path: &str) -> Result<(), String> {
    grant::check(scope, "openapi", method, path).map_err(|error| match error {
        Error::NotGranted(text) | Error::Refused(text) | Error::Failed(text) | Error::AuthorizationRequired(text) => {
            text
        }
        Error::Retry(later) => later.message,
    })
}

impl Host for CallState {
    async fn call(&mut self, wanted: Wanted) -> wasmtime::Result<Result<Response, Error>> {
        let query = wanted.query.iter().map(|(name, value)| name.len() + value.len());
        let body = wanted.body.as_ref().map_or(0, String::len);
        self.memory
            .host_keeps(wanted.path.len() + query.sum::<usize>() + body)?;
        let shown = self.witness().map(|_| shown(&wanted));
        let answer = self.call_lark(wanted).await;
        if let Some((what, sent)) = shown {
            self.shows(|| {
                HostCall::new(what, sent, &answer, |answer| {
                    format!("{} {}", answer.status, answer.body)
                })
            });
        }
        if let Ok(response) = &answer {
            self.memory.host_keeps(response.body.len())?;
        }
        Ok(answer)
    }
}

impl CallState {
    async fn call_lark(&mut self, wanted: Wanted) -> Result<Response, Error> {
        let kind = match &wanted.identity {
            Identity::App => "openapi",
            Identity::User(_) => "openapi_as_user",
        };
        let tokens = self.lark().map_err(Error::Failed)?.clone();
        grant::check(&self.scope, kind, &wanted.method, &wanted.path)?;
        if let Identity::User(open_id) = &wanted.identity
            && open_id.len() > OPEN_ID_BYTES_MAX
        {
            return Err(Error::Refused(too_long(open_id)));
        }
        let mut request = Request::new(&wanted.method, &wanted.path, &wanted.query, wanted.body.map(mended))
            .map_err(|error| Error::Refused(error.to_string()))?;
        // Only now, when it is known to be no larger than Lark takes.
        if wanted.method == "POST"
            && let Some(uuid) = self.uuid_for(&wanted.path, &wanted.query, request.body())
        {
            let added = request.add_to_body("uuid", &uuid);
            added.map_err(|error| Error::Refused(error.to_string()))?;
        }
        let said = wanted.attributes.iter().find(|(name, _)| name == TENANT_KEY);
        let identity = match &wanted.identity {
            Identity::App => tokens::Identity::App {
                tenant_key: said.map_or(&self.subject.tenant_key, |(_, tenant_key)| tenant_key),
            },
            Identity::User(open_id) => tokens::Identity::User { open_id },
        };
        let deadline = self.deadline();
        let wait = self.scope.lark_failures.wait();
        let begun = Instant::now();
        let answer = tokens.call(&self.subject.app_id, identity, &request, &deadline).await;
        wait.ended(answer.as_ref().is_err_and(LarkCallError::is_retryable));
        self.log.note_call(&noted(&request, &answer, begun.elapsed()));
        let answer = answer.map_err(|error| self.not_answered(&request, &error))?;
        Ok(Response {
            status: answer.status,
            log_id: answer.log_id.get().map(str::to_owned),
            body: answer.body,
        })
    }

    /// A name for a message that has none, so that a handler that runs again does not send it twice.
    fn uuid_for(&mut self, path: &str, query: &[(String, String)], body: Option<&str>) -> Option<String> {
        #[derive(Deserialize)]
        struct Message<'a> {
            #[serde(borrow)]
            uuid: Option<&'a RawValue>,
            #[serde(borrow)]
            receive_id: Option<Cow<'a, str>>,
        }

        let is_message = matches!(
            path.split('/').skip(2).collect::<Vec<_>>().as_slice(),
            ["im", "v1", "messages"] | ["im", "v1", "messages", _, "reply"]
        );
        if !is_message || query.iter().any(|(name, _)| name == "uuid") {
            return None;
        }
        // A body that is not an object is left for Lark to reject.
        let body = body.filter(|body| body.trim_start().starts_with('{'))?;
        let Message { uuid, receive_id } = serde_json::from_str(body).ok()?;
        if uuid.is_some() {
            return None;
        }
        let to = receive_id.unwrap_or_default();
        Some(self.subject.message_uuid(&self.scope.plugin, &format!("{path} {to}")))
    }

    /// Returns the error for the plugin; the log has the whole chain of causes.
    fn not_answered(&self, request: &Request, error: &LarkCallError) -> Error {
        tracing::warn!(
            plugin.name = &*self.scope.plugin,
            app.id = &*self.subject.app_id,
            method = request.method().name(),
            path = cut(request.path(), PATH_BYTES_MAX),
            error = chain(error),
            "A plugin's call to Lark failed"
        );
        match error {
            LarkCallError::Access(error @ AccessError::AuthorizationRequired { .. }) => {
                Error::AuthorizationRequired(error.to_string())
            }
            error if error.is_retryable() => Error::Retry(retry_later(error.to_string(), error.after())),
            error => Error::Failed(error.to_string()),
        }
    }
}

/// A call in the record of an attempt: what Lark's support asks for, and nothing of what was said.
fn noted(request: &Request, answer: &Result<LarkResponse, LarkCallError>, took: Duration) -> String {
    let (method, path) = (request.method().name(), cut(request.path(), PATH_BYTES_MAX));
    let ms = took.as_millis();
    match answer {
        Ok(answer) => {
            let code = answer.code.map_or_else(|| "none".to_owned(), |code| code.to_string());
            let log_id = answer.log_id.get().unwrap_or("none");
            format!(
                "{method} {path}: status {}, code {code}, log id {log_id}, {ms} ms",
                answer.status
            )
        }
        Err(error) => format!("{method} {path}: {}, {ms} ms", chain(error)),
    }
}

/// A call as a witness sees it.
fn shown(wanted: &Wanted) -> (String, Option<String>) {
    let query: Vec<String> = wanted
        .query
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mark = if query.is_empty() { "" } else { "?" };
    let what = format!("openapi {} {}{mark}{}", wanted.method, wanted.path, query.join("&"));
    (what, wanted.body.clone())
}

/// Half an emoji in a body is sent as an unreadable character: Lark would refuse the whole.
fn mended(body: String) -> String {
    match without_lone_surrogates(&body) {
        Cow::Owned(mended) => mended,
        Cow::Borrowed(_) => body,
    }
}
