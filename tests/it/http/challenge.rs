//! URL verification: what Lark asks when an address is entered in the developer console.

use serde_json::{Value, json};

use crate::support::{Answer, Lark, Place, Request};

async fn ask(place: Place, question: impl FnOnce(&Lark) -> Request) -> Answer {
    let scene = place.serve().await;
    scene.send(&question(&scene.lark)).await
}

fn plain(body: &Value) -> Request {
    Request::post("/callback", body.to_string())
}

fn without_key() -> Place {
    Place::new().unset("LARK_ENCRYPT_KEY")
}

#[tokio::test]
async fn an_encrypted_challenge_is_answered_in_clear_without_a_signature() {
    let answer = ask(Place::new(), |lark| lark.challenge("ajls384kdjx98XX")).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, r#"{"challenge":"ajls384kdjx98XX"}"#)
    );
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
}

#[tokio::test]
async fn a_plain_challenge_is_answered_with_and_without_an_encrypt_key() {
    for place in [Place::new(), without_key()] {
        let answer = ask(place, |lark| plain(&lark.challenge_body("abc"))).await;
        assert_eq!((answer.status, answer.json()), (200, json!({"challenge": "abc"})));
    }
}

#[tokio::test]
async fn a_signed_challenge_is_answered_too() {
    let answer = ask(Place::new(), |lark| lark.seal(&lark.challenge_body("abc"))).await;
    assert_eq!((answer.status, answer.json()), (200, json!({"challenge": "abc"})));
}

#[tokio::test]
async fn the_text_comes_back_as_it_was_whatever_is_in_it() {
    let text = "\"}</script>\\ \u{0} \u{1b}[2J \u{2028} 飞书 😀";
    let answer = ask(Place::new(), |lark| lark.challenge(text)).await;
    assert_eq!(answer.json(), json!({"challenge": text}));
}

#[tokio::test]
async fn a_challenge_with_another_token_is_refused() {
    let scene = Place::new().serve().await;
    let stranger = Lark {
        token: "another".to_owned(),
        ..scene.lark.clone()
    };
    for question in [stranger.challenge("abc"), plain(&stranger.challenge_body("abc"))] {
        let answer = scene.send(&question).await;
        assert_eq!(answer.status, 401, "{answer:?}");
        assert!(!answer.body.contains("abc"));
    }
}

#[tokio::test]
async fn a_challenge_without_a_token_is_refused() {
    let answer = ask(Place::new(), |_| {
        plain(&json!({"challenge": "abc", "type": "url_verification"}))
    })
    .await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_challenge_encrypted_with_another_key_is_refused() {
    let scene = Place::new().serve().await;
    let stranger = Lark {
        encrypt_key: "another".to_owned(),
        ..scene.lark.clone()
    };
    assert_eq!(scene.send(&stranger.challenge("abc")).await.status, 401);
}

#[tokio::test]
async fn an_encrypted_challenge_without_a_key_to_open_it_is_refused() {
    assert_eq!(ask(without_key(), |lark| lark.challenge("abc")).await.status, 401);
}

#[tokio::test]
async fn the_previous_key_and_token_are_good_while_they_are_exchanged() {
    let place = Place::new()
        .set("LARK_ENCRYPT_KEY", "the new key")
        .set("LARK_ENCRYPT_KEY_PREVIOUS", "encrypt-key-of-the-tests")
        .set("LARK_VERIFICATION_TOKEN", "the new token")
        .set("LARK_VERIFICATION_TOKEN_PREVIOUS", "verification-token-of-the-tests");
    let scene = place.serve().await;
    let new = Lark {
        encrypt_key: "the new key".to_owned(),
        token: "the new token".to_owned(),
        ..scene.lark.clone()
    };
    for lark in [&scene.lark, &new] {
        assert_eq!(scene.send(&lark.challenge("abc")).await.status, 200);
        assert_eq!(scene.send(&lark.click(json!({}))).await.status, 200);
    }
}

#[tokio::test]
async fn a_challenge_calls_no_plugin_and_stores_nothing() {
    let scene = Place::new().plugin("catch_all").serve().await;
    let challenge = scene.lark.challenge("abc");
    for _ in 0..2 {
        assert_eq!(scene.send(&challenge).await.json(), json!({"challenge": "abc"}));
    }
    assert!(scene.log.lines_with("caught").is_empty());
    assert_eq!(scene.log.lines_with("URL verification challenge answered").len(), 2);
}
