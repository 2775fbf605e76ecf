//! Properties that hold for every input.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use proptest::test_runner::Config;
use proptest::{prop_assert, prop_assert_eq, prop_assume, proptest};
use serde_json::{Value, json};

use super::super::Schema;
use super::super::cipher::decrypt;
use super::super::reply::callback_body;
use super::{CARD_V1, CHALLENGE, CLICK, EVENT_V1, EncryptKey, Opened, Request, encrypt_key, keys, seal, token_only};

fn config() -> Config {
    Config {
        failure_persistence: None,
        ..Config::default()
    }
}

/// JSON with the keys that mean something to the protocol in places where they may or may not belong.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC*".prop_map(Value::from),
        prop::sample::select(vec![
            super::TOKEN,
            "url_verification",
            "event_callback",
            "im.message.receive_v1",
            "2.0"
        ])
        .prop_map(Value::from),
    ];
    let key = prop_oneof![
        prop::sample::select(vec![
            "schema",
            "header",
            "event",
            "type",
            "token",
            "challenge",
            "uuid",
            "ts",
            "action",
            "open_message_id",
            "event_id",
            "event_type",
            "create_time",
            "app_id",
            "tenant_key",
            "message",
            "message_id",
            "toast",
            "card",
            "data",
            "inline",
            "encrypt",
        ])
        .prop_map(str::to_owned),
        "\\PC*",
    ];
    leaf.prop_recursive(4, 32, 8, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((key.clone(), inner), 0..8).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn sealing_and_decrypting_give_the_text_back(key: String, iv: [u8; 16], plaintext: String) {
        let key = EncryptKey::new(&key);
        let body: Value = serde_json::from_str(&seal(&key, iv, &plaintext)).unwrap();
        let mut buffer = Vec::new();
        prop_assert_eq!(decrypt(&key, body["encrypt"].as_str().unwrap(), &mut buffer), Some(&*plaintext));
    }

    #[test]
    fn sealed_and_signed_event_comes_out_as_it_went_in(iv: [u8; 16], id in "\\PC{1,60}", payload in json_value()) {
        let payload = json!({ "any": payload }).to_string();
        let header = json!({ "event_id": id, "event_type": "any.thing_v1", "token": super::TOKEN });
        let plaintext = format!(r#"{{"schema":"2.0","header":{header},"event":{payload}}}"#);
        let event = Request::plain(seal(&encrypt_key(), iv, &plaintext)).signed().event(&keys());
        prop_assert_eq!((&*event.id, &*event.payload), (&*id, &*payload));
    }

    #[test]
    fn flipped_bit_anywhere_is_refused(
        plaintext in prop::sample::select(vec![CLICK, EVENT_V1, CHALLENGE]),
        part in 0..4_usize,
        position: prop::sample::Index,
        bit in 0..8_u8,
    ) {
        let mut request = Request::sealed(plaintext).signed();
        let [timestamp, nonce, signature] = [&mut request.timestamp, &mut request.nonce, &mut request.signature]
            .map(|header| header.as_mut().unwrap());
        let bytes = [timestamp, nonce, signature, &mut request.body].into_iter().nth(part).unwrap();
        let byte = position.get_mut(bytes);
        let was = *byte;
        *byte ^= 1 << bit;
        // A hex digit in the other case is the same digit.
        prop_assume!(!(part == 2 && was.eq_ignore_ascii_case(byte)));
        prop_assert!(request.open(&keys()).is_err());
    }

    #[test]
    fn flipped_bit_of_a_flat_card_is_refused(position: prop::sample::Index, bit in 0..8_u8) {
        let mut request = Request::plain(CARD_V1).signed_as_card_v1();
        *position.get_mut(&mut request.body) ^= 1 << bit;
        prop_assert!(request.open(&keys()).is_err());
    }

    #[test]
    fn arbitrary_bytes_are_refused_and_nothing_panics(
        timestamp in option::of(vec(any::<u8>(), 0..20)),
        nonce in option::of(vec(any::<u8>(), 0..80)),
        signature in option::of(vec(any::<u8>(), 0..80)),
        body in vec(any::<u8>(), 0..400),
    ) {
        let request = Request { timestamp, nonce, signature, body };
        prop_assert!(request.open(&keys()).is_err());
        prop_assert!(request.open(&token_only()).is_err());
    }

    #[test]
    fn arbitrary_json_is_opened_or_refused_and_nothing_panics(value in json_value()) {
        let text = value.to_string();
        for request in [
            Request::plain(&*text),
            Request::plain(&*text).signed_as_card_v1(),
            Request::sealed(&text),
            Request::sealed(&text).signed(),
        ] {
            for keys in [keys(), token_only()] {
                if let Ok(Opened::Event(event)) = request.open(&keys) {
                    prop_assert!(serde_json::from_str::<Value>(&event.payload).unwrap().is_object());
                    prop_assert!(!event.id.is_empty());
                }
            }
        }
    }

    #[test]
    fn any_value_in_any_field_gives_an_event_or_a_refusal(value in vec(json_value(), 7)) {
        let [id, kind, time, app_id, tenant_key, event, more] = &*value else { unreachable!("seven were asked for") };
        let header = json!({
            "event_id": id, "event_type": kind, "create_time": time, "token": super::TOKEN, "app_id": app_id,
            "tenant_key": tenant_key,
        });
        let message = json!({ "type": kind, "app_id": app_id, "tenant_key": tenant_key, "message": event });
        for body in [
            json!({ "schema": more, "header": header, "event": event }),
            json!({ "schema": "2.0", "header": header, "event": message }),
            json!({ "uuid": id, "ts": time, "token": super::TOKEN, "type": kind, "event": message }),
            json!({ "open_message_id": id, "action": event, "token": kind, "open_id": app_id, "new": more }),
        ] {
            let body = body.to_string();
            for request in [Request::plain(&*body).signed_as_card_v1(), Request::sealed(&body).signed()] {
                for keys in [keys(), token_only()] {
                    if let Ok(Opened::Event(event)) = request.open(&keys) {
                        prop_assert!(serde_json::from_str::<Value>(&event.payload).unwrap().is_object());
                        prop_assert!((1..=256).contains(&event.id.len()));
                    }
                }
            }
        }
    }

    #[test]
    fn body_of_an_answer_is_always_an_object(value in json_value(), toast in option::of(json_value()), flat: bool) {
        let schema = if flat { Schema::CardV1 } else { Schema::V2 };
        let wrapped = json!({ "card": { "type": "raw", "data": value }, "toast": toast });
        for reply in [value, wrapped] {
            for event_type in ["card.action.trigger", "url.preview.get", "profile.view.get"] {
                if let Ok(body) = callback_body(event_type, schema, Some(&reply.to_string())) {
                    prop_assert!(serde_json::from_str::<Value>(&body).unwrap().is_object());
                }
            }
        }
    }
}
