//! Tests of the diagnosis: what a refused request is said to be.

use super::{CARD_V1, CHALLENGE, CLICK, NOW, Request, encrypt_key, keys, token, token_only};
use crate::{
    EncryptKey, Finding, Keys, RawCallback, Suspect, UnixSeconds, VerificationToken, cipher::seal, diagnose, open,
};

const OTHER: &str = "the key of another application";
const BEFORE: &str = "the key before";

fn other() -> Keys {
    Keys {
        encrypt_keys: vec![EncryptKey::new(OTHER)],
        verification_tokens: vec![VerificationToken::new("another token")],
        ..Keys::default()
    }
}

impl Request {
    /// Diagnosis of the request, after it was refused.
    #[track_caller]
    fn found_at(&self, keys: &Keys, now: UnixSeconds) -> Option<Finding> {
        let raw = RawCallback {
            timestamp: self.timestamp.as_deref(),
            nonce: self.nonce.as_deref(),
            signature: self.signature.as_deref(),
            body: &self.body,
        };
        let refusal = open(keys, &raw, now).unwrap_err();
        let (other, retired) = (other(), [EncryptKey::new(BEFORE)]);
        let retired_tokens = [VerificationToken::new("the token before")];
        let own = Suspect {
            keys,
            retired_keys: &retired,
            retired_tokens: &retired_tokens,
        };
        let others = [Suspect {
            keys: &other,
            retired_keys: &[],
            retired_tokens: &[],
        }];
        diagnose(own, &others, &raw, refusal, now)
    }

    #[track_caller]
    fn found(&self, keys: &Keys) -> Option<Finding> {
        self.found_at(keys, NOW)
    }
}

fn sealed_with(key: &str, text: &str) -> Request {
    let key = EncryptKey::new(key);
    Request::plain(seal(&key, super::IV, text)).signed_with(&key)
}

#[test]
fn the_owner_of_a_key_is_found() {
    for (key, finding) in [
        (BEFORE, Finding::PreviousKey),
        (OTHER, Finding::OtherApp(0)),
        ("nobody's", Finding::UnknownKey),
    ] {
        assert_eq!(sealed_with(key, CLICK).found(&keys()), Some(finding), "{key}");
        let unsigned = Request::plain(sealed_with(key, CHALLENGE).body);
        assert_eq!(unsigned.found(&keys()), Some(finding), "a challenge with {key}");
    }
    assert_eq!(
        Request::sealed(CLICK).signed().found(&token_only()),
        Some(Finding::KeyMissingHere)
    );
    assert_eq!(
        sealed_with(OTHER, CLICK).found(&token_only()),
        Some(Finding::OtherApp(0))
    );
}

#[test]
fn the_owner_of_a_token_is_found() {
    for (sent, sealed, plain) in [
        ("the token before", Finding::PreviousToken, Finding::PreviousToken),
        ("another token", Finding::OtherApp(0), Finding::OtherApp(0)),
        ("nobody's", Finding::UnknownToken, Finding::Stranger),
        ("a verification token", Finding::UnknownToken, Finding::Unsigned),
    ] {
        let click = CLICK.replace("a verification token", sent);
        if sent != "a verification token" {
            assert_eq!(Request::sealed(&click).signed().found(&keys()), Some(sealed), "{sent}");
        }
        assert_eq!(Request::plain(click).found(&keys()), Some(plain), "{sent}");
    }
}

#[test]
fn what_a_proxy_did_to_a_body_is_undone() {
    let sent = Request::sealed(CLICK).signed();
    let text = String::from_utf8(sent.body.clone()).unwrap();
    for changed in [
        text.replace(':', ": "),
        format!("{text}\n"),
        format!(" {} ", text.replace('{', "{\n  ").replace('}', "\n}")),
        text.replace('/', r"\/"),
        text.replace('+', r"\u002b").replace('=', r"\u003d"),
    ] {
        assert_ne!(changed, text);
        let request = Request {
            body: changed.clone().into(),
            ..sent.clone()
        };
        assert_eq!(request.found(&keys()), Some(Finding::Rewritten), "{changed}");
    }
    let spaced = text.replace(':', ": ");
    let signed_with_spaces = Request::plain(spaced).signed();
    let compact = Request {
        body: text.into(),
        ..signed_with_spaces
    };
    assert_eq!(
        compact.found(&keys()),
        Some(Finding::Rewritten),
        "white space that was taken away"
    );

    let card = Request::plain(CARD_V1).signed_as_card_v1();
    let pretty = CARD_V1.replace(',', ",\n  ").replace(':', ": ");
    let card = Request {
        body: pretty.into(),
        ..card
    };
    assert_eq!(card.found(&keys()), Some(Finding::Rewritten), "an old card");
}

#[test]
fn what_cannot_be_undone_is_called_altered() {
    let sent = Request::sealed(CLICK).signed();
    let other_nonce = Request {
        nonce: Some(b"another".to_vec()),
        ..sent.clone()
    };
    assert_eq!(other_nonce.found(&keys()), Some(Finding::Altered));
    let no_digits = Request {
        timestamp: Some(b"2022-11-29".to_vec()),
        ..sent.clone()
    };
    assert_eq!(no_digits.found(&keys()), Some(Finding::Altered));
    let in_milliseconds = Request::sealed(CLICK).signed_at("1669700000000");
    assert_eq!(in_milliseconds.found(&keys()), None, "its sender writes it so");
    let without_headers = Request::plain(sent.body.clone());
    assert_eq!(without_headers.found(&keys()), Some(Finding::HeadersDropped));
    let body = String::from_utf8(sent.body.clone())
        .unwrap()
        .replacen('{', r#"{"trace":"7","#, 1);
    let with_more = Request {
        body: body.into(),
        ..sent
    };
    assert_eq!(with_more.found(&keys()), Some(Finding::FieldsAdded));
}

#[test]
fn a_wrong_clock_is_told_in_seconds() {
    let sent = Request::sealed(CLICK).signed();
    for seconds in [9 * 3600, -601] {
        let now = UnixSeconds(NOW.0 + seconds);
        assert_eq!(sent.found_at(&keys(), now), Some(Finding::ClockOff(seconds)));
    }
}

#[test]
fn what_is_no_json_is_known_by_its_beginning() {
    let text = String::from_utf8(Request::sealed(CLICK).body).unwrap();
    let utf_16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (body, finding) in [
        (b"\x1f\x8b\x08\x00\xff".to_vec(), Some(Finding::Compressed)),
        ([b"\xff\xfe".to_vec(), utf_16].concat(), Some(Finding::WrongCharset)),
        (b"{\"name\":\"\xc4\xe3\xba\xc3\"}".to_vec(), Some(Finding::WrongCharset)),
        (b" \n".to_vec(), Some(Finding::EmptyBody)),
        (b"encrypt=YWJj%3D".to_vec(), Some(Finding::Form)),
        (
            [b"\xef\xbb\xbf".to_vec(), text.into()].concat(),
            Some(Finding::Rewritten),
        ),
        (b"<html>".to_vec(), None),
        (b"\x00\xff".to_vec(), None),
        (b"{}".to_vec(), None),
    ] {
        let shown = String::from_utf8_lossy(&body).into_owned();
        assert_eq!(Request::plain(body).found(&keys()), finding, "{shown}");
    }
}

#[test]
fn whoever_signs_garbage_with_our_key_is_told_nothing_about_keys() {
    let garbage = Request::plain(r#"{"encrypt":"bm90IGVuY3J5cHRlZA=="}"#);
    assert_eq!(garbage.clone().signed_with(&encrypt_key()).found(&keys()), None);
    assert_eq!(garbage.found(&keys()), Some(Finding::UnknownKey));
    assert!(token().is_same(&token()) && !token().is_same(&VerificationToken::new("")));
    assert!(encrypt_key().is_same(&encrypt_key()) && !encrypt_key().is_same(&EncryptKey::new(OTHER)));
}
