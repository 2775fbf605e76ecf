//! Encrypted bodies: the keys that open them, and the order of the checks.

use super::{
    CARD_V1, CHALLENGE, CLICK, EVENT_V1, EncryptKey, KEY, Keys, NONCE, NOW, Request, TIMESTAMP, TOKEN, UnixSeconds,
    VerificationToken, encrypt_key, keys, seal, sign, token, token_only,
};

#[test]
fn encrypted_and_signed_click_is_opened() {
    let event = Request::sealed(CLICK).signed().event(&keys());
    assert_eq!((&*event.id, &*event.event_type), ("f7984f25", "card.action.trigger"));
}

#[test]
fn encrypted_and_signed_event_of_schema_1_is_opened() {
    assert_eq!(
        &*Request::sealed(EVENT_V1).signed().event(&keys()).event_type,
        "p2p_chat_create"
    );
}

#[test]
fn whitespace_and_escapes_in_the_outer_object_are_json_like_any_other() {
    let compact = seal(&encrypt_key(), super::IV, CLICK);
    assert!(compact.contains('/'), "this text has a slash to escape");
    let spaced = compact
        .replace('/', r"\/")
        .replace(r#"{"encrypt":"#, "{ \"\\u0065ncrypt\" :\n ")
        + "\n";
    assert_eq!(&*Request::plain(spaced).signed().event(&keys()).id, "f7984f25");
}

#[test]
fn encrypted_challenge_needs_no_signature() {
    Request::sealed(CHALLENGE).is_challenge(&keys());
}

#[test]
fn encrypted_challenge_with_another_token_is_refused() {
    Request::sealed(&CHALLENGE.replace(TOKEN, "another token")).is_refused(&keys(), "token");
}

#[test]
fn signed_challenge_is_opened_and_a_wrong_signature_is_not_overlooked() {
    Request::sealed(CHALLENGE).signed().is_challenge(&keys());
    Request::sealed(CHALLENGE)
        .signed_with(&EncryptKey::new("another key"))
        .is_refused(&keys(), "signature");
}

#[test]
fn nothing_but_a_challenge_comes_without_a_signature() {
    for plaintext in [CLICK, EVENT_V1, CARD_V1, "{}", r#"{"type":"event_callback"}"#] {
        Request::sealed(plaintext).is_refused(&keys(), "missing_headers");
    }
}

#[test]
fn large_unsigned_body_is_not_even_decrypted() {
    let padded = CHALLENGE.replace("ajls384k", &"a".repeat(4096));
    Request::sealed(&padded).is_refused(&keys(), "missing_headers");
}

#[test]
fn each_header_alone_or_missing_is_refused() {
    let signed = Request::sealed(CHALLENGE).signed();
    for kept in 1..7 {
        let mut request = signed.clone();
        request.timestamp = request.timestamp.filter(|_| kept & 1 != 0);
        request.nonce = request.nonce.filter(|_| kept & 2 != 0);
        request.signature = request.signature.filter(|_| kept & 4 != 0);
        request.is_refused(&keys(), "missing_headers");
    }
}

#[test]
fn encrypted_body_without_a_configured_key_is_refused() {
    Request::sealed(CLICK).signed().is_refused(&token_only(), "no_key");
    Request::sealed(CHALLENGE).is_refused(&token_only(), "no_key");
}

#[test]
fn two_keys_are_accepted_while_one_is_replaced() {
    let (old, new) = (encrypt_key(), EncryptKey::new("a newer key"));
    let rotating = Keys {
        encrypt_keys: vec![new.clone(), old.clone()],
        ..keys()
    };
    for key in [&old, &new] {
        let body = seal(key, super::IV, CLICK);
        Request::plain(body.clone()).signed_with(key).event(&rotating);
        Request::plain(seal(key, super::IV, CHALLENGE)).is_challenge(&rotating);
    }
}

#[test]
fn body_is_decrypted_with_the_key_that_signed_it_and_no_other() {
    let rotating = Keys {
        encrypt_keys: vec![EncryptKey::new("a newer key"), encrypt_key()],
        ..keys()
    };
    Request::sealed(CLICK)
        .signed_with(&EncryptKey::new("a newer key"))
        .is_refused(&rotating, "decrypt");
}

#[test]
fn two_verification_tokens_are_accepted_while_one_is_replaced() {
    let rotating = Keys {
        verification_tokens: vec![VerificationToken::new("a newer token"), token()],
        ..keys()
    };
    Request::sealed(CLICK).signed().event(&rotating);
    Request::sealed(&CLICK.replace(TOKEN, "a newer token"))
        .signed()
        .event(&rotating);
}

#[test]
fn what_is_signed_and_sealed_needs_no_token_but_a_wrong_one_is_refused() {
    let stated = format!(r#""token":"{TOKEN}""#);
    for plaintext in [CLICK, EVENT_V1] {
        for absent in [r#""tokens":"x""#, r#""token":null"#, r#""token":"""#] {
            let request = Request::sealed(&plaintext.replacen(&stated, absent, 1));
            request.clone().signed().event(&keys());
            request.is_refused(&keys(), "missing_headers");
        }
        for wrong in [
            r#""token":"another""#,
            r#""token":7"#,
            r#""token":{}"#,
            r#""token":[""]"#,
        ] {
            let request = Request::sealed(&plaintext.replacen(&stated, wrong, 1));
            request.signed().is_refused(&keys(), "token");
        }
    }
}

#[test]
fn a_challenge_needs_its_token_even_when_it_is_signed() {
    let without = CHALLENGE.replacen(r#""token""#, r#""tokens""#, 1);
    Request::sealed(&without).signed().is_refused(&keys(), "token");
}

#[test]
fn without_a_key_the_token_must_be_there() {
    let stated = format!(r#""token":"{TOKEN}""#);
    for plaintext in [CLICK, EVENT_V1] {
        for absent in [r#""tokens":"x""#, r#""token":null"#, r#""token":"""#] {
            Request::plain(plaintext.replacen(&stated, absent, 1)).is_refused(&token_only(), "token");
        }
    }
}

#[test]
fn a_body_without_a_signature_can_be_no_larger_than_a_challenge_unless_there_is_no_key() {
    assert_eq!(keys().body_bytes_max(true), 1024 * 1024);
    assert_eq!(keys().body_bytes_max(false), 8192);
    assert_eq!(token_only().body_bytes_max(false), 1024 * 1024);
}

#[test]
fn empty_secrets_prove_nothing() {
    let empty = Keys {
        encrypt_keys: vec![EncryptKey::new("")],
        verification_tokens: vec![VerificationToken::new("")],
        ..Keys::default()
    };
    let nobody = EncryptKey::new("");
    let body = seal(&nobody, super::IV, &CLICK.replace(TOKEN, ""));
    Request::plain(body)
        .signed_with(&nobody)
        .is_refused(&empty, "signature");
    let keyless = Keys {
        encrypt_keys: Vec::new(),
        ..empty
    };
    Request::plain(CLICK.replace(TOKEN, "")).is_refused(&keyless, "token");
    let card = super::sign_card_v1(&VerificationToken::new(""), TIMESTAMP, NONCE, CARD_V1.as_bytes());
    Request::plain(CARD_V1)
        .with_headers(TIMESTAMP, NONCE, card)
        .is_refused(&keyless, "signature");
}

#[test]
fn key_is_taken_as_it_is_written() {
    for other in [" an encrypt key", "an encrypt key ", "An encrypt key"] {
        Request::sealed(CLICK)
            .signed_with(&EncryptKey::new(other))
            .is_refused(&keys(), "signature");
    }
}

#[test]
fn whatever_does_not_decrypt_to_an_object_is_refused_alike() {
    for plaintext in [
        "",
        "x",
        "[]",
        "null",
        "\"text\"",
        "hello world",
        "{\"a\":1",
        "{} {}",
        "{\"token\":1,\"token\":2}",
    ] {
        Request::sealed(plaintext).signed().is_refused(&keys(), "decrypt");
        Request::sealed(plaintext).is_refused(&keys(), "decrypt");
    }
    for encrypt in [
        "",
        "AAAA",
        "not base64",
        "-_-_",
        "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=",
    ] {
        let request = Request::plain(format!(r#"{{"encrypt":"{encrypt}"}}"#));
        request.clone().signed().is_refused(&keys(), "decrypt");
        request.is_refused(&keys(), "decrypt");
    }
}

#[test]
fn authenticated_body_of_no_known_shape_is_malformed() {
    for plaintext in [
        "{}",
        r#"{"schema":"2.0"}"#,
        r#"{"schema":"2.0","header":"text"}"#,
        r#"{"event":{}}"#,
    ] {
        Request::sealed(plaintext).signed().is_refused(&keys(), "unknown_shape");
    }
}

/// Lark never encrypts it, and its own signature would be missing.
#[test]
fn encrypted_flat_card_is_refused() {
    Request::sealed(CARD_V1).signed().is_refused(&keys(), "unknown_shape");
}

#[test]
fn time_window_includes_both_ends_and_nothing_beyond() {
    let request = Request::sealed(CLICK).signed();
    let opened_at = |seconds: i64| request.open_at(&keys(), UnixSeconds(NOW.0 + seconds)).map(|_| ());
    assert_eq!(opened_at(8 * 60 * 60), Ok(()));
    assert_eq!(opened_at(8 * 60 * 60 + 1), Err("stale"));
    assert_eq!(opened_at(-5 * 60), Ok(()));
    assert_eq!(opened_at(-5 * 60 - 1), Err("future"));
}

#[test]
fn clock_at_its_limits_refuses_and_does_not_overflow() {
    let request = Request::sealed(CLICK).signed();
    assert_eq!(request.open_at(&keys(), UnixSeconds(i64::MAX)), Err("stale"));
    assert_eq!(request.open_at(&keys(), UnixSeconds(i64::MIN)), Err("future"));
}

#[test]
fn right_signature_over_a_timestamp_of_another_form_is_refused() {
    for timestamp in [
        "",
        "166970613",
        "16697061340",
        "1669706134000",
        "+166970613",
        " 166970613",
        "166970613a",
        "１６６９",
    ] {
        let body = seal(&encrypt_key(), super::IV, CLICK);
        let signature = sign(&EncryptKey::new(KEY), timestamp, NONCE, body.as_bytes());
        Request::plain(body)
            .with_headers(timestamp, NONCE, signature)
            .is_refused(&keys(), "timestamp_format");
    }
}

#[test]
fn right_signature_over_a_nonce_of_another_form_is_refused() {
    let (longest, too_long) = ("n".repeat(64), "n".repeat(65));
    let signed = |nonce: &str| {
        let body = seal(&encrypt_key(), super::IV, CLICK);
        let signature = sign(&encrypt_key(), TIMESTAMP, nonce, body.as_bytes());
        Request::plain(body).with_headers(TIMESTAMP, nonce, signature)
    };
    signed(&longest).event(&keys());
    for nonce in ["", &too_long, "a b", "a\tb", "a\u{7f}", "随机"] {
        signed(nonce).is_refused(&keys(), "nonce_format");
    }
}
