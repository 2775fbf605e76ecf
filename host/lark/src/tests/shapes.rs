//! The event that each shape becomes.

use super::super::{Kind, Schema};
use super::{CARD_V1, CLICK, EVENT_V1, Event, Opened, Request, keys, token_only};

const MESSAGE: &str = r#"{"schema":"2.0","header":{"event_id":"5e37","event_type":"im.message.receive_v1","create_time":"1608725989000","token":"a verification token","app_id":"cli_9f53","tenant_key":"2ca1"},"event":{"message":{"message_id":"om_5ce6","content":"{\"text\":\"hello\"}"}}}"#;

fn event(body: &str) -> Event {
    Request::plain(body).event(&token_only())
}

#[test]
fn click_of_schema_2() {
    assert_eq!(
        event(CLICK),
        Event {
            id: "f7984f25".into(),
            event_type: "card.action.trigger".into(),
            kind: Kind::Callback,
            schema: Schema::V2,
            app_id: "cli_a5fb".into(),
            tenant_key: "2df7".into(),
            create_time_ms: 1_603_977_298_000,
            payload: r#"{"operator":{"open_id":"ou_3c14"},"token":"c-295e","action":{"value":{"key":"value"},"tag":"button"},"host":"im_message"}"#.into(),
            message_id: None,
        }
    );
}

#[test]
fn event_of_schema_1() {
    assert_eq!(
        event(EVENT_V1),
        Event {
            id: "bc44".into(),
            event_type: "p2p_chat_create".into(),
            kind: Kind::Event,
            schema: Schema::V1,
            app_id: "cli_9c86".into(),
            tenant_key: "7365".into(),
            create_time_ms: 1_502_199_207_717,
            payload: r#"{"app_id":"cli_9c86","tenant_key":"7365","type":"p2p_chat_create"}"#.into(),
            message_id: None,
        }
    );
}

/// The event as Lark documents it ("`app_ticket` events").
const TICKET: &str = r#"{"ts":"1502199207.7171419","uuid":"bc44","token":"a verification token","type":"event_callback","event":{"app_id":"cli_9c86","app_ticket":"planted-ticket","more":"planted-ticket","type":"app_ticket"}}"#;

#[test]
fn a_ticket_is_taken_out_of_the_event_that_brings_it() {
    let of_schema_2 = MESSAGE
        .replace("im.message.receive_v1", "app_ticket")
        .replace(r#"{"message":"#, r#"{"app_ticket":"planted-ticket","message":"#);
    for body in [TICKET, &of_schema_2] {
        let opened = Request::plain(body).open(&token_only()).unwrap();
        assert!(!format!("{opened:?}").contains("planted"), "{opened:?}");
        let Opened::AppTicket { event, ticket } = opened else {
            panic!("{opened:?}");
        };
        assert_eq!((ticket.text(), &*event.event_type), ("planted-ticket", "app_ticket"));
        assert_eq!(
            *event.payload,
            format!(r#"{{"app_id":"{}","type":"app_ticket"}}"#, event.app_id)
        );
    }
}

#[test]
fn an_event_of_that_name_without_a_ticket_is_malformed() {
    for value in ["7", "null", "\"\"", "{}"] {
        let body = TICKET.replace(r#""app_ticket":"planted-ticket""#, &format!(r#""app_ticket":{value}"#));
        Request::plain(body).is_refused(&token_only(), "unknown_shape");
    }
    let twice = TICKET.replace(r#""more""#, r#""app_ticket""#);
    Request::plain(twice).is_refused(&token_only(), "not_json");
}

#[test]
fn flat_card_takes_the_shape_of_the_newer_one() {
    let request = Request::plain(CARD_V1).signed_as_card_v1();
    let signature = String::from_utf8(request.signature.clone().unwrap()).unwrap();
    let event = Event {
        id: format!("sha1-{signature}").into(),
        event_type: "card.action.trigger".into(),
        kind: Kind::Callback,
        schema: Schema::CardV1,
        app_id: "".into(),
        tenant_key: "d320".into(),
        create_time_ms: 0,
        payload: r#"{"operator":{"tenant_key":"d320","user_id":"eu_sd9","open_id":"ou_sdf"},"token":"c-xxxxx","action":{"value":{"key":"value"},"tag":"button"},"host":"im_message","context":{"open_message_id":"om_abc","open_chat_id":"oc_def"}}"#.into(),
        message_id: None,
    };
    assert_eq!(request.event(&keys()), event);
    let capitals = Request {
        signature: Some(signature.to_uppercase().into()),
        ..request
    };
    assert_eq!(capitals.event(&keys()).id, event.id);
}

#[test]
fn flat_card_keeps_what_it_has_no_place_for() {
    let card = r#"{"union_id":"on_1","open_message_id":"om_1","new\"er": [1.0, 2e3],"operator":"x","action":"text"}"#;
    let event = Request::plain(card).signed_as_card_v1().event(&keys());
    assert_eq!(
        &*event.payload,
        r#"{"operator":{"union_id":"on_1"},"action":"text","host":"im_message","context":{"open_message_id":"om_1"},"card_v1":{"new\"er":[1.0, 2e3],"operator":"x"}}"#
    );
}

#[test]
fn payload_is_the_text_that_lark_wrote() {
    let odd = r#"{ "text" :"\u4f60\/" , "number": 1.50e+2,"text":1 }"#;
    assert_eq!(
        &*event(&MESSAGE.replace(
            r#"{"message":{"message_id":"om_5ce6","content":"{\"text\":\"hello\"}"}}"#,
            odd
        ))
        .payload,
        odd
    );
}

#[test]
fn value_of_an_action_may_be_anything() {
    for value in ["\"text\"", "7", "null", "[1]", "{\"a\":{}}"] {
        let payload = event(&CLICK.replace(r#"{"key":"value"}"#, value)).payload;
        assert!(payload.contains(&format!(r#""value":{value},"#)), "{payload}");
    }
}

#[test]
fn absent_event_is_an_empty_object_and_any_other_value_is_malformed() {
    let (before, _) = CLICK.split_once(r#","event":"#).unwrap();
    assert_eq!(&*event(&format!("{before}}}")).payload, "{}");
    assert_eq!(&*event(&format!(r#"{before},"event":null}}"#)).payload, "{}");
    for value in ["[]", "1", "\"{}\"", "true"] {
        Request::plain(format!(r#"{before},"event":{value}}}"#)).is_refused(&token_only(), "unknown_shape");
    }
}

#[test]
fn numbers_may_stand_where_strings_are_documented() {
    let numbers = CLICK
        .replace(r#""f7984f25""#, "90071992547409931")
        .replace(r#""1603977298000000""#, "1603977298000000");
    let event = event(&numbers.replace(r#""cli_a5fb""#, "12"));
    assert_eq!(
        (&*event.id, event.create_time_ms, &*event.app_id),
        ("90071992547409931", 1_603_977_298_000, "12")
    );
}

#[test]
fn event_without_a_usable_id_gets_the_digest_of_its_text() {
    let digest = |body: &str| event(body).id;
    let long = format!("\"{}\"", "x".repeat(257));
    for id in ["null", "{}", "[]", "true", "\"\"", &*long] {
        let id = digest(&CLICK.replace(r#""f7984f25""#, id));
        assert_eq!((id.len(), id.starts_with("sha256-")), (71, true), "{id}");
    }
    assert_ne!(
        digest(&CLICK.replace(r#""f7984f25""#, "null")),
        digest(&CLICK.replace(r#""f7984f25""#, "{}"))
    );
}

/// Lark encrypts a repetition under another IV; the body then differs, the event does not.
#[test]
fn digest_is_the_same_for_the_same_event_encrypted_again() {
    let without = CLICK.replace("event_id", "no_id");
    let id = |iv: [u8; 16]| {
        Request::plain(super::seal(&super::encrypt_key(), iv, &without))
            .signed()
            .event(&keys())
            .id
    };
    assert_eq!(id([1; 16]), id([2; 16]));
}

#[test]
fn type_that_is_not_a_string_is_empty() {
    for kind in ["7", "null", "{}", "[\"card.action.trigger\"]"] {
        let event_2 = event(&CLICK.replace(r#""card.action.trigger""#, kind));
        assert_eq!((&*event_2.event_type, event_2.kind), ("", Kind::Event));
        assert_eq!(&*event(&EVENT_V1.replace(r#""p2p_chat_create""#, kind)).event_type, "");
    }
}

#[test]
fn three_names_are_callbacks_and_all_others_events() {
    for (name, kind) in [
        ("card.action.trigger", Kind::Callback),
        ("url.preview.get", Kind::Callback),
        ("profile.view.get", Kind::Callback),
        ("card.action.trigger_v1", Kind::Event),
        ("im.message.receive_v1", Kind::Event),
        ("no.such.event_v9", Kind::Event),
    ] {
        assert_eq!(event(&CLICK.replace("card.action.trigger", name)).kind, kind, "{name}");
    }
    assert_eq!(
        event(&EVENT_V1.replace("p2p_chat_create", "card.action.trigger")).kind,
        Kind::Event
    );
}

#[test]
fn only_a_message_that_arrives_has_a_message_id() {
    assert_eq!(event(MESSAGE).message_id.as_deref(), Some("om_5ce6"));
    assert_eq!(event(&MESSAGE.replace("receive_v1", "updated_v1")).message_id, None);
    assert_eq!(
        event(&MESSAGE.replace(r#""message":{"#, r#""messages":{"#)).message_id,
        None
    );
    assert_eq!(
        event(&MESSAGE.replace(r#"{"message_id":"om_5ce6""#, r#""om_5ce6","more":{"x":1"#)).message_id,
        None
    );
    let v1 = EVENT_V1
        .replace("p2p_chat_create", "message")
        .replace("chat_id", "open_message_id");
    assert_eq!(event(&v1).message_id, None);
    let v1 = v1.replace(r#""tenant_key""#, r#""open_message_id":"om_1","tenant_key""#);
    assert_eq!(event(&v1).message_id.as_deref(), Some("om_1"));
    assert_eq!(event(&v1.replace(r#""message""#, r#""message_read""#)).message_id, None);
}

#[test]
fn times_are_milliseconds_or_nothing() {
    let create_time = |value: &str| event(&CLICK.replace(r#""1603977298000000""#, value)).create_time_ms;
    assert_eq!(create_time("\"1608725989000\""), 1_608_725_989_000);
    assert_eq!(create_time("\"999999999999999\""), 999_999_999_999_999);
    assert_eq!(create_time("\"1000000000000000\""), 1_000_000_000_000);
    for odd in [
        "\"\"",
        "\"soon\"",
        "-1",
        "1.5",
        "null",
        "{}",
        "\"99999999999999999999\"",
    ] {
        assert_eq!(create_time(odd), 0, "{odd}");
    }
    let ts = |value: &str| event(&EVENT_V1.replace(r#""1502199207.7171419""#, value)).create_time_ms;
    assert_eq!(ts("1502199207.5"), 1_502_199_207_500);
    assert_eq!(ts("\"1502199207\""), 1_502_199_207_000);
    for odd in ["\"\"", "-1", "1e300", "\"NaN\"", "\"inf\"", "null"] {
        assert_eq!(ts(odd), 0, "{odd}");
    }
}

#[test]
fn schema_1_is_known_by_its_uuid_or_by_its_type() {
    assert_eq!(
        event(&EVENT_V1.replace(r#""type":"event_callback","#, "")).schema,
        Schema::V1
    );
    assert!(
        event(&EVENT_V1.replace(r#""uuid":"bc44","#, ""))
            .id
            .starts_with("sha256-")
    );
    let neither = EVENT_V1
        .replace(r#""uuid":"bc44","#, "")
        .replace("event_callback", "other");
    Request::plain(neither).is_refused(&token_only(), "unknown_shape");
}

#[test]
fn unknown_fields_are_no_failure() {
    let more = CLICK.replace(r#""header":{"#, r#""new":[1],"header":{"new":{"a":1},"#);
    assert_eq!(&*event(&more).id, "f7984f25");
}

#[test]
fn deep_and_large_values_pass_as_text() {
    let deep = format!(r#"{{"a":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(64 * 1024));
    for payload in [deep, large] {
        let body = CLICK.replace(r#"{"key":"value"}"#, &payload);
        assert!(
            Request::sealed(&body)
                .signed()
                .event(&keys())
                .payload
                .contains(&payload)
        );
    }
    let deep_card = CARD_V1.replacen(
        '{',
        &format!(r#"{{"new":{}{},"#, "[".repeat(100_000), "]".repeat(100_000)),
        1,
    );
    assert!(matches!(
        Request::plain(deep_card).signed_as_card_v1().open(&keys()),
        Ok(Opened::Event(_))
    ));
    Request::plain("{\"a\":".repeat(170_000)).is_refused(&keys(), "not_json");
}

#[test]
fn half_an_emoji_in_a_name_that_nobody_reads_loses_no_event() {
    for place in [r#""schema""#, r#""event_id""#, r#""message""#, r#""message_id""#] {
        let odd = MESSAGE.replacen(place, &format!(r#""\ud83d":1,{place}"#), 1);
        for event in [
            Request::sealed(&odd).signed().event(&keys()),
            Request::plain(odd.clone()).event(&token_only()),
        ] {
            assert_eq!(
                (&*event.id, event.message_id.as_deref()),
                ("5e37", Some("om_5ce6")),
                "{place}"
            );
        }
    }
    let odd = CARD_V1.replacen('{', r#"{"\udc00":1,"#, 1);
    let card = Request::plain(odd).signed_as_card_v1().event(&keys());
    assert!(card.payload.contains('\u{fffd}'), "{}", card.payload);
}
