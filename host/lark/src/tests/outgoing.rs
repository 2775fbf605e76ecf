//! Requests as Lark sends them are opened again: one sender for the command, the tests and the benchmark.

use super::super::outgoing::{OutgoingCallback, Protection, Secrets, Stamp};
use super::{CARD_V1, CHALLENGE, CLICK, IV, NONCE, NOW, Opened, TIMESTAMP, encrypt_key, keys, open, token, token_only};

const STAMP: Stamp<'static> = Stamp {
    timestamp: TIMESTAMP,
    nonce: NONCE,
    iv: IV,
};

fn opened_with_keys(protection: Protection, text: &str) -> (OutgoingCallback, Opened) {
    let (key, token) = (encrypt_key(), token());
    let secrets = Secrets {
        encrypt_key: Some(&key),
        verification_token: Some(&token),
    };
    let request = OutgoingCallback::new(protection, text, secrets, STAMP);
    let opened = open(&keys(), &request.raw(), NOW).unwrap();
    (request, opened)
}

#[test]
fn each_protection_is_the_one_that_a_server_expects_for_its_shape() {
    let cases = [
        (Protection::SealedAndSigned, CLICK, 3, true),
        (Protection::SealedOnly, CHALLENGE, 0, true),
        (Protection::SignedOnly, CARD_V1, 3, false),
    ];
    for (protection, text, headers, is_sealed) in cases {
        let (request, opened) = opened_with_keys(protection, text);
        assert_eq!(request.signature_headers().count(), headers, "{protection:?}");
        assert_eq!(
            request.body.starts_with(br#"{"encrypt":""#),
            is_sealed,
            "{protection:?}"
        );
        assert_eq!(matches!(opened, Opened::Challenge(_)), text == CHALLENGE);
    }
}

#[test]
fn an_application_without_a_key_gets_events_and_challenges_in_clear_and_unsigned() {
    let token = token();
    let secrets = Secrets {
        encrypt_key: None,
        verification_token: Some(&token),
    };
    for (protection, text) in [
        (Protection::SealedAndSigned, CLICK),
        (Protection::SealedOnly, CHALLENGE),
    ] {
        let request = OutgoingCallback::new(protection, text, secrets, STAMP);
        assert_eq!(request, OutgoingCallback::plain(text));
        assert!(open(&token_only(), &request.raw(), NOW).is_ok(), "{protection:?}");
    }
}
