//! Where applications are served, and what happens to whoever comes elsewhere.

use serde_json::json;

use crate::support::{Lark, Place, Request, Scene};

const SECOND: &str =
    "[apps.second]\napp_id = 'cli_second'\napp_secret = 's'\nverification_token = 't2'\nencrypt_key = 'k2'\n";

fn second() -> Lark {
    Lark {
        app_id: "cli_second".into(),
        token: "t2".into(),
        encrypt_key: "k2".into(),
    }
}

async fn status(scene: &Scene, lark: &Lark, path: &str) -> u16 {
    scene.send(&lark.click(json!({})).to(path)).await.status
}

#[tokio::test]
async fn a_slash_at_the_end_changes_nothing() {
    let scene = Place::new().plugin("catch_all").settings_file(SECOND).serve().await;
    assert_eq!(status(&scene, &scene.lark, "/callback/").await, 200);
    assert_eq!(status(&scene, &second(), "/callback/second").await, 200);
    assert_eq!(status(&scene, &second(), "/callback/second/").await, 200);
    let challenge = scene.lark.challenge("x").to("/callback/");
    assert_eq!(scene.send(&challenge).await.json(), json!({"challenge": "x"}));
    assert_eq!(scene.send(&Request::get("/callback/")).await.status, 200);
}

#[tokio::test]
async fn a_challenge_to_another_path_is_told_to_the_operator_with_the_right_one() {
    let scene = Place::new().settings_file(SECOND).serve().await;
    for path in [
        "//callback",
        "/",
        "/webhook/event",
        "/Callback",
        "/callback/nobody",
        "/%63allback",
    ] {
        let answer = scene.send(&scene.lark.challenge("x").to(path)).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(!answer.body.contains("second"), "a stranger learns no path: {answer:?}");
    }
    let lines = scene.log.lines_with("is not served here");
    assert_eq!(lines.len(), 6, "{lines:?}");
    for line in &lines {
        assert!(line.contains("(/callback, /callback/second)"), "{line}");
    }
    assert!(lines[2].contains(r#""path":"/webhook/event""#), "{}", lines[2]);
}

#[tokio::test]
async fn a_browser_that_comes_back_to_another_path_is_told_to_the_operator_and_a_scan_is_not() {
    let scene = Place::new().serve().await;
    let back = Request::get("/oauth/callback?code=planted-code&state=planted-state");
    assert_eq!(scene.send(&back).await.status, 404);
    for path in ["/", "/favicon.ico", "/callback/x", "/.env"] {
        assert_eq!(scene.send(&Request::get(path)).await.status, 404, "{path}");
    }
    assert_eq!(scene.log.lines_with("is not served here").len(), 1);
    assert!(!scene.log.text().contains("planted"), "a code is as good as a password");
}

#[tokio::test]
async fn a_long_path_is_cut_in_the_log() {
    let scene = Place::new().serve().await;
    let path = format!("/{}", "a".repeat(10_000));
    assert_eq!(scene.send(&Request::post(&path, "{}")).await.status, 404);
    let line = scene.log.lines_with("is not served here").pop().unwrap();
    assert!(line.len() < 1_000, "{}", line.len());
}

#[tokio::test]
async fn the_path_can_be_what_stands_in_the_console_already() {
    let own = format!(
        "{SECOND}path = '/lark/second/'\n[apps.third]\napp_id = 'cli_3'\napp_secret = 's'\nverification_token = 't3'\nencrypt_key = 'k3'\n"
    );
    let scene = Place::new()
        .plugin("catch_all")
        .set("CALLBACK_PATH", "/webhook/event")
        .settings_file(&own)
        .serve()
        .await;
    let third = Lark {
        app_id: "cli_3".into(),
        token: "t3".into(),
        encrypt_key: "k3".into(),
    };
    for (lark, path, expected) in [
        (&scene.lark, "/webhook/event", 200),
        (&scene.lark, "/webhook/event/", 200),
        (&scene.lark, "/callback", 404),
        (&second(), "/lark/second", 200),
        (&second(), "/lark/second/", 200),
        (&second(), "/webhook/event/second", 404),
        (&third, "/webhook/event/third", 200),
    ] {
        assert_eq!(status(&scene, lark, path).await, expected, "{path}");
    }
    let line = scene.log.lines_with("is not served here").pop().unwrap();
    assert!(
        line.contains("(/webhook/event, /lark/second, /webhook/event/third)"),
        "{line}"
    );
    assert_eq!(scene.health().await["status"], "ok");
}

#[tokio::test]
async fn the_root_can_be_the_path() {
    let scene = Place::new()
        .plugin("catch_all")
        .set("CALLBACK_PATH", "/")
        .settings_file(SECOND)
        .serve()
        .await;
    assert_eq!(status(&scene, &scene.lark, "/").await, 200);
    assert_eq!(status(&scene, &second(), "/second").await, 200);
    assert_eq!(scene.health().await["status"], "ok");
    assert_eq!(status(&scene, &scene.lark, "/third").await, 404);
}

#[tokio::test]
async fn flat_cards_are_taken_unless_the_application_says_no() {
    let without = format!("{SECOND}legacy_cards = 'off'\n");
    let scene = Place::new().plugin("catch_all").settings_file(&without).serve().await;
    let card = |lark: &Lark, path: &str| lark.card_v1(json!({})).to(path);
    assert_eq!(scene.send(&card(&scene.lark, "/callback")).await.status, 200);
    assert_eq!(scene.send(&card(&second(), "/callback/second")).await.status, 401);
    let line = scene.log.lines_with("Callback refused").pop().unwrap();
    assert!(line.contains(r#""reason":"legacy_card""#), "{line}");

    let scene = Place::new()
        .plugin("catch_all")
        .set("LARK_LEGACY_CARDS", "off")
        .serve()
        .await;
    assert_eq!(scene.send(&card(&scene.lark, "/callback")).await.status, 401);
    assert_eq!(status(&scene, &scene.lark, "/callback").await, 200);
}
