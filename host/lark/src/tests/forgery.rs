//! Attacks by somebody who has seen a signed request but knows no secret.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::block_api::compress256;

use super::{CARD_V1, CHALLENGE, CLICK, KEY, NONCE, Request, TIMESTAMP, encrypt_key, keys, sign};

/// Goes on hashing where a known digest ended: the padding that SHA-256 had added, and the digest after `suffix`.
fn extend(digest: &str, hashed_bytes: usize, suffix: &[u8]) -> (Vec<u8>, String) {
    let padding_after = |bytes: usize| {
        let mut padding = vec![0x80];
        padding.resize(1 + (119 - bytes % 64) % 64, 0);
        padding.extend((bytes as u64 * 8).to_be_bytes());
        padding
    };
    let glue = padding_after(hashed_bytes);
    let mut rest = suffix.to_vec();
    rest.extend(padding_after(hashed_bytes + glue.len() + suffix.len()));
    let (blocks, []) = rest.as_chunks::<64>() else {
        panic!("the padding fills the last block")
    };

    let digest = hex::decode(digest).unwrap();
    let (words, []) = digest.as_chunks::<4>() else {
        panic!("eight words")
    };
    let mut state: [u32; 8] = words
        .iter()
        .map(|word| u32::from_be_bytes(*word))
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    compress256(&mut state, blocks);
    (glue, state.iter().map(|word| format!("{word:08x}")).collect())
}

#[test]
fn length_extension_makes_a_right_signature_and_is_refused_all_the_same() {
    let known = Request::sealed(CLICK).signed();
    let known_signature = String::from_utf8(known.signature.clone().unwrap()).unwrap();
    let hashed_bytes = TIMESTAMP.len() + NONCE.len() + KEY.len() + known.body.len();
    for suffix in [r#"{"encrypt":"AAAA"}"#, "", " "] {
        let (glue, signature) = extend(&known_signature, hashed_bytes, suffix.as_bytes());
        let body = [&*known.body, &glue, suffix.as_bytes()].concat();
        assert_eq!(
            signature,
            sign(&encrypt_key(), TIMESTAMP, NONCE, &body),
            "the attack itself must work"
        );
        Request::plain(body)
            .with_headers(TIMESTAMP, NONCE, signature)
            .is_refused(&keys(), "not_utf8");
    }
}

/// The signature is over timestamp and nonce without anything between, so these requests hash to the same digest.
#[test]
fn moving_the_border_between_timestamp_and_nonce_is_refused() {
    let known = Request::sealed(CLICK).signed();
    let both = format!("{TIMESTAMP}{NONCE}");
    for border in (1..both.len()).filter(|border| *border != TIMESTAMP.len()) {
        let (timestamp, nonce) = both.split_at(border);
        assert_eq!(
            known.signature,
            Some(sign(&encrypt_key(), timestamp, nonce, &known.body).into())
        );
        let moved = Request {
            timestamp: Some(timestamp.into()),
            nonce: Some(nonce.into()),
            ..known.clone()
        };
        moved.is_refused(&keys(), "timestamp_format");
    }
}

#[test]
fn bytes_after_the_value_are_refused() {
    let body = Request::sealed(CLICK).body;
    for tail in ["x", "{}", "\0", ",", r#"{"encrypt":"AAAA"}"#] {
        Request::plain([&*body, tail.as_bytes()].concat())
            .signed()
            .is_refused(&keys(), "not_json");
    }
}

/// Node merges them over what was encrypted.
#[test]
fn keys_beside_encrypt_are_refused() {
    let body = String::from_utf8(Request::sealed(CLICK).body).unwrap();
    for sibling in [
        r#""schema":"2.0""#,
        r#""type":"url_verification""#,
        r#""anything":null"#,
        r#""event":{}"#,
    ] {
        let before = body.replacen('{', &format!("{{{sibling},"), 1);
        let after = format!("{},{sibling}}}", body.strip_suffix('}').unwrap());
        for body in [before, after] {
            Request::plain(body).signed().is_refused(&keys(), "encrypt_not_alone");
        }
    }
}

#[test]
fn encrypt_that_is_not_a_string_is_refused() {
    for value in ["null", "1", "true", "{}", "[]", r#"["AAAA"]"#] {
        let body = format!(r#"{{"encrypt":{value}}}"#);
        Request::plain(body.clone()).is_refused(&keys(), "encrypt_not_alone");
        Request::plain(body).signed().is_refused(&keys(), "encrypt_not_alone");
    }
}

#[test]
fn key_that_comes_twice_is_refused_however_it_is_written() {
    let body = String::from_utf8(Request::sealed(CLICK).body).unwrap();
    for key in [r#""encrypt""#, r#""\u0065ncrypt""#] {
        let twice = body.replacen('{', &format!(r#"{{{key}:"AAAA","#), 1);
        Request::plain(twice).signed().is_refused(&keys(), "not_json");
    }
    let token_twice = CHALLENGE.replacen('{', r#"{"token":"another token","#, 1);
    Request::plain(token_twice).is_refused(&keys(), "not_json");
    let header_token_twice = CLICK.replacen(r#""header":{"#, r#""header":{"token":"another token","#, 1);
    Request::sealed(&header_token_twice)
        .signed()
        .is_refused(&keys(), "not_json");
}

/// The same text twice: the second, inside, must not be decrypted as well.
#[test]
fn encrypted_body_inside_an_encrypted_body_is_nothing() {
    let inner = String::from_utf8(Request::sealed(CLICK).body).unwrap();
    Request::sealed(&inner).signed().is_refused(&keys(), "unknown_shape");
    Request::sealed(&inner).is_refused(&keys(), "missing_headers");
}

/// A padding oracle attack: changes each byte of the block before the last to every other value.
#[test]
fn changed_ciphertext_without_a_signature_gives_one_answer() {
    let sealed = STANDARD.decode(encrypt(CHALLENGE)).unwrap();
    for position in sealed.len() - 32..sealed.len() - 16 {
        for change in 1..=255 {
            let mut changed = sealed.clone();
            changed[position] ^= change;
            let body = format!(r#"{{"encrypt":"{}"}}"#, STANDARD.encode(changed));
            Request::plain(body).is_refused(&keys(), "decrypt");
        }
    }
}

/// Some of these texts stand for the same bytes in a decoder that overlooks the bits left over at the end.
#[test]
fn second_spelling_of_the_same_base64_is_refused() {
    let encrypt = encrypt(CHALLENGE);
    let unpadded = encrypt.trim_end_matches('=');
    let (start, last) = unpadded.split_at(unpadded.len() - 1);
    let padding = &encrypt[unpadded.len()..];
    assert!(!padding.is_empty(), "this text must leave bits over");
    for other in ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .filter(|other| !last.starts_with(*other))
    {
        Request::plain(format!(r#"{{"encrypt":"{start}{other}{padding}"}}"#)).is_refused(&keys(), "decrypt");
    }
    for other in ["", "===", "=\\n", "=AAAA"] {
        Request::plain(format!(r#"{{"encrypt":"{unpadded}{other}"}}"#)).is_refused(&keys(), "decrypt");
    }
}

/// The value of `encrypt` for this plaintext.
fn encrypt(plaintext: &str) -> String {
    let body: serde_json::Value = serde_json::from_slice(&Request::sealed(plaintext).body).unwrap();
    body["encrypt"].as_str().unwrap().to_owned()
}

#[test]
fn nothing_secret_is_in_any_debug_or_error_text() {
    let keys = keys();
    let card = Request::plain(CARD_V1).signed_as_card_v1();
    let raw = super::RawCallback {
        timestamp: None,
        nonce: None,
        signature: None,
        body: &card.body,
    };
    let shown = format!("{keys:?} {raw:?} {:?} {:?}", card.event(&keys), card.open(&keys));
    for secret in [KEY, super::TOKEN, "c-xxxxx", "ou_sdf"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
