//! Sends the HTTP requests that a click describes and tells what came of them: `{"requests": [{"method": "POST", "url": "…",
//! "headers": {"x-a": "b"}, "body": "…"}]}`. With `"hold": true` all responses are open at once; with `"events": true` a
//! response is read as server-sent events; with `"parts": true` it is told in parts; with `"bytes": true` only its length is;
//! with `"backwards": ["…"]` it tells instead which of these texts, read forwards, stand in its memory.

use std::collections::BTreeMap;
use std::time::Duration;

use guests::is_in_memory;
use lark_plugin_sdk::prelude::*;
use lark_plugin_sdk::{HttpError, HttpResponse};
use serde::Deserialize;

#[derive(Default)]
struct HttpCalls;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Value {
    requests: Vec<Request>,
    times: Option<usize>,
    hold: bool,
    events: bool,
    parts: bool,
    bytes: bool,
    fail: bool,
    backwards: Vec<String>,
}

#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Request {
    method: String,
    url: String,
    headers: BTreeMap<String, String>,
    body: Option<String>,
    body_bytes: Option<usize>,
    timeout_ms: Option<u64>,
}

impl Request {
    fn send(&self, host: &dyn Host) -> Result<HttpResponse, HttpError> {
        let http = host.http();
        let mut call = match self.method.as_str() {
            "" | "GET" => http.get(&self.url),
            "HEAD" => http.head(&self.url),
            "POST" => http.post(&self.url),
            "PUT" => http.put(&self.url),
            "PATCH" => http.patch(&self.url),
            _ => http.delete(&self.url),
        };
        for (name, value) in &self.headers {
            call = call.header(name, value);
        }
        if let Some(body) = &self.body {
            call = call.body(body.as_str());
        }
        if let Some(bytes) = self.body_bytes {
            call = call.body(vec![b'x'; bytes]);
        }
        if let Some(ms) = self.timeout_ms {
            call = call.timeout(Duration::from_millis(ms));
        }
        call.send()
    }
}

impl Value {
    fn read(&self, mut response: HttpResponse) -> Result<String, HttpError> {
        let status = response.status();
        if self.events {
            let mut data = Vec::new();
            for event in response.events() {
                data.push(event?.data);
            }
            return Ok(format!("{status} {}", data.join("|")));
        }
        if self.parts {
            let mut parts = Vec::new();
            loop {
                let part = response.read()?;
                if part.is_empty() {
                    return Ok(format!("{status} {}", parts.join("|")));
                }
                parts.push(String::from_utf8_lossy(&part).into_owned());
            }
        }
        if self.bytes {
            return Ok(format!("{status} {} bytes", response.bytes()?.len()));
        }
        let headers: Vec<_> = response
            .headers()
            .iter()
            .filter(|(name, _)| name.starts_with("x-") || name == "location")
            .map(|(name, value)| format!(" {name}={value}"))
            .collect();
        Ok(format!("{status}{} {}", headers.concat(), response.text()?))
    }
}

impl Plugin for HttpCalls {
    const EVENTS: &'static [&'static str] = &["card.action.trigger"];

    fn handle(&self, host: &dyn Host, event: &Event) -> Result<Outcome, Failure> {
        let click: CardAction = event.payload()?;
        let Some(value) = click.action.value_as::<Value>() else {
            return Ok(Outcome::pass());
        };
        let all = vec![value.requests.clone(); value.times.unwrap_or(1)].concat();
        let mut said = Vec::new();
        let mut held = Vec::new();
        for request in all {
            match request.send(host) {
                Ok(response) if value.hold => {
                    said.push(response.status().to_string());
                    held.push(response);
                }
                Ok(response) => said.push(value.read(response).unwrap_or_else(|error| error.to_string())),
                Err(error) if value.fail => return Err(error.into()),
                Err(error) => said.push(error.to_string()),
            }
        }
        if !value.backwards.is_empty() {
            let in_memory: Vec<_> = value.backwards.iter().map(|text| is_in_memory(text)).collect();
            return Outcome::reply(&CardReply::toast(Toast::info(format!("{in_memory:?}"))));
        }
        Outcome::reply(&CardReply::toast(Toast::info(said.join("\n"))))
    }
}

register!(HttpCalls);
