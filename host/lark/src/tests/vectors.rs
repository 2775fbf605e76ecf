//! The recorded vectors: which ones the official SDKs accept or reject, and the result here.

use serde::Deserialize;

use super::super::cipher::decrypt;
use super::{EncryptKey, Keys, Opened, Request, UnixSeconds, VerificationToken, seal, sign, sign_card_v1};

#[derive(Deserialize)]
struct Vectors {
    decrypt: Vec<Decrypt>,
    decrypt_invalid: Vec<DecryptInvalid>,
    signature: Vec<Signature>,
    signature_invalid: Vec<SignatureInvalid>,
    http: Vec<Http>,
}

#[derive(Deserialize)]
struct Decrypt {
    id: String,
    key: String,
    iv_hex: String,
    ciphertext: String,
    plaintext: String,
}

#[derive(Deserialize)]
struct DecryptInvalid {
    id: String,
    key: String,
    ciphertext: String,
    reject_because: String,
}

#[derive(Deserialize)]
struct Signature {
    id: String,
    kind: String,
    timestamp: String,
    nonce: String,
    secret: String,
    body: String,
    signature: String,
}

#[derive(Deserialize)]
struct SignatureInvalid {
    id: String,
    timestamp: String,
    nonce: String,
    secret: String,
    body: String,
    signature: Option<String>,
    reject_because: String,
}

#[derive(Deserialize)]
struct Http {
    id: String,
    encrypt_key: String,
    verification_token: String,
    timestamp: Option<String>,
    nonce: Option<String>,
    signature: Option<String>,
    body: String,
    plaintext: Option<String>,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../../../tests/fixtures/vectors.json")).unwrap()
}

#[test]
fn every_ciphertext_decrypts_to_its_plaintext_and_is_made_from_it() {
    for vector in vectors().decrypt {
        let key = EncryptKey::new(&vector.key);
        let iv = hex::decode(&vector.iv_hex).unwrap().try_into().unwrap();
        assert_eq!(
            decrypt(&key, &vector.ciphertext, &mut Vec::new()),
            Some(&*vector.plaintext),
            "{}",
            vector.id
        );
        let body = format!(r#"{{"encrypt":"{}"}}"#, vector.ciphertext);
        assert_eq!(seal(&key, iv, &vector.plaintext), body, "{}", vector.id);
    }
}

/// Node and Java take base64 without `=`, Go and Java any padding, all but Python text that is not UTF-8: we take none.
#[test]
fn every_broken_ciphertext_is_refused_even_where_some_sdk_takes_it() {
    for vector in vectors().decrypt_invalid {
        let key = EncryptKey::new(&vector.key);
        let mut buffer = Vec::new();
        assert_eq!(
            decrypt(&key, &vector.ciphertext, &mut buffer),
            None,
            "{}: {}",
            vector.id,
            vector.reject_because
        );
    }
}

#[test]
fn every_signature_is_what_we_compute() {
    for vector in vectors().signature {
        let Signature {
            timestamp,
            nonce,
            secret,
            body,
            ..
        } = &vector;
        let signature = match &*vector.kind {
            "sha256" => sign(&EncryptKey::new(secret), timestamp, nonce, body.as_bytes()),
            "sha1" => sign_card_v1(&VerificationToken::new(secret), timestamp, nonce, body.as_bytes()),
            kind => panic!("{}: unknown kind {kind}", vector.id),
        };
        assert_eq!(signature, vector.signature, "{}", vector.id);
    }
}

/// The SDKs compare text, so they refuse a signature in capitals; the platform never sends one, and the bytes it stands
/// for are the right ones. With the signature accepted, this body fails only at the next step.
#[test]
fn every_wrong_signature_is_refused_except_capitals_of_the_right_one() {
    for vector in vectors().signature_invalid {
        let keys = Keys {
            encrypt_keys: vec![EncryptKey::new(&vector.secret)],
            ..super::keys()
        };
        let request = Request {
            timestamp: Some(vector.timestamp.into()),
            nonce: Some(vector.nonce.into()),
            signature: vector.signature.map(Into::into),
            body: vector.body.into(),
        };
        let code = match &*vector.id {
            "missing" => "missing_headers",
            "uppercase-hex" => "decrypt",
            // One of them is a flat v1 card under a token that is not ours.
            _ => "signature",
        };
        assert_eq!(
            request.open(&keys),
            Err(code),
            "{}: {}",
            vector.id,
            vector.reject_because
        );
    }
}

/// A challenge, an event by its type, or a refusal by its code. The table is complete: an id that is not in it fails.
fn expected(id: &str) -> Result<&'static str, &'static str> {
    match id {
        // Go refuses a plain challenge while a key is configured; the token is right, and nothing depends on it.
        "challenge-plain"
        | "challenge-plain-autochallenge-off"
        | "challenge-plain-while-key-configured"
        | "challenge-encrypted-unsigned"
        | "challenge-encrypted-card-handler" => Ok("challenge"),
        // The SDKs have separate handlers for the two card callbacks; here one endpoint serves both. Capitals: see above.
        "card-v2-plain"
        | "card-v2-plain-cardhandler"
        | "card-v2-encrypted-signed"
        | "card-v2-encrypted-signed-cardhandler"
        | "card-v2-encrypted-uppercase-signature"
        | "card-legacy-signed"
        | "card-legacy-on-event-handler" => Ok("card.action.trigger"),
        "event-v2-plain" | "event-v2-encrypted-signed" | "event-v2-handler-throws" => Ok("im.message.receive_v1"),
        "event-v1-plain" => Ok("p2p_chat_create"),
        "url-preview-encrypted-signed" => Ok("url.preview.get"),
        "event-unknown-type-plain" => Ok("no.such.event_v9"),
        // Node answers a challenge with any token; Node, Go and Java do not look at the token of an event.
        "challenge-plain-wrong-token" | "card-v2-plain-bad-token" | "event-v1-bad-token" => Err("token"),
        "card-v2-encrypted-bad-signature" | "card-legacy-bad-signature" => Err("signature"),
        // All SDKs skip the signature of a flat card when no token is configured.
        "card-v2-encrypted-missing-signature-headers"
        | "card-legacy-unsigned-no-token-configured"
        | "card-legacy-handler-throws" => Err("missing_headers"),
        "card-v2-plain-body-while-key-configured-unsigned" => Err("plain_body"),
        "challenge-encrypted-no-key-configured" => Err("no_key"),
        "bad-ciphertext-signed-autochallenge" => Err("decrypt"),
        "not-json" | "empty-body" => Err("not_json"),
        unknown => panic!("no expectation for {unknown}"),
    }
}

#[test]
fn every_recorded_request_is_opened_or_refused_by_the_stricter_reading() {
    for vector in vectors().http {
        let keys = Keys {
            encrypt_keys: some_unless_empty(&vector.encrypt_key).map(EncryptKey::new).collect(),
            verification_tokens: some_unless_empty(&vector.verification_token)
                .map(VerificationToken::new)
                .collect(),
            ..Keys::default()
        };
        let request = Request {
            timestamp: vector.timestamp.map(Into::into),
            nonce: vector.nonce.map(Into::into),
            signature: vector.signature.map(Into::into),
            body: vector.body.clone().into(),
        };
        let opened = request.open_at(&keys, UnixSeconds(1_669_706_134));
        let result = match &opened {
            Ok(Opened::Challenge(challenge)) => {
                assert_eq!(challenge, "ajls384kdjx98XX", "{}", vector.id);
                Ok("challenge")
            }
            Ok(Opened::Event(event) | Opened::AppTicket { event, .. }) => Ok(&*event.event_type),
            Err(code) => Err(*code),
        };
        assert_eq!(result, expected(&vector.id), "{}", vector.id);
        if let Ok(Opened::Event(event)) = &opened
            && !vector.id.starts_with("card-legacy")
        {
            let json = vector.plaintext.as_ref().unwrap_or(&vector.body);
            assert!(
                json.contains(&*event.payload),
                "{}: the payload is not the text that was sent",
                vector.id
            );
        }
    }
}

fn some_unless_empty(text: &str) -> impl Iterator<Item = &str> {
    Some(text).into_iter().filter(|text| !text.is_empty())
}
