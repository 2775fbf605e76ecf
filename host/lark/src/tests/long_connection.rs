//! Frames as both official encoders make them, exchanges as the SDKs had them, and everything that must be refused.

use core::time::Duration;

use serde_json::Value;

use crate::long_connection::{
    Acknowledgement, Discovery, EndpointError, FragmentError, Fragments, Frame, FrameError, Header, Inbound, Pace,
    Refusal, discovery_body,
};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/long-connection.json")).unwrap()
}

fn list(name: &str) -> Vec<Value> {
    vectors()[name].as_array().unwrap().clone()
}

fn bytes(hex: &Value) -> Vec<u8> {
    hex::decode(hex.as_str().unwrap()).unwrap()
}

/// A data frame, whole or a fragment.
fn data(id: &str, sum: &str, seq: &str, payload: &[u8]) -> Frame {
    let header = |key: &str, value: &str| Header {
        key: key.into(),
        value: value.into(),
    };
    Frame {
        method: 1,
        headers: vec![
            header("type", "event"),
            header("message_id", id),
            header("sum", sum),
            header("seq", seq),
        ],
        payload: Some(payload.to_vec()),
        ..Frame::default()
    }
}

#[test]
fn every_recorded_frame_is_read_and_written_byte_for_byte() {
    for vector in list("frames") {
        let (id, wire, wanted) = (&vector["id"], bytes(&vector["hex"]), &vector["frame"]);
        let frame = Frame::decode(&wire).unwrap_or_else(|error| panic!("{id}: {error}"));
        assert_eq!(frame.seq_id.to_string(), wanted["SeqID"], "{id}");
        assert_eq!(frame.log_id.to_string(), wanted["LogID"], "{id}");
        assert_eq!(frame.service, wanted["service"], "{id}");
        assert_eq!(frame.method, wanted["method"], "{id}");
        let headers: Vec<_> = frame
            .headers
            .iter()
            .map(|header| [header.key.clone(), header.value.clone()])
            .collect();
        assert_eq!(serde_json::to_value(headers).unwrap(), wanted["headers"], "{id}");
        if id != "unknown-fields" {
            assert_eq!(hex::encode(frame.encode()), hex::encode(&wire), "{id}");
        }
    }
}

#[test]
fn the_ping_is_the_one_of_the_official_clients() {
    let frames = list("frames");
    let ping = frames.iter().find(|vector| vector["id"] == "ping").unwrap();
    assert_eq!(Frame::ping(33_554_678).encode(), bytes(&ping["hex"]));
}

#[test]
fn what_must_be_refused_is_no_push() {
    for vector in list("malformed") {
        let id = &vector["id"];
        let frame = Frame::decode(&bytes(&vector["hex"]));
        if vector["decodes"] == false {
            assert!(frame.is_err(), "{id}");
            continue;
        }
        let frame = frame.unwrap_or_else(|error| panic!("{id}: {error}"));
        let inbound = frame.inbound();
        match vector["our_client"].as_str().unwrap() {
            "ignore" => {
                let is_ignored = !matches!(inbound, Ok(Inbound::Data { .. }));
                assert!(is_ignored, "{id}: {inbound:?}");
            }
            "keep the old interval" => {
                let mut pace = Pace::default();
                inbound.unwrap().update(&mut pace);
                assert_eq!(pace.ping, Pace::default().ping, "{id}");
            }
            _ => {}
        }
    }
}

#[test]
fn an_answer_is_the_frame_that_came_last_with_the_same_headers() {
    for vector in list("exchanges") {
        let id = vector["id"].as_str().unwrap();
        let python = vector["python"].as_array().unwrap();
        // A frame of the type `card` is dropped by the SDKs and answered here; their second answer to one message is a fault.
        let Some(theirs) = python.first().filter(|_| id != "card-frame") else {
            continue;
        };
        let theirs = Frame::decode(&bytes(theirs)).unwrap();
        let mut fragments = Fragments::default();
        let mut pushes = Vec::new();
        for wire in vector["server"].as_array().unwrap() {
            pushes.extend(
                fragments
                    .add(Frame::decode(&bytes(wire)).unwrap(), Duration::ZERO)
                    .unwrap(),
            );
        }
        assert_eq!(pushes.len(), 1, "{id}");
        let ours = pushes[0].frame.clone().answer(Acknowledgement::Taken, 3);
        let known = theirs.headers.iter().filter(|header| header.key != "biz_rt");
        let echoed = ours.headers.iter().filter(|header| header.key != "biz_rt");
        assert!(echoed.eq(known), "{id}");
        assert_eq!(
            (ours.seq_id, ours.log_id, ours.service),
            (theirs.seq_id, theirs.log_id, theirs.service),
            "{id}"
        );
        assert_eq!(
            (&ours.payload_encoding, &ours.payload_type, &ours.log_id_new),
            (&theirs.payload_encoding, &theirs.payload_type, &theirs.log_id_new),
            "{id}"
        );
        assert!(serde_json::from_slice::<Value>(&pushes[0].body).is_ok(), "{id}");
    }
}

#[test]
fn an_answer_says_200_or_500_and_its_data_is_base64() {
    let payload = |answer| {
        let frame = data("m", "1", "0", b"{}").answer(answer, 12);
        assert_eq!(frame.header("biz_rt"), Some("12"));
        String::from_utf8(frame.payload.unwrap()).unwrap()
    };
    assert_eq!(payload(Acknowledgement::Taken), r#"{"code":200}"#);
    assert_eq!(payload(Acknowledgement::Reply(b"{}")), r#"{"code":200,"data":"e30="}"#);
    assert_eq!(payload(Acknowledgement::Failed), r#"{"code":500}"#);
}

#[test]
fn an_empty_part_counts_and_a_repeated_one_does_not() {
    let mut fragments = Fragments::default();
    let now = Duration::ZERO;
    assert_eq!(fragments.add(data("m", "3", "2", b"c"), now), Ok(None));
    assert_eq!(fragments.add(data("m", "3", "2", b"other"), now), Ok(None));
    assert_eq!(fragments.add(data("m", "3", "1", b""), now), Ok(None));
    let whole = fragments.add(data("m", "3", "0", b"a"), now).unwrap().unwrap();
    assert_eq!(whole.body, b"ac");
    assert_eq!(whole.frame.header("seq"), Some("0"));
    assert!(fragments.is_empty());
    // The message is forgotten: a late copy begins a new one, which expires.
    assert_eq!(fragments.add(data("m", "3", "1", b""), now), Ok(None));
    assert_eq!(fragments.expire(now + Duration::from_secs(10)), 1);
}

#[test]
fn a_flood_of_unfinished_messages_is_bounded_and_ends_after_ten_seconds() {
    let mut fragments = Fragments::default();
    let now = Duration::ZERO;
    for number in 0..64 {
        assert_eq!(fragments.add(data(&number.to_string(), "2", "0", b"x"), now), Ok(None));
    }
    let refused = fragments.add(data("one more", "2", "0", b"x"), now);
    assert_eq!(refused, Err(FragmentError::TooManyUnfinished));
    assert!(fragments.add(data("whole", "1", "0", b"{}"), now).unwrap().is_some());
    let later = now + Duration::from_secs(10);
    assert_eq!(fragments.add(data("one more", "2", "0", b"x"), later), Ok(None));
    assert_eq!(fragments.len(), 1);
}

#[test]
fn bytes_of_unfinished_messages_are_bounded() {
    let mut fragments = Fragments::default();
    let (now, part) = (Duration::ZERO, vec![b'x'; 1024 * 1024]);
    let kept = (0..64).filter(|number| fragments.add(data(&number.to_string(), "2", "0", &part), now).is_ok());
    assert_eq!(kept.count(), 7);
}

#[test]
fn a_message_larger_than_a_body_over_http_is_refused_and_forgotten() {
    let mut fragments = Fragments::default();
    let (now, part) = (Duration::ZERO, vec![b'x'; 600 * 1024]);
    assert_eq!(fragments.add(data("m", "2", "0", &part), now), Ok(None));
    assert_eq!(
        fragments.add(data("m", "2", "1", &part), now),
        Err(FragmentError::MessageTooLarge)
    );
    assert!(fragments.is_empty());
    let large = vec![b'x'; 1024 * 1024 + 1];
    assert_eq!(
        fragments.add(data("m", "1", "0", &large), now),
        Err(FragmentError::MessageTooLarge)
    );
}

#[test]
fn fragments_that_disagree_on_their_number_are_refused() {
    let mut fragments = Fragments::default();
    let now = Duration::ZERO;
    assert_eq!(fragments.add(data("m", "3", "0", b"a"), now), Ok(None));
    assert_eq!(
        fragments.add(data("m", "2", "1", b"b"), now),
        Err(FragmentError::SumChanged)
    );
}

#[test]
fn a_frame_full_of_headers_is_refused() {
    let mut frame = data("m", "1", "0", b"{}");
    let header = frame.headers[0].clone();
    frame.headers.resize(64, header.clone());
    assert!(Frame::decode(&frame.encode()).is_ok());
    frame.headers.push(header);
    assert_eq!(Frame::decode(&frame.encode()), Err(FrameError::TooManyHeaders));
}

#[test]
fn the_request_spells_its_names_as_lark_wants_them() {
    let body: Value = serde_json::from_str(&discovery_body("cli_a1", "s\"cret")).unwrap();
    assert_eq!(body, serde_json::json!({"AppID": "cli_a1", "AppSecret": "s\"cret"}));
}

fn discovered(url: &str, config: &str) -> Result<Discovery, EndpointError> {
    let body = format!(r#"{{"code":0,"msg":"","data":{{"URL":"{url}","ClientConfig":{config}}}}}"#);
    Discovery::read(body.as_bytes(), Pace::default(), false)
}

#[test]
fn an_endpoint_is_found_with_its_numbers_and_without_its_secrets_in_debug() {
    let url = &vectors()["url"];
    let config = r#"{"ReconnectCount":-1,"ReconnectInterval":90,"ReconnectNonce":25,"PingInterval":100}"#;
    let Ok(Discovery::Found(endpoint)) = discovered(url["url"].as_str().unwrap(), config) else {
        panic!("no endpoint");
    };
    assert_eq!(endpoint.device_id, url["device_id"]);
    assert_eq!(endpoint.service_id, url["service_id"]);
    assert_eq!(endpoint.host, "msg-frontier.feishu.cn");
    assert_eq!(endpoint.pace.ping, Duration::from_secs(100));
    assert_eq!(endpoint.pace.reconnect, Duration::from_secs(90));
    assert_eq!(endpoint.pace.nonce, Duration::from_secs(25));
    let debug = format!("{endpoint:?}");
    for secret in url["secret_parameters"].as_array().unwrap() {
        assert!(!debug.contains(secret.as_str().unwrap()), "{debug}");
    }
}

#[test]
fn an_endpoint_that_cannot_be_used_is_refused_with_the_reason() {
    let refused = |url| discovered(url, "{}").unwrap_err();
    assert_eq!(refused(""), EndpointError::NoUrl);
    assert_eq!(refused("ws://host/ws?service_id=1"), EndpointError::Scheme("wss://"));
    assert_eq!(refused("https://host/ws?service_id=1"), EndpointError::Scheme("wss://"));
    assert_eq!(refused("wss:///ws?service_id=1"), EndpointError::NoHost);
    assert_eq!(refused("wss://user@host/ws?service_id=1"), EndpointError::NoHost);
    assert_eq!(refused("wss://host/ws"), EndpointError::ServiceId);
    assert_eq!(
        refused("wss://host/ws?service_id=99999999999"),
        EndpointError::ServiceId
    );
    let read = |body: &[u8]| Discovery::read(body, Pace::default(), false).unwrap_err();
    assert_eq!(read(b"garbage"), EndpointError::NotJson);
    assert_eq!(read(b"[]"), EndpointError::NotJson);
    assert_eq!(read(br#"{"code":0}"#), EndpointError::NoUrl);
}

#[test]
fn a_plain_endpoint_is_for_a_plain_api_only() {
    let body = br#"{"code":0,"data":{"URL":"ws://127.0.0.1:1/ws?service_id=-5"}}"#;
    assert!(
        matches!(Discovery::read(body, Pace::default(), true), Ok(Discovery::Found(found)) if found.service_id == -5)
    );
}

#[test]
fn a_configuration_out_of_range_changes_nothing() {
    for config in [
        "null",
        "[]",
        "{}",
        r#"{"PingInterval":0,"ReconnectInterval":-5,"ReconnectNonce":601}"#,
        r#"{"PingInterval":"90","ReconnectInterval":1.5}"#,
    ] {
        let Ok(Discovery::Found(endpoint)) = discovered("wss://host/ws?service_id=1", config) else {
            panic!("{config}");
        };
        assert_eq!(endpoint.pace, Pace::default(), "{config}");
    }
}

#[test]
fn a_refusal_tells_who_can_end_it() {
    let refusal = |code: i64| {
        let body = format!(r#"{{"code":{code},"msg":"no","data":{{"URL":""}}}}"#);
        match Discovery::read(body.as_bytes(), Pace::default(), false) {
            Ok(Discovery::Refused(refusal)) => refusal,
            other => panic!("{code}: {other:?}"),
        }
    };
    for code in [
        403,
        514,
        9_499,
        1_000_040_344,
        1_000_040_345,
        1_000_040_346,
        Refusal::WRONG_DOMAIN,
    ] {
        assert!(refusal(code).needs_operator(), "{code}");
    }
    for code in [1, 1_000_040_343, 99_999] {
        assert!(
            !refusal(code).needs_operator() && !refusal(code).is_too_many(),
            "{code}"
        );
    }
    assert!(refusal(Refusal::TOO_MANY_CONNECTIONS).is_too_many());
}
