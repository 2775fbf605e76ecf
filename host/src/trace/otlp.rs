//! Spans as an `ExportTraceServiceRequest` of OTLP 1.x (`opentelemetry/proto/trace/v1/trace.proto`).

use super::{
    protobuf::Message,
    span::{Finished, SpanKind, Value},
};

/// `STATUS_CODE_ERROR`.
const ERROR: u64 = 2;

/// Sender of spans.
#[derive(Debug, Clone)]
pub(super) struct Resource {
    pub(super) service: String,
    pub(super) instance: String,
}

/// The request for a batch.
pub(super) fn request(resource: &Resource, spans: &[Finished]) -> Vec<u8> {
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    let mut request = Message::default();
    // resource_spans
    request.message(1, |resource_spans| {
        // resource
        resource_spans.message(1, |message| {
            for (key, text) in [
                ("service.name", resource.service.as_str()),
                ("service.version", VERSION),
                ("service.instance.id", resource.instance.as_str()),
            ] {
                // attributes
                attribute(message, 1, key, &Value::Text(text.to_owned().into()));
            }
        });
        // scope_spans
        resource_spans.message(2, |scope_spans| {
            // scope: name and version
            scope_spans.message(1, |scope| {
                scope.bytes(1, b"lark-callback");
                scope.bytes(2, VERSION.as_bytes());
            });
            for finished in spans {
                scope_spans.message(2, |message| span(message, finished));
            }
        });
    });
    request.into_bytes()
}

fn span(message: &mut Message, span: &Finished) {
    message.bytes(1, &span.trace.0);
    message.bytes(2, &span.id.0);
    if let Some(parent) = span.parent {
        message.bytes(4, &parent.0);
    }
    message.bytes(5, span.name.as_bytes());
    let kind = match span.kind {
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Consumer => 5,
    };
    message.number(6, kind);
    message.fixed64(7, span.begun_ns);
    message.fixed64(8, span.ended_ns);
    for (key, value) in &span.attributes {
        attribute(message, 9, key, value);
    }
    if let Some(link) = &span.link {
        message.message(13, |message| {
            message.bytes(1, &link.trace.0);
            message.bytes(2, &link.span.0);
        });
    }
    if let Some(error) = span.error {
        message.message(15, |status| {
            status.bytes(2, error.as_bytes());
            status.number(3, ERROR);
        });
    }
}

/// A `KeyValue`, whose value is an `AnyValue`.
fn attribute(message: &mut Message, field: u64, key: &str, value: &Value) {
    message.message(field, |message| {
        message.bytes(1, key.as_bytes());
        message.message(2, |any| match value {
            Value::Text(text) => any.bytes(1, text.as_bytes()),
            Value::Number(number) => any.number(3, number.cast_unsigned()),
        });
    });
}
