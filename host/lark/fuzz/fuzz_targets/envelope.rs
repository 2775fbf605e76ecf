//! A body that is proved to be Lark's, whatever it says: encrypted and signed, and in clear where the token alone counts.

#![no_main]

use lark_protocol::{
    EncryptKey, Event, Keys, Malformed, OpenError, Opened, Schema, Unauthenticated, UnixSeconds, VerificationToken, open,
    outgoing::{OutgoingCallback, Stamp},
};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, value::RawValue};

const ENCRYPT_KEY: &str = "kudryavka";
const TOKEN: &str = "066zT6pS4QCbgj5Do145GfDbbagCHGgF";
const NOW: UnixSeconds = UnixSeconds(1_669_706_134);
const STAMP: Stamp<'static> = Stamp {
    timestamp: "1669706134",
    nonce: "nonce",
    iv: [7; 16],
};

fn keys(encrypt_key: Option<EncryptKey>) -> Keys {
    Keys {
        encrypt_keys: encrypt_key.into_iter().collect(),
        verification_tokens: vec![VerificationToken::new(TOKEN)],
        ..Keys::default()
    }
}

fn check(event: &Event, text: &str) {
    for name in [&event.id, &event.event_type, &event.app_id, &event.tenant_key] {
        assert!(name.len() <= 256, "a name of {} bytes", name.len());
    }
    assert!(!event.id.is_empty());
    assert!(event.payload.starts_with('{') && event.payload.ends_with('}'));
    serde_json::from_str::<&RawValue>(&event.payload).expect("a payload is json");
    let is_as_sent = text.contains(&*event.payload);
    let is_made_here = event.schema == Schema::CardV1 || &*event.event_type == "app_ticket" || &*event.payload == "{}";
    assert!(is_as_sent || is_made_here, "{}", event.payload);
}

fuzz_target!(|text: &str| {
    let key = EncryptKey::new(ENCRYPT_KEY);
    let sealed = OutgoingCallback::sealed(&key, STAMP.iv, text).signed(&key, STAMP);
    let sealed = open(&keys(Some(key)), &sealed.raw(), NOW);
    // Signed like a flat card, which is the only signature that counts without a key.
    let plain = OutgoingCallback::plain(text).signed_as_card_v1(&VerificationToken::new(TOKEN), STAMP);
    let plain = open(&keys(None), &plain.raw(), NOW);
    for opened in [&sealed, &plain] {
        if let Ok(Opened::Event(event) | Opened::AppTicket { event, .. }) = opened {
            check(event, text);
        }
    }
    match (&sealed, &plain) {
        // The two ways differ only in what proves the body.
        (Err(_), Ok(Opened::Event(event))) => assert_eq!(event.schema, Schema::CardV1),
        (Err(error), Ok(other)) => panic!("{error}: {other:?}"),
        (Ok(sealed), Ok(plain)) => assert_eq!(sealed, plain),
        (Ok(_), Err(error)) => assert_eq!(*error, OpenError::Unauthenticated(Unauthenticated::Token)),
        (Err(error), Err(_)) => assert!(
            !matches!(error, OpenError::Malformed(Malformed::Utf8 | Malformed::Encrypt)),
            "{error}"
        ),
    }
    if sealed.is_ok() {
        serde_json::from_str::<Value>(text).map(drop).unwrap_or_else(|error| {
            // The general reader has limits of its own, which what is opened need not keep: depth, the size of a number, and
            // halves of a surrogate pair.
            let text = error.to_string();
            let is_limit = ["recursion limit", "out of range", "surrogate", "lone leading", "hex escape"];
            assert!(is_limit.iter().any(|limit| text.contains(limit)), "{text}");
        });
    }
});
