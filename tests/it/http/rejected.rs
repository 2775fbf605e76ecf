//! Why a request was refused: what the operator is told about it, and what the sender is not.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    admin::admin,
    operate::{ask, place, run},
    support::{Client, Lark, Place, Request, event_id, until},
};

/// Seconds since 1970, so long from now.
fn seconds(from_now: i64) -> u64 {
    let now = lark_callback::app::now_ms() / 1000;
    now.checked_add_signed(from_now).unwrap()
}

fn stranger(lark: &Lark) -> Lark {
    Lark {
        encrypt_key: "another".into(),
        token: "another".into(),
        ..lark.clone()
    }
}

fn body(lark: &Lark) -> Value {
    lark.click_body(&event_id(), json!({}))
}

/// The same request after a proxy has changed its body.
fn changed(request: &Request, change: impl Fn(&str) -> String) -> Request {
    let body = change(std::str::from_utf8(&request.body).unwrap());
    assert_ne!(body.as_bytes(), request.body);
    Request {
        body: body.into(),
        ..request.clone()
    }
}

/// Sends a request that is refused, and waits until it is found out why.
async fn diagnosed(place: &Place, client: &Client, request: &Request, status: u16) -> Value {
    let before = ask(place, &["rejected"]).await["rejected"].as_array().unwrap().len();
    let answer = client.send(request).await;
    assert_eq!(answer.status, status, "{answer:?}");
    until("the diagnosis", async || {
        let listed = ask(place, &["rejected"]).await;
        let rejected = listed["rejected"].as_array().unwrap();
        assert_eq!(rejected.len(), before + 1, "one request, one row: {listed}");
        (!rejected[0]["diagnosis"].is_null()).then(|| rejected[0].clone())
    })
    .await
}

#[tokio::test]
async fn each_refusal_says_what_was_done_to_the_request() {
    let place = place().settings_file(
        "[apps.hr]\napp_id = \"cli_hr\"\napp_secret = \"s\"\nverification_token = \"token-of-hr\"\nencrypt_key = \
         \"key-of-hr\"\n",
    );
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let lark = &client.lark;
    let hr = hr();
    let sealed = lark.seal(&body(lark));
    let slow_clock = lark.seal_at(seconds(-9 * 3600), &body(lark));
    let cases = [
        ("rewritten", changed(&sealed, |text| text.replace(':', ": "))),
        ("altered", sealed.clone().header("x-lark-request-nonce", "another")),
        ("unknown_key", stranger(lark).seal(&body(lark))),
        ("other_app", hr.seal(&body(&hr))),
        ("unknown_token", lark.seal(&body(&stranger(lark)))),
        ("unsigned", Request::post("/callback", body(lark).to_string())),
        (
            "stranger",
            Request::post("/callback", body(&stranger(lark)).to_string()),
        ),
        ("headers_dropped", Request::post("/callback", sealed.body.clone())),
        ("clock_off", slow_clock),
    ];
    for (word, request) in cases {
        let found = diagnosed(&place, &client, &request, 401).await;
        assert_eq!(found["diagnosis"], word, "{found}");
        assert!(found["cause"].is_string() && found["cure"].is_string(), "{found}");
        match word {
            "other_app" => {
                assert_eq!(found["detail"], "cli_hr at /callback/hr", "{found}");
                assert_eq!(found["detail_zh"], "cli_hr，路径 /callback/hr", "{found}");
            }
            "clock_off" => {
                let detail = found["detail"].as_str().unwrap();
                assert!(detail.starts_with("signed 3240"), "{found}");
                assert!(detail.ends_with("before this machine's clock"), "{found}");
            }
            _ => {}
        }
    }
    let compressed = sealed.clone().header("content-encoding", "gzip");
    let found = diagnosed(&place, &client, &compressed, 415).await;
    assert_eq!(
        (&found["diagnosis"], &found["reason"]),
        (&json!("compressed"), &json!("content_encoding"))
    );
    let gbk = sealed.clone().header("content-type", "application/json; charset=gbk");
    assert_eq!(
        diagnosed(&place, &client, &gbk, 415).await["diagnosis"],
        "wrong_charset"
    );
    let elsewhere = diagnosed(&place, &client, &sealed.to("/proxy/callback"), 404).await;
    assert_eq!(elsewhere["diagnosis"], "wrong_path");
    assert_eq!(elsewhere["detail"], "/callback with /proxy in front", "{elsewhere}");
    no_secret_is_shown(&place, lark).await;
}

fn hr() -> Lark {
    Lark {
        app_id: "cli_hr".into(),
        token: "token-of-hr".into(),
        encrypt_key: "key-of-hr".into(),
    }
}

async fn no_secret_is_shown(place: &Place, lark: &Lark) {
    let shown = run(place, &["rejected", "--lang", "zh"]).await;
    assert!(
        shown.stdout.contains("rewritten") && shown.stdout.contains("逐字节原样转发"),
        "{shown:?}"
    );
    for secret in [
        &lark.encrypt_key,
        &lark.token,
        "key-of-hr",
        "token-of-hr",
        "ou_84aad35d",
    ] {
        assert!(!shown.stdout.contains(secret), "{secret}: {shown:?}");
        assert!(
            !ask(place, &["rejected"]).await.to_string().contains(secret),
            "{secret}"
        );
    }
}

#[tokio::test]
async fn a_key_that_a_reload_took_away_is_recognised() {
    let place = place().unset("LARK_ENCRYPT_KEY").unset("LARK_VERIFICATION_TOKEN");
    let write = |key: &str, token: &str| {
        let text = format!("LARK_ENCRYPT_KEY={key}\nLARK_VERIFICATION_TOKEN={token}\n");
        std::fs::write(place.path(".env"), text).unwrap();
    };
    write(&place.lark.encrypt_key, &place.lark.token);
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let old = place.lark.clone();
    write("key-after-the-rotation", &old.token);
    program.signal(Signal::HUP);
    program.until_logged("the changes are in effect").await;
    let found = diagnosed(&place, &client, &old.seal(&body(&old)), 401).await;
    assert_eq!(found["diagnosis"], "previous_key", "{found}");
    assert!(
        found["cure"].as_str().unwrap().contains("LARK_ENCRYPT_KEY_PREVIOUS"),
        "{found}"
    );
    program.until_logged("Why a request was refused: ").await;
}

#[tokio::test]
async fn a_flood_is_counted_and_kept_and_looked_at_within_limits() {
    let place = place();
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let lark = &client.lark;
    client.send(&lark.seal(&body(&stranger(lark)))).await;
    let forged = stranger(lark).seal(&body(lark));
    for _ in 0..300 {
        assert_eq!(client.send(&forged).await.status, 401);
    }
    let listed = ask(&place, &["rejected"]).await;
    let rejected = listed["rejected"].as_array().unwrap();
    let of = |reason: &str| rejected.iter().filter(|one| one["reason"] == reason).count();
    assert_eq!(of("token"), 1, "{listed}");
    assert!((5..100).contains(&of("signature")), "{listed}");
    let counts = listed["counts"].as_array().unwrap();
    let count = counts.iter().find(|count| count["reason"] == "signature").unwrap();
    assert_eq!(count["count"], 300, "{listed}");

    let admin = admin(&mut program, &place).await;
    let metrics = admin.send(&Request::get("/metrics")).await.body;
    let diagnosed = r#"lark_callback_refused_diagnosed_total{app="cli_of_the_tests",diagnosis="unknown_key"}"#;
    assert!(metrics.contains(diagnosed), "{metrics}");
}

#[tokio::test]
async fn the_answer_tells_nobody_what_was_found() {
    let scene = Place::new().serve().await;
    let lark = &scene.lark;
    let sealed = lark.seal(&body(lark));
    let mut first = None;
    for request in [
        changed(&sealed, |text| text.replace(':', ": ")),
        stranger(lark).seal(&body(lark)),
        lark.seal_at(seconds(-9 * 3600), &body(lark)),
        Request::post("/callback", body(lark).to_string()),
    ] {
        let answer = scene.send(&request).await.without_date();
        assert_eq!(&answer, first.get_or_insert_with(|| answer.clone()));
    }
}
