//! Rows to store: messages of 1.2 KB, each for one plugin.

use std::sync::Arc;

use lark_callback_store::{NewDelivery, NewEvent, RequestIds};
use lark_protocol::{Event, Kind, Schema};

/// The `event` object of a message in a group, as long as Lark's are.
const PAYLOAD_BYTES: usize = 1_200;

pub(crate) const PLUGIN: &str = "bench";
pub(crate) const APP: &str = "cli_a1b2c3d4e5f6a7b8";
const DAY_MS: u64 = 86_400_000;

/// The message with this number, arrived at this time. Its ids are scattered as Lark's are, and no two are alike.
pub(crate) fn message(number: u64, now_ms: u64) -> NewEvent {
    // Odd, so that no two numbers have one product.
    let id = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let mut payload = format!(r#"{{"message":{{"message_id":"om_{id:032x}","content":""#);
    payload.extend(std::iter::repeat_n(
        'x',
        PAYLOAD_BYTES.saturating_sub(payload.len() + 3),
    ));
    payload.push_str("\"}}");
    NewEvent {
        event: Arc::new(Event {
            id: format!("{id:032x}").into(),
            event_type: "im.message.receive_v1".into(),
            kind: Kind::Event,
            schema: Schema::V2,
            app_id: APP.into(),
            tenant_key: "736588c9260f175d".into(),
            create_time_ms: now_ms,
            payload: payload.into(),
            message_id: Some(format!("om_{id:032x}").into()),
        }),
        received_at_ms: now_ms,
        expires_at_ms: now_ms + DAY_MS,
        deliveries: vec![NewDelivery {
            plugin: PLUGIN.to_owned(),
            ordering_key: None,
            expires_at_ms: now_ms + DAY_MS,
            begins_here: false,
        }],
        ids: RequestIds::default(),
    }
}
