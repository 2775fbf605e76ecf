//! Messages of JSON-RPC 2.0: requests and notifications that come, answers that go.

use serde_json::{Map, Value, json};

/// Code of what is no JSON.
pub(super) const PARSE_ERROR: i64 = -32_700;
/// Code of what is no request.
pub(super) const INVALID_REQUEST: i64 = -32_600;
/// Code of a method that does not exist.
pub(super) const METHOD_NOT_FOUND: i64 = -32_601;
/// Code of parameters that a method does not take.
pub(super) const INVALID_PARAMS: i64 = -32_602;
/// Code of a revision of the protocol that is not spoken.
pub(super) const UNSUPPORTED_PROTOCOL_VERSION: i64 = -32_022;

/// Field of a result that names the server.
const SERVER_KEY: &str = "io.modelcontextprotocol/serverInfo";

/// Message that came.
#[derive(Debug, PartialEq)]
pub(super) enum Message {
    /// It wants an answer.
    Request {
        id: Value,
        method: String,
        params: Map<String, Value>,
    },
    /// It does not.
    Notification { method: String, params: Map<String, Value> },
    /// Answer to a request of ours; there are none.
    Response,
}

/// Reason why a message is none, with the id to answer to.
#[derive(Debug, PartialEq)]
pub(super) struct NoMessage {
    pub(super) id: Value,
    pub(super) text: &'static str,
}

impl Message {
    pub(super) fn of(value: Value) -> Result<Self, NoMessage> {
        let Value::Object(mut fields) = value else {
            return Err(NoMessage {
                id: Value::Null,
                text: "a message is a JSON object",
            });
        };
        let id = fields.remove("id");
        let known_id = id.clone().filter(is_id).unwrap_or(Value::Null);
        let refused = |text| NoMessage { id: known_id, text };
        if fields.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
            return Err(refused("`jsonrpc` must be \"2.0\""));
        }
        if !fields.contains_key("method") && (fields.contains_key("result") || fields.contains_key("error")) {
            return Ok(Self::Response);
        }
        let Some(Value::String(method)) = fields.remove("method") else {
            return Err(refused("`method` must be a text"));
        };
        let params = match fields.remove("params") {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(params)) => params,
            Some(_) => return Err(refused("`params` must be an object")),
        };
        match id {
            None => Ok(Self::Notification { method, params }),
            Some(id) if is_id(&id) => Ok(Self::Request { id, method, params }),
            Some(_) => Err(refused("`id` must be a text or a whole number")),
        }
    }
}

fn is_id(id: &Value) -> bool {
    id.is_string() || id.is_i64() || id.is_u64()
}

/// Error of a request.
#[derive(Debug, PartialEq)]
pub(super) struct Failure {
    pub(super) code: i64,
    pub(super) text: String,
    pub(super) data: Option<Value>,
}

impl Failure {
    pub(super) fn new(code: i64, text: impl Into<String>) -> Self {
        Self {
            code,
            text: text.into(),
            data: None,
        }
    }
}

/// Answer to a request.
pub(super) fn answer(id: &Value, result: Result<Value, Failure>) -> Value {
    match result {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(Failure { code, text, data }) => {
            let mut error = json!({"code": code, "message": text});
            if let (Some(data), Some(fields)) = (data, error.as_object_mut()) {
                fields.insert("data".to_owned(), data);
            }
            json!({"jsonrpc": "2.0", "id": id, "error": error})
        }
    }
}

/// A result as the stateless revision wants it.
pub(super) fn complete(mut result: Value) -> Value {
    if let Some(fields) = result.as_object_mut() {
        fields.insert("resultType".to_owned(), "complete".into());
        fields.insert("_meta".to_owned(), json!({SERVER_KEY: server()}));
    }
    result
}

/// This program, as the protocol names it.
pub(super) fn server() -> Value {
    json!({"name": "lark-callback", "title": "lark-callback", "version": env!("CARGO_PKG_VERSION")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_an_id_wants_an_answer() {
        let request = Message::of(json!({"jsonrpc": "2.0", "id": "a", "method": "ping"})).unwrap();
        assert!(matches!(request, Message::Request { id, .. } if id == "a"));
        let notification = Message::of(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).unwrap();
        assert!(matches!(notification, Message::Notification { .. }));
        let response = Message::of(json!({"jsonrpc": "2.0", "id": 1, "result": {}})).unwrap();
        assert_eq!(response, Message::Response);
    }

    #[test]
    fn what_is_no_request_is_refused_with_its_id() {
        for (wrong, id) in [
            (json!(7), Value::Null),
            (json!({"id": 7, "method": "ping"}), json!(7)),
            (json!({"jsonrpc": "1.0", "id": 7, "method": "ping"}), json!(7)),
            (json!({"jsonrpc": "2.0", "id": 7, "method": 8}), json!(7)),
            (
                json!({"jsonrpc": "2.0", "id": 7, "method": "ping", "params": []}),
                json!(7),
            ),
            (json!({"jsonrpc": "2.0", "id": null, "method": "ping"}), Value::Null),
            (json!({"jsonrpc": "2.0", "id": 1.5, "method": "ping"}), Value::Null),
        ] {
            assert_eq!(Message::of(wrong.clone()).unwrap_err().id, id, "{wrong}");
        }
    }
}
