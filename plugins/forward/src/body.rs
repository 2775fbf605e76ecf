//! The body of a request: the event as Lark writes it in schema 2.0, in clear and without the Verification Token.

use std::borrow::Cow;

use lark_plugin_sdk::Event;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// An event.
#[derive(Serialize)]
pub(crate) struct Body<'a> {
    schema: &'static str,
    header: Header<'a>,
    event: Payload<'a>,
}

#[derive(Serialize)]
struct Header<'a> {
    event_id: &'a str,
    event_type: &'a str,
    /// Of a message in microseconds, of a click in milliseconds, as Lark sends it; here always in milliseconds.
    create_time: String,
    app_id: &'a str,
    tenant_key: &'a str,
}

/// The payload as it came: nothing in it is read or changed.
struct Payload<'a>(&'a str);

impl Serialize for Payload<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: Result<Cow<'_, RawValue>, _> = serde_json::from_str::<&RawValue>(self.0).map(Cow::Borrowed);
        raw.map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'a> Body<'a> {
    pub(crate) fn of(event: &'a Event) -> Self {
        Self {
            schema: "2.0",
            header: Header {
                event_id: &event.id,
                event_type: &event.event_type,
                create_time: event.create_time_ms.to_string(),
                app_id: &event.app_id,
                tenant_key: &event.tenant_key,
            },
            event: Payload(&event.payload),
        }
    }
}
