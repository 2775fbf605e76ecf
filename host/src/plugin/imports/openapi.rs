//! `openapi`: calls of Lark that the operator granted. The token is added below; a plugin never sees one.

mod grant;

use serde_json::{Map, Value};

use super::{CallState, Reach};
use crate::{
    openapi::{Deadline, Request},
    plugin::bindings::lark_callback::plugin::{
        openapi::{Error, Host, Identity, Request as Wanted, Response},
        types::RetryLater,
    },
    telemetry::chain,
    tokens::{self, AccessError, CallError, Tokens},
};

/// The attribute that says in which tenant a store application acts.
const TENANT_KEY: &str = "tenant-key";

impl Host for CallState {
    async fn call(&mut self, wanted: Wanted) -> wasmtime::Result<Result<Response, Error>> {
        Ok(self.call_lark(wanted).await)
    }
}

impl CallState {
    async fn call_lark(&mut self, wanted: Wanted) -> Result<Response, Error> {
        let kind = match &wanted.identity {
            Identity::App => "openapi",
            Identity::User(_) => "openapi_as_user",
        };
        let tokens = self.lark().map_err(Error::Failed)?.clone();
        grant::check(&self.scope, kind, &wanted.method, &wanted.path).map_err(Error::NotGranted)?;
        let body = match wanted.body {
            Some(body) if wanted.method == "POST" => Some(self.with_uuid(&wanted.path, &wanted.query, body)),
            body => body,
        };
        let request = Request::new(&wanted.method, &wanted.path, &wanted.query, body)
            .map_err(|error| Error::Refused(error.to_string()))?;
        let said = wanted.attributes.iter().find(|(name, _)| name == TENANT_KEY);
        let identity = match &wanted.identity {
            Identity::App => tokens::Identity::App {
                tenant_key: said.map_or(&self.errand.tenant_key, |(_, tenant_key)| tenant_key),
            },
            Identity::User(open_id) => tokens::Identity::User { open_id },
        };
        let deadline = self.deadline();
        let answer = tokens.call(&self.errand.app_id, identity, &request, &deadline).await;
        let answer = answer.map_err(|error| self.not_answered(&request, &error))?;
        Ok(Response {
            status: answer.status,
            log_id: answer.log_id.get().map(str::to_owned),
            body: answer.body,
        })
    }

    /// What calls Lark, when there is something and the call may.
    pub(super) fn lark(&self) -> Result<&Tokens, String> {
        match (self.reach, &self.scope.tokens) {
            (Reach::Nothing, _) => Err("Lark is not called while the plugin describes itself".to_owned()),
            (Reach::Granted, None) => Err("this server is not set up to call Lark".to_owned()),
            (Reach::Granted, Some(tokens)) => Ok(tokens),
        }
    }

    pub(super) fn deadline(&self) -> Deadline {
        Deadline::new(self.clock.now_ms(), self.errand.deadline())
    }

    /// Gives a message a name, so that a handler that runs again does not send it twice.
    fn with_uuid(&mut self, path: &str, query: &[(String, String)], body: String) -> String {
        let is_message = matches!(
            path.split('/').skip(2).collect::<Vec<_>>().as_slice(),
            ["im", "v1", "messages"] | ["im", "v1", "messages", _, "reply"]
        );
        if !is_message || query.iter().any(|(name, _)| name == "uuid") {
            return body;
        }
        // What is no object is refused further on.
        let Ok(mut message) = serde_json::from_str::<Map<String, Value>>(&body) else {
            return body;
        };
        if message.contains_key("uuid") {
            return body;
        }
        let to = message.get("receive_id").and_then(Value::as_str).unwrap_or_default();
        let uuid = self.errand.message_uuid(&self.scope.plugin, &format!("{path} {to}"));
        message.insert("uuid".to_owned(), uuid.into());
        Value::Object(message).to_string()
    }

    /// What the plugin is told; the log has the whole chain.
    fn not_answered(&self, request: &Request, error: &CallError) -> Error {
        tracing::warn!(
            plugin.name = &*self.scope.plugin,
            app_id = &*self.errand.app_id,
            method = request.method().name(),
            path = request.path(),
            error = chain(error),
            "A plugin's call of Lark was not answered"
        );
        match error {
            CallError::Access(error @ AccessError::AuthorizationRequired { .. }) => {
                Error::AuthorizationRequired(error.to_string())
            }
            error if error.is_retryable() => Error::Retry(retry_later(error.to_string(), error.after())),
            error => Error::Failed(error.to_string()),
        }
    }
}

/// When to try again.
pub(super) fn retry_later(message: String, after: Option<std::time::Duration>) -> RetryLater {
    RetryLater {
        message,
        after_ms: after.map(|after| u64::try_from(after.as_millis()).unwrap_or(u64::MAX)),
    }
}
