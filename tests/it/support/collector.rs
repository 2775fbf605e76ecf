//! A collector of traces: takes what is posted to it, and reads it strictly by OTLP's schema.

use std::{
    io,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Response, body::Incoming};
use serde_json::{Map, Value};

use super::stand_in::StandIn;

/// Type of a field.
#[derive(Debug, Clone, Copy)]
enum Type {
    Text,
    /// Shown in hexadecimal digits; so many bytes.
    Id(usize),
    Int,
    Fixed64,
    Many(&'static Message),
    One(&'static Message),
}

/// A message: its fields by number.
#[derive(Debug)]
struct Message {
    name: &'static str,
    fields: &'static [(u64, &'static str, Type)],
}

// `opentelemetry/proto/collector/trace/v1/trace_service.proto` and what it includes, version 1.
const REQUEST: Message = Message {
    name: "ExportTraceServiceRequest",
    fields: &[(1, "resourceSpans", Type::Many(&RESOURCE_SPANS))],
};
const RESOURCE_SPANS: Message = Message {
    name: "ResourceSpans",
    fields: &[
        (1, "resource", Type::One(&RESOURCE)),
        (2, "scopeSpans", Type::Many(&SCOPE_SPANS)),
        (3, "schemaUrl", Type::Text),
    ],
};
const RESOURCE: Message = Message {
    name: "Resource",
    fields: &[
        (1, "attributes", Type::Many(&KEY_VALUE)),
        (2, "droppedAttributesCount", Type::Int),
    ],
};
const SCOPE_SPANS: Message = Message {
    name: "ScopeSpans",
    fields: &[
        (1, "scope", Type::One(&SCOPE)),
        (2, "spans", Type::Many(&SPAN)),
        (3, "schemaUrl", Type::Text),
    ],
};
const SCOPE: Message = Message {
    name: "InstrumentationScope",
    fields: &[(1, "name", Type::Text), (2, "version", Type::Text)],
};
const SPAN: Message = Message {
    name: "Span",
    fields: &[
        (1, "traceId", Type::Id(16)),
        (2, "spanId", Type::Id(8)),
        (3, "traceState", Type::Text),
        (4, "parentSpanId", Type::Id(8)),
        (5, "name", Type::Text),
        (6, "kind", Type::Int),
        (7, "startTimeUnixNano", Type::Fixed64),
        (8, "endTimeUnixNano", Type::Fixed64),
        (9, "attributes", Type::Many(&KEY_VALUE)),
        (10, "droppedAttributesCount", Type::Int),
        (13, "links", Type::Many(&LINK)),
        (15, "status", Type::One(&STATUS)),
    ],
};
const LINK: Message = Message {
    name: "Link",
    fields: &[
        (1, "traceId", Type::Id(16)),
        (2, "spanId", Type::Id(8)),
        (3, "traceState", Type::Text),
        (4, "attributes", Type::Many(&KEY_VALUE)),
    ],
};
const STATUS: Message = Message {
    name: "Status",
    fields: &[(2, "message", Type::Text), (3, "code", Type::Int)],
};
const KEY_VALUE: Message = Message {
    name: "KeyValue",
    fields: &[(1, "key", Type::Text), (2, "value", Type::One(&ANY_VALUE))],
};
const ANY_VALUE: Message = Message {
    name: "AnyValue",
    fields: &[(1, "stringValue", Type::Text), (3, "intValue", Type::Int)],
};

/// Reads a message; anything that its schema does not know is an error.
fn read(message: &Message, mut bytes: &[u8]) -> Result<Value, String> {
    let mut fields = Map::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let (number, wire) = (key >> 3, key & 7);
        let found = message.fields.iter().find(|(known, ..)| *known == number);
        let (_, name, kind) = found.ok_or(format!("{}: no field {number}", message.name))?;
        let value = match (wire, kind) {
            (0, Type::Int) => Value::from(varint(&mut bytes)?),
            (1, Type::Fixed64) => Value::from(u64::from_le_bytes(take(&mut bytes, 8)?.try_into().unwrap())),
            (2, kind) => {
                let length = usize::try_from(varint(&mut bytes)?).map_err(|error| error.to_string())?;
                let inner = take(&mut bytes, length)?;
                match kind {
                    Type::Text => String::from_utf8(inner.to_vec())
                        .map_err(|error| error.to_string())?
                        .into(),
                    Type::Id(size) if inner.len() == *size && inner.iter().any(|byte| *byte != 0) => {
                        hex::encode(inner).into()
                    }
                    Type::Many(message) | Type::One(message) => read(message, inner)?,
                    Type::Id(_) | Type::Int | Type::Fixed64 => return Err(format!("{}: {name}", message.name)),
                }
            }
            (wire, _) => return Err(format!("{}: {name} has wire type {wire}", message.name)),
        };
        match kind {
            Type::Many(_) => fields
                .entry(*name)
                .or_insert_with(|| Value::Array(Vec::new()))
                .as_array_mut()
                .unwrap()
                .push(value),
            _ if fields.contains_key(*name) => return Err(format!("{}: {name} twice", message.name)),
            _ => {
                fields.insert((*name).to_owned(), value);
            }
        }
    }
    Ok(Value::Object(fields))
}

fn take<'b>(bytes: &mut &'b [u8], count: usize) -> Result<&'b [u8], String> {
    let (taken, rest) = bytes.split_at_checked(count).ok_or("it ends too early")?;
    *bytes = rest;
    Ok(taken)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut number = 0;
    for shift in (0..70).step_by(7) {
        let byte = take(bytes, 1)?[0];
        number |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err("a number without an end".to_owned())
}

/// A span with everything a test asks for.
#[derive(Debug, Clone)]
pub(crate) struct SeenSpan(pub(crate) Value);

impl SeenSpan {
    pub(crate) fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_default()
    }

    /// An attribute, as a text.
    pub(crate) fn attribute(&self, key: &str) -> Option<String> {
        let attributes = self.0["attributes"].as_array()?;
        let found = attributes.iter().find(|attribute| attribute["key"] == key)?;
        let value = found["value"].as_object()?.values().next()?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    pub(crate) fn begins(&self) -> u64 {
        self.0["startTimeUnixNano"].as_u64().unwrap()
    }

    pub(crate) fn ends(&self) -> u64 {
        self.0["endTimeUnixNano"].as_u64().unwrap()
    }
}

#[derive(Debug, Default)]
struct State {
    spans: Vec<SeenSpan>,
    requests: Vec<(String, String)>,
    resource: Value,
    status: u16,
}

/// A collector that listens.
#[derive(Debug)]
pub(crate) struct Collector {
    state: Arc<Mutex<State>>,
    server: StandIn,
}

impl Collector {
    pub(crate) async fn start() -> Self {
        let state = Arc::new(Mutex::new(State {
            status: 200,
            ..State::default()
        }));
        let answering = Arc::clone(&state);
        let server = StandIn::start(move |request| {
            let state = Arc::clone(&answering);
            async move { answer(&state, request).await }
        })
        .await;
        Self { state, server }
    }

    /// For `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// From now on everything is answered with this status.
    pub(crate) fn answers(&self, status: u16) {
        self.state.lock().unwrap().status = status;
    }

    pub(crate) fn spans(&self) -> Vec<SeenSpan> {
        self.state.lock().unwrap().spans.clone()
    }

    /// The spans whose name begins so.
    pub(crate) fn named(&self, name: &str) -> Vec<SeenSpan> {
        let spans = self.spans();
        spans
            .into_iter()
            .filter(|span| span.text("name").starts_with(name))
            .collect()
    }

    /// Path and authorization of each request.
    pub(crate) fn requests(&self) -> Vec<(String, String)> {
        self.state.lock().unwrap().requests.clone()
    }

    pub(crate) fn resource(&self) -> Value {
        self.state.lock().unwrap().resource.clone()
    }
}

async fn answer(state: &Mutex<State>, request: hyper::Request<Incoming>) -> Result<Response<Full<Bytes>>, io::Error> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
    let header = |name: &str| {
        let value = head.headers.get(name).map(|value| value.to_str().unwrap());
        value.unwrap_or_default().to_owned()
    };
    assert_eq!(header("content-type"), "application/x-protobuf");
    let status = {
        let mut state = state.lock().unwrap();
        state.requests.push((head.uri.to_string(), header("authorization")));
        if state.status == 200 {
            // A test sees the fault as spans that never arrive.
            match read(&REQUEST, &body) {
                Ok(request) => add(&mut state, &request),
                Err(error) => panic!("not OTLP: {error}"),
            }
        }
        state.status
    };
    Ok(Response::builder().status(status).body(Full::default()).unwrap())
}

fn add(state: &mut State, request: &Value) {
    for resource_spans in request["resourceSpans"].as_array().unwrap() {
        state.resource = resource_spans["resource"].clone();
        for scope_spans in resource_spans["scopeSpans"].as_array().unwrap() {
            for span in scope_spans["spans"].as_array().unwrap() {
                for field in [
                    "traceId",
                    "spanId",
                    "name",
                    "kind",
                    "startTimeUnixNano",
                    "endTimeUnixNano",
                ] {
                    assert!(span.get(field).is_some(), "{field} is missing in {span}");
                }
                let span = SeenSpan(span.clone());
                assert!(span.begins() <= span.ends(), "{span:?}");
                state.spans.push(span);
            }
        }
    }
}

#[test]
fn what_the_schema_does_not_know_is_refused() {
    assert!(read(&REQUEST, &[0x0a, 0x00]).is_ok());
    for bad in [
        &[0x12, 0x00][..],
        &[0x08, 0x01],
        &[0x0a, 0x05],
        &[0x0a, 0x02, 0x22, 0x00],
        &[0xff; 12],
    ] {
        assert!(read(&REQUEST, bad).is_err(), "{bad:?}");
    }
    let short_id = [0x0a, 0x08, 0x12, 0x06, 0x12, 0x04, 0x0a, 0x02, 1, 2];
    assert!(read(&REQUEST, &short_id).is_err());
}
