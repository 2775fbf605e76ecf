//! The operator's `.toml` of a plugin: secrets from elsewhere, the applications it serves, pauses, and events that are too old.

use rustix::process::Signal;
use serde_json::json;

use crate::{
    operate::{ask, place as operated},
    support::{Client, Lark, Place, event_id, until},
};

const SECRET: &str = "sk-planted-greeting";

#[tokio::test]
async fn a_secret_reaches_its_plugin_and_no_log_line() {
    let place = Place::new()
        .plugin("wants_config")
        .file("wants_config.toml", b"[config]\ngreeting = { file = \"greeting\" }\n");
    let scene = place.serve().await;
    let line = scene.log.until("greeting does not exist").await;
    assert!(
        line.contains("wants_config.toml")
            && line.contains("`config.greeting`")
            && line.contains("create it with the secret"),
        "{line}"
    );
    assert_eq!(scene.click(json!({"greet": "anna"})).await.body, "{}");

    scene.place.write("greeting", format!("{SECRET}\n").as_bytes());
    // What has changed elsewhere is found as soon as the settings are read again, and half a minute later at the latest.
    scene.server().take_variables(Default::default());
    scene
        .until_click_says(json!({"greet": "anna"}), &format!("{SECRET} anna"))
        .await;
    scene.log.until("the greeting is (secret), as it was set").await;
    scene.click(json!({"greet": "nobody"})).await;
    scene.log.until("(secret) is for nobody").await;

    scene.place.write("greeting", b"another-greeting");
    scene.server().take_variables(Default::default());
    scene
        .until_click_says(json!({"greet": "anna"}), "another-greeting anna")
        .await;
    for secret in [SECRET, "another-greeting"] {
        assert!(
            scene.log.lines_with(secret).is_empty(),
            "{:?}",
            scene.log.lines_with(secret)
        );
    }
}

#[tokio::test]
async fn a_secret_in_a_variable_is_read_again_on_a_hangup_and_never_listed() {
    let place = operated().plugin("wants_config").file(
        "wants_config.toml",
        b"[config]\ngreeting = { env = \"GREETING_KEY\" }\n",
    );
    std::fs::write(place.path(".env"), format!("GREETING_KEY={SECRET}\n")).unwrap();
    let mut program = place.run(&[]);
    let client = program.serving().await;
    client
        .until_click_says(json!({"greet": "anna"}), &format!("{SECRET} anna"))
        .await;
    std::fs::write(place.path(".env"), "GREETING_KEY=another-greeting\n").unwrap();
    program.signal(Signal::HUP);
    client
        .until_click_says(json!({"greet": "anna"}), "another-greeting anna")
        .await;
    let listed = ask(&place, &["plugin", "list"]).await;
    assert!(
        listed
            .to_string()
            .contains("secret from the environment variable GREETING_KEY"),
        "{listed}"
    );
    assert!(!listed.to_string().contains("another-greeting"), "{listed}");

    std::fs::remove_file(place.path(".env")).unwrap();
    let checked = place.run(&["check"]).finished().await;
    assert!(
        checked
            .stdout
            .contains("the environment variable GREETING_KEY is not set"),
        "{checked:?}"
    );
}

#[tokio::test]
async fn a_plugin_that_is_bound_to_an_application_serves_only_that() {
    let second = Lark {
        app_id: "cli_second".to_owned(),
        token: "second token".to_owned(),
        encrypt_key: "second key".to_owned(),
    };
    let place = Place::new()
        .plugin_as("bound", "echo")
        .file("bound.toml", b"apps = [\"second\", \"thrid\"]\n")
        .plugin("catch_all")
        .settings_file(
            "[apps.second]\napp_id = 'cli_second'\napp_secret = 's'\nverification_token = 'second token'\n\
             encrypt_key = 'second key'\n",
        );
    let scene = place.serve().await;
    let line = scene.log.until("is bound to the application `thrid`").await;
    assert!(line.contains("add [apps.thrid]"), "{line}");
    let click = |lark: &Lark| lark.click(json!({"echo": "hello"}));
    let of_second = click(&second).to("/callback/second");
    assert_eq!(scene.send(&of_second).await.toast(), "hello");
    // Of the first application nobody names the type, so the rest is asked.
    let first = scene.send(&click(&scene.lark)).await;
    assert_ne!(first.json()["toast"]["content"], "hello", "{first:?}");

    scene.place.write("bound.toml", b"apps = [\"cli_of_the_tests\"]\n");
    until("the other application", async || {
        let answer = scene.send(&click(&scene.lark)).await;
        (answer.json()["toast"]["content"] == "hello").then_some(())
    })
    .await;
    let now = scene.send(&click(&second).to("/callback/second")).await;
    assert_ne!(now.json()["toast"]["content"], "hello", "{now:?}");
}

async fn message(client: &Client, text: &str) -> String {
    let id = event_id();
    let answer = client.send(&client.lark.message_of(&id, &event_id(), text)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"msg":"success"}"#));
    id
}

#[tokio::test]
async fn what_arrives_during_a_pause_is_delivered_after_it() {
    let place = Place::new().plugin("echo").file("echo.toml", b"paused = true\n");
    let scene = place.serve().await;
    scene.log.until("Plugin echo is paused").await;
    message(&scene, "during the pause").await;
    let click = scene.click(json!({"echo": "hello"})).await;
    assert_eq!(
        click.json()["toast"]["i18n"]["en_us"],
        "This is paused at the moment. Please try again later."
    );

    let scene = scene.restart().await;
    assert!(scene.log.lines_with("said during the pause").is_empty());
    scene.place.write("echo.toml", b"paused = false\n");
    scene.log.until("Plugin echo is no longer paused").await;
    scene.log.until("said during the pause").await;
    scene.until_click_says(json!({"echo": "hello"}), "hello").await;
}

#[tokio::test]
async fn a_plugin_that_is_disabled_says_that_events_are_lost() {
    let scene = Place::new().plugin("echo").serve().await;
    scene.place.write("echo.toml", b"enabled = false\n");
    let line = scene.log.until("Plugin echo is disabled by echo.toml").await;
    assert!(
        line.contains("are not stored for it") && line.contains("paused = true"),
        "{line}"
    );
}

#[tokio::test]
async fn an_event_that_is_too_old_is_recorded_and_delivered_only_to_whoever_replays_it() {
    let place = operated()
        .plugin("echo")
        .file("echo.toml", b"[limits]\nevent_age_ms_max = 60000\n");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    // Lark created it in 2023.
    let id = message(&client, "of old").await;
    let line = program.until_logged("Lark created the event too long ago").await;
    assert!(
        line.contains(r#""outcome":"too_old""#) && line.contains("event_age_ms_max = 60000"),
        "{line}"
    );
    let event = ask(&place, &["events", "show", &id]).await;
    assert_eq!(event["deliveries"][0]["state"], "expired", "{event}");
    assert_eq!(
        event["deliveries_in_full"][0]["attempts"][0]["outcome"], "too_old",
        "{event}"
    );

    ask(&place, &["events", "replay", &id]).await;
    program.until_logged("said of old").await;
}
