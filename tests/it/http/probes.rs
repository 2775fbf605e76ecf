//! A probe causes nothing, and tells nothing to whoever has not proved a key.

use lark_protocol::{EncryptKey, Keys, PROBE_EVENT, PROBE_HEADER, Probe, UnixSeconds, VerificationToken};
use serde_json::{Value, json};

use crate::support::{Lark, Place, Request, Scene, event_id, now};

fn keys(lark: &Lark) -> Keys {
    Keys {
        encrypt_keys: vec![EncryptKey::new(&lark.encrypt_key)],
        verification_tokens: vec![VerificationToken::new(&lark.token)],
        ..Keys::default()
    }
}

fn nonce() -> [u8; 16] {
    let mut nonce = [0; 16];
    hex::decode_to_slice(event_id(), &mut nonce).unwrap();
    nonce
}

fn prove(lark: &Lark, body: &[u8], nonce: [u8; 16]) -> String {
    let probe = Probe::of(body, nonce, UnixSeconds(i64::try_from(now()).unwrap()));
    keys(lark).prove(&lark.app_id, &probe).unwrap()
}

fn report(lark: &Lark, nonce: [u8; 16], body: &str) -> Option<Value> {
    let answer: Value = serde_json::from_str(body).ok()?;
    let text = answer.get("report")?.as_str()?;
    assert!(keys(lark).check_report(&nonce, text, answer["code"].as_str()?));
    serde_json::from_str(text).ok()
}

async fn scene() -> Scene {
    Place::new().plugin("echo").serve().await
}

#[tokio::test]
async fn a_proven_click_is_reported_and_reaches_no_plugin() {
    let scene = scene().await;
    let nonce = nonce();
    let click = scene.lark.click(json!({"say": "hello"}));
    let proof = prove(&scene.lark, &click.body, nonce);
    let click = click
        .header(PROBE_HEADER, &proof)
        .header("x-secret-of-a-proxy", "planted");
    let answer = scene.send(&click).await;
    let seen = report(&scene.lark, nonce, &answer.body).unwrap();
    assert_eq!(seen["verdict"], "ok");
    assert_eq!(seen["body"]["is_unchanged"], true);
    assert_eq!(seen["path"], "/callback");
    // The name of a header shows that it came; its value is a proxy's own business.
    assert_eq!(seen["headers"]["x-secret-of-a-proxy"], "");
    assert!(!answer.body.contains("planted"));
    // The same click without the proof is the first one that a plugin gets.
    let plain = click.without(PROBE_HEADER);
    assert!(report(&scene.lark, nonce, &scene.send(&plain).await.body).is_none());
    assert_eq!(scene.log.lines_with("Callback answered").len(), 1);
}

#[tokio::test]
async fn a_proof_is_worth_nothing_the_second_time() {
    let scene = scene().await;
    let nonce = nonce();
    let request = Request::post("/nowhere", "x").header(PROBE_HEADER, &prove(&scene.lark, b"x", nonce));
    let first = scene.send(&request).await;
    let seen = report(&scene.lark, nonce, &first.body).unwrap();
    assert_eq!((&seen["verdict"], &seen["served"]), (&json!("not_found"), &Value::Null));
    let second = scene.send(&request).await;
    assert_eq!(
        second.without_date(),
        scene.send(&request.without(PROBE_HEADER)).await.without_date()
    );
}

#[tokio::test]
async fn whoever_has_proved_nothing_gets_what_he_got_before() {
    let scene = scene().await;
    let other = Lark {
        encrypt_key: "a guess".to_owned(),
        ..scene.lark.clone()
    };
    let old = Probe::of(b"x", nonce(), UnixSeconds(i64::try_from(now()).unwrap() - 3600));
    let old = keys(&scene.lark).prove(&scene.lark.app_id, &old).unwrap();
    for (path, proof) in [
        ("/callback", prove(&other, b"x", nonce())),
        ("/callback", "1.2.3.4.5".to_owned()),
        ("/nowhere", prove(&other, b"x", nonce())),
        ("/callback", old),
    ] {
        let plain = Request::post(path, "x");
        let without = scene.send(&plain).await;
        let with = scene.send(&plain.header(PROBE_HEADER, &proof)).await;
        assert_eq!(with.without_date(), without.without_date(), "{proof}");
    }
}

#[tokio::test]
async fn a_probe_whose_proof_is_only_in_its_body_is_reported_once_and_never_stored() {
    let scene = scene().await;
    let nonce = nonce();
    let proof = prove(&scene.lark, b"", nonce);
    let request = scene.lark.event(PROBE_EVENT, json!({"probe": proof}));
    let seen = report(&scene.lark, nonce, &scene.send(&request).await.body).unwrap();
    assert_eq!(seen["proof"], "body");
    let again = scene.send(&request).await;
    assert_eq!((again.status, again.body.as_str()), (200, "{}"));
    // Neither of them is an event.
    assert_eq!(scene.log.lines_with("Event answered").len(), 0);
}
