//! Plain bodies: an application without an encrypt key, and the two exceptions of one with it.

use super::{
    CARD_V1, CHALLENGE, CLICK, EVENT_V1, Keys, NONCE, NOW, Request, TIMESTAMP, TOKEN, UnixSeconds, VerificationToken,
    keys, sign_card_v1, token, token_only,
};

#[test]
fn token_alone_opens_plain_bodies_of_an_application_without_a_key() {
    assert_eq!(
        &*Request::plain(CLICK).event(&token_only()).event_type,
        "card.action.trigger"
    );
    assert_eq!(
        &*Request::plain(EVENT_V1).event(&token_only()).event_type,
        "p2p_chat_create"
    );
    Request::plain(CHALLENGE).is_challenge(&token_only());
}

#[test]
fn without_a_configured_token_nothing_is_opened() {
    for body in [CLICK, EVENT_V1, CHALLENGE] {
        Request::plain(body).is_refused(&Keys::default(), "token");
    }
    Request::plain(CARD_V1)
        .signed_as_card_v1()
        .is_refused(&Keys::default(), "signature");
}

#[test]
fn plain_challenge_is_answered_also_with_a_key_configured() {
    Request::plain(CHALLENGE).is_challenge(&keys());
    Request::plain(CHALLENGE.replace(TOKEN, "another token")).is_refused(&keys(), "token");
}

#[test]
fn plain_body_is_refused_with_a_key_configured() {
    for body in [CLICK, EVENT_V1] {
        Request::plain(body).is_refused(&keys(), "plain_body");
    }
}

/// Node and Python take it.
#[test]
fn plain_body_is_refused_with_a_key_configured_even_with_the_right_signature() {
    for body in [CLICK, EVENT_V1] {
        Request::plain(body).signed().is_refused(&keys(), "plain_body");
        Request::plain(body)
            .signed_as_card_v1()
            .is_refused(&keys(), "plain_body");
    }
}

#[test]
fn token_counts_only_in_the_place_that_the_shape_has_for_it() {
    let header_token = r#""token":"a verification token","#;
    let at_top = CLICK
        .replace(header_token, "")
        .replacen('{', &format!("{{{header_token}"), 1);
    Request::plain(at_top).is_refused(&token_only(), "token");
    let in_event = CLICK.replace(header_token, "").replace("c-295e", TOKEN);
    Request::plain(in_event).is_refused(&token_only(), "token");
    let in_event_of_v1 = EVENT_V1
        .replace(header_token, "")
        .replace(r#""event":{"#, &format!(r#""event":{{{header_token}"#));
    Request::plain(in_event_of_v1).is_refused(&token_only(), "token");
    let in_header = r#"{"header":{"token":"a verification token"},"challenge":"x","type":"url_verification"}"#;
    Request::plain(in_header).is_refused(&token_only(), "token");
}

#[test]
fn token_that_is_not_a_string_is_another_token() {
    let number = Keys {
        verification_tokens: vec![VerificationToken::new("12345")],
        ..Keys::default()
    };
    let quoted = CLICK.replace(TOKEN, "12345");
    Request::plain(quoted.clone()).event(&number);
    for other in ["12345", "null", "[\"12345\"]", "{}", "true"] {
        Request::plain(quoted.replace(r#""12345""#, other)).is_refused(&number, "token");
    }
}

#[test]
fn escaped_token_is_the_same_token() {
    Request::plain(CLICK.replace(TOKEN, r"\u0061 verification token")).event(&token_only());
}

#[test]
fn headers_prove_nothing_where_no_signature_is_due() {
    Request::plain(CLICK)
        .with_headers("now", "", "none".to_owned())
        .event(&token_only());
    let years_later = UnixSeconds(NOW.0 + 1_000_000_000);
    assert!(Request::plain(CLICK).open_at(&token_only(), years_later).is_ok());
}

#[test]
fn flat_card_needs_its_signature_whether_or_not_a_key_is_configured() {
    for keys in [keys(), token_only()] {
        Request::plain(CARD_V1).signed_as_card_v1().event(&keys);
        Request::plain(CARD_V1).is_refused(&keys, "missing_headers");
        Request::plain(CARD_V1).signed().is_refused(&keys, "signature");
        let other = sign_card_v1(&VerificationToken::new("c-xxxxx"), TIMESTAMP, NONCE, CARD_V1.as_bytes());
        Request::plain(CARD_V1)
            .with_headers(TIMESTAMP, NONCE, other)
            .is_refused(&keys, "signature");
    }
}

#[test]
fn flat_card_may_be_signed_with_each_of_two_tokens() {
    let rotating = Keys {
        verification_tokens: vec![VerificationToken::new("a newer token"), token()],
        ..keys()
    };
    for token in &rotating.verification_tokens {
        let signature = sign_card_v1(token, TIMESTAMP, NONCE, CARD_V1.as_bytes());
        Request::plain(CARD_V1)
            .with_headers(TIMESTAMP, NONCE, signature)
            .event(&rotating);
    }
}

#[test]
fn flat_card_is_held_to_the_time_window() {
    let card = Request::plain(CARD_V1).signed_as_card_v1();
    let opened_at = |seconds: i64| card.open_at(&keys(), UnixSeconds(NOW.0 + seconds)).map(|_| ());
    assert_eq!(opened_at(8 * 60 * 60), Ok(()));
    assert_eq!(opened_at(8 * 60 * 60 + 1), Err("stale"));
    assert_eq!(opened_at(-5 * 60), Ok(()));
    assert_eq!(opened_at(-5 * 60 - 1), Err("future"));
}

/// Otherwise a verification token, which is no signing secret elsewhere, could sign any event.
#[test]
fn signature_of_the_flat_card_opens_nothing_else() {
    let event_in_a_card = CARD_V1.replacen('{', r#"{"event":{},"#, 1);
    Request::plain(event_in_a_card)
        .signed_as_card_v1()
        .is_refused(&keys(), "unknown_shape");
    let schema_in_a_card = CARD_V1.replacen('{', r#"{"schema":"2.0","#, 1);
    Request::plain(schema_in_a_card)
        .signed_as_card_v1()
        .is_refused(&keys(), "unknown_shape");
}

#[test]
fn body_that_is_not_one_json_object_is_malformed() {
    for body in [
        "",
        " ",
        "text",
        "null",
        "[]",
        "[{}]",
        "\"{}\"",
        "{",
        "{}{}",
        "{}x",
        "{\"a\":}",
        "{'a':1}",
        "\u{feff}{}",
    ] {
        Request::plain(body).is_refused(&keys(), "not_json");
    }
    Request::plain(*b"{\"a\":\"\xff\"}").is_refused(&keys(), "not_utf8");
    for body in [
        "{}",
        r#"{"a":1}"#,
        r#"{"type":"event_callback"}"#,
        r#"{"schema":"2.0","header":[]}"#,
        r#"{"schema":"2.0","uuid":"bc44","event":{}}"#,
    ] {
        Request::plain(body).is_refused(&keys(), "unknown_shape");
        Request::plain(body).is_refused(&token_only(), "unknown_shape");
    }
}

#[test]
fn body_over_the_limit_is_not_read() {
    let limit = super::super::BODY_BYTES_MAX;
    Request::plain(vec![b' '; limit]).is_refused(&keys(), "not_json");
    Request::plain(vec![b' '; limit + 1]).is_refused(&keys(), "too_large");
}

#[test]
fn flat_card_is_refused_where_it_is_not_taken() {
    for keys in [keys(), token_only()] {
        let without = Keys {
            takes_legacy_cards: false,
            ..keys
        };
        Request::plain(CARD_V1)
            .signed_as_card_v1()
            .is_refused(&without, "legacy_card");
        Request::plain(CARD_V1).is_refused(&without, "legacy_card");
    }
}
