//! Secrets are planted everywhere, everything is done and done wrongly, and none of them turns up anywhere.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::process::Signal;
use serde_json::json;

use crate::support::{Answer, Client, Finished, Lark, Place, Program, Request, event_id};

const APP_SECRET: &str = "canary-app-secret-4f1d";
const ENCRYPT_KEY: &str = "canary-encrypt-key-77ab";
const TOKEN: &str = "canary-verification-token-90cc";
/// 32 bytes in base64, as it must be.
const CONFIG_KEY: &str = "Y2FuYXJ5LWNvbmZpZy1lbmNyeXB0aW9uLWtleS0xMjM=";
const UPDATE_TOKEN: &str = "c-canary-update-token-51e0";
const PLUGIN_SECRET: &str = "canary-plugin-secret-b2f3";
const WRITTEN: &str = "canary-what-a-person-wrote-08aa";

/// Secrets that nobody may keep.
const KEYS: [&str; 5] = [APP_SECRET, ENCRYPT_KEY, TOKEN, CONFIG_KEY, PLUGIN_SECRET];
/// The content of an event. The database keeps events for a while, and nothing else does.
const SAID: [&str; 2] = [UPDATE_TOKEN, WRITTEN];

/// The first line with a canary in it.
fn found(text: &[u8], canaries: &[&str]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let line = text
        .lines()
        .find(|line| canaries.iter().any(|canary| line.contains(canary)));
    line.map(str::to_owned)
}

#[track_caller]
fn assert_clean(what: &str, text: &[u8]) {
    assert_eq!(found(text, &[KEYS.as_slice(), &SAID].concat()), None, "{what}");
}

fn assert_silent(what: &str, finished: &Finished) {
    assert_clean(what, finished.stdout.as_bytes());
    assert_clean(what, finished.stderr.as_bytes());
}

/// A place whose every secret is a canary, and whose log tells all it can.
fn place() -> Place {
    let mut place = Place::new()
        .set("LARK_APP_SECRET", APP_SECRET)
        .set("LARK_ENCRYPT_KEY", ENCRYPT_KEY)
        .set("LARK_VERIFICATION_TOKEN", TOKEN)
        .set("LARK_CONFIG_ENCRYPTION_KEY", CONFIG_KEY)
        .set("CALLBACK_BUDGET_MS", "500")
        .set("RUST_LOG", "trace")
        .plugin("naughty")
        .plugin("moody")
        .plugin("preview")
        .plugin("wants_config")
        .file(
            "naughty.toml",
            format!("[config]\nsecret = '{PLUGIN_SECRET}'\n").as_bytes(),
        )
        .file(
            "wants_config.toml",
            format!("[config]\ngreting = '{PLUGIN_SECRET}'\n").as_bytes(),
        );
    place.lark.encrypt_key = ENCRYPT_KEY.to_owned();
    place.lark.token = TOKEN.to_owned();
    place
}

/// The same with the canaries of a body in it.
fn planted(lark: &Lark, deed: &str) -> serde_json::Value {
    let mut body = lark.click_body(&event_id(), json!({"do": deed, "password": WRITTEN}));
    body["event"]["token"] = UPDATE_TOKEN.into();
    body["event"]["action"]["form_value"] = json!({"password": WRITTEN});
    body
}

/// Everything that somebody can send, rightly and wrongly.
fn requests(lark: &Lark) -> Vec<Request> {
    let deeds = [
        "ok",
        "spin",
        "sleep",
        "memory",
        "panic",
        "trap",
        "stack",
        "exit",
        "retry",
        "permanent",
        "big-reply",
        "bad-reply",
        "kv-big",
    ];
    let mut requests: Vec<_> = deeds.iter().map(|deed| lark.seal(&planted(lark, deed))).collect();
    let body = planted(lark, "ok");
    for stranger in lark.strangers() {
        requests.push(stranger.seal(&planted(&stranger, "ok")));
        requests.push(stranger.challenge("abc"));
    }
    requests.extend([
        lark.challenge("abc"),
        lark.preview("https://example.com"),
        lark.message("twice"),
        lark.message("panic"),
        lark.message("never"),
        lark.event("unknown.type_v1", json!({"text": WRITTEN})),
        lark.card_v1(json!({"do": "panic", "password": WRITTEN})),
        lark.seal_at(1_500_000_000, &body),
        lark.sign("1700000000", body.to_string()),
        Request::post("/callback", body.to_string()),
        Request::post("/callback", format!("{body} ")),
        Request::post("/callback", &body.to_string()[..300]),
        // The path is told to the operator; nothing else of it is.
        Request::post(&format!("/callback/nobody?{WRITTEN}"), body.to_string()),
        Request::get(&format!("/callback?code={WRITTEN}")),
        Request::get("/health").header("authorization", WRITTEN),
    ]);
    requests
}

async fn send_all(client: &Client) -> Vec<Answer> {
    let mut answers = Vec::new();
    for request in requests(&client.lark) {
        answers.push(client.send(&request).await);
        answers.push(client.send(&request).await);
    }
    answers
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

#[tokio::test]
async fn no_answer_and_no_log_holds_a_secret_and_no_database_a_key() {
    let place = place();
    let mut program = place.run(&[]);
    let client = program.serving().await;
    for answer in send_all(&client).await {
        assert_clean("an answer", format!("{answer:?}").as_bytes());
    }
    program.until_logged("No handler for event type: unknown.type_v1").await;
    program.signal(Signal::TERM);
    let finished = program.finished().await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(finished.stderr.lines().count() > 30, "the log told what happened");
    assert_silent("the log", &finished);
    for file in files(&place.path("data")) {
        let bytes = fs::read(&file).unwrap();
        assert!(found(&bytes, &KEYS).is_none(), "{}", file.display());
    }
}

#[tokio::test]
async fn no_complaint_about_settings_holds_a_secret() {
    let broken_files = [
        format!("lark_app_secret = {APP_SECRET}\n"),
        format!("lark_app_secret = '{APP_SECRET}\n"),
        format!("lark_app_secret = ['{APP_SECRET}']\n"),
        format!("lark_app_secret = '{APP_SECRET}'\nlark_app_secret = '{APP_SECRET}'\n"),
        format!("lark_app_secrets = '{APP_SECRET}'\n"),
        format!("[apps.one]\napp_secrets = '{APP_SECRET}'\nencrypt_key = ['{ENCRYPT_KEY}']\n"),
        format!("callback_server_port = '{WRITTEN}'\nlog_format = '{WRITTEN}'\n"),
    ];
    for text in broken_files {
        let finished = place().settings_file(&text).run(&[]).finished().await;
        assert_eq!(finished.code, Some(3), "{text}: {finished:?}");
        assert_silent(&text, &finished);
    }
    for name in [
        "CALLBACK_SERVER_PORT",
        "LOG_FORMAT",
        "CALLBACK_RECEIPTS",
        "LARK_CONFIG_ENCRYPTION_KEY",
        "DATABASE_URL",
    ] {
        let finished = place().set(name, WRITTEN).run(&[]).finished().await;
        assert_eq!(finished.code, Some(3), "{name}: {finished:?}");
        assert_silent(name, &finished);
    }
    for name in ["LARK_APP_SECRETS", "LARK_ENCRYPT_KEYS", "LARK_VERIFICATION_TOKN"] {
        let finished = place().set(name, WRITTEN).run(&[]).finished().await;
        assert_eq!(finished.code, Some(3), "{name}: {finished:?}");
        assert_silent(name, &finished);
    }
}

#[tokio::test]
async fn no_complaint_about_dot_env_holds_a_secret() {
    for line in [
        format!("LARK_APP_SECRET={APP_SECRET} and more words"),
        APP_SECRET.to_owned(),
        format!("LARK_APP_SECRET='{APP_SECRET}"),
        format!("LARK APP SECRET={APP_SECRET}"),
    ] {
        let place = place();
        fs::write(place.path(".env"), format!("CALLBACK_SERVER_ENABLED=true\n{line}\n")).unwrap();
        let finished = Program::bare(&place.path(""), &["serve"], place.lark.clone())
            .finished()
            .await;
        assert_eq!(finished.code, Some(3), "{line}: {finished:?}");
        assert_silent(&line, &finished);
    }
}

#[tokio::test]
async fn no_complaint_about_a_plugins_settings_holds_a_secret() {
    let place = place();
    let mut program = place.run(&[]);
    let client = program.serving().await;
    for (text, reason) in [
        (format!("[config]\nsecret = {PLUGIN_SECRET}\n"), "line 2 is not TOML"),
        (format!("[config]\nsecret = '{PLUGIN_SECRET}\n"), "line 2 is not TOML"),
        (format!("enabled = '{PLUGIN_SECRET}'\n"), "`enabled` must be"),
        (
            format!("[limits]\ncpu_ms_max = '{PLUGIN_SECRET}'\n"),
            "`limits.cpu_ms_max` must be",
        ),
        (
            format!("[grant]\nkv = '{PLUGIN_SECRET}'\n"),
            "`grant.kv` is not a setting",
        ),
        (
            format!("[grant]\nopenapi = '{PLUGIN_SECRET}'\n"),
            "`grant.openapi` must be",
        ),
    ] {
        place.write("moody.toml", text.as_bytes());
        program.until_logged(reason).await;
        place.write("moody.toml", b"");
        client.health().await;
    }
    program.signal(Signal::TERM);
    let finished = program.finished().await;
    assert_silent("the log", &finished);
}

#[tokio::test]
async fn send_and_dev_show_no_secret_of_the_environment() {
    let place = place();
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let url = format!("http://{}/callback", client.address);
    for kind in ["card", "message", "preview", "challenge", "card-v1", "event-v1"] {
        let finished = place.run(&["send", kind, "--url", &url]).finished().await;
        assert_silent(kind, &finished);
    }
    for mischief in ["--bad-signature", "--stale", "--plain"] {
        assert_silent(
            mischief,
            &place.run(&["send", "card", mischief, "--url", &url]).finished().await,
        );
    }
}

#[tokio::test]
async fn the_secrets_of_settings_are_redacted_wherever_they_are_shown() {
    use lark_callback::config::{Config, Origin, Values};

    let mut values = Values::default();
    values.add_variables(place().settings().iter().cloned(), &Origin::Environment);
    assert_clean("the values", format!("{values:?}").as_bytes());
    assert_clean("the settings", format!("{:?}", Config::from_values(&values)).as_bytes());
}

#[test]
fn the_search_finds_what_it_looks_for() {
    let body = planted(&place().lark, "ok").to_string();
    assert!(found(body.as_bytes(), &KEYS).is_some());
    assert_eq!(found(b"nothing", &KEYS), None);
}
