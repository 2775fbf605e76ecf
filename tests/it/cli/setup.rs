//! `init`, `check` and `config show`: from nothing to settings that a server starts with, and what is wrong with them.

use std::{fs, os::unix::fs::PermissionsExt as _};

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Finished, Lark, Place, Program};

const SECRETS: [&str; 3] = ["app-secret-1", "it's \"$5\"", "token-1"];

/// A folder with nothing in it.
fn empty() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn lark() -> Lark {
    Lark {
        app_id: "cli_a1".to_owned(),
        token: SECRETS[2].to_owned(),
        encrypt_key: SECRETS[1].to_owned(),
    }
}

async fn bare(folder: &tempfile::TempDir, arguments: &[&str]) -> Finished {
    Program::bare(folder.path(), arguments, lark()).finished().await
}

/// `init` with everything that it needs.
fn whole<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let flags = [
        "init",
        "--yes",
        "--app-id",
        "cli_a1",
        "--app-secret",
        SECRETS[0],
        "--encrypt-key",
        SECRETS[1],
        "--verification-token",
        SECRETS[2],
        "--public-url",
        "https://bot.example.com",
    ];
    [&flags[..], more].concat()
}

#[tokio::test]
async fn what_init_writes_starts_a_server_that_accepts_exactly_these_keys() {
    let folder = empty();
    let done = bare(&folder, &whole(&["--lang", "en"])).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    for secret in SECRETS {
        assert!(
            !done.stdout.contains(secret) && !done.stderr.contains(secret),
            "{done:?}"
        );
    }
    let places = done.stdout.matches("https://bot.example.com/callback").count();
    assert_eq!(
        places, 3,
        "two request addresses and the redirect address: {}",
        done.stdout
    );
    for name in [
        "将事件发送至开发者服务器",
        "回调配置",
        "加密策略",
        "重定向 URL",
        "权限管理",
        "创建版本",
    ] {
        assert!(done.stdout.contains(name), "{name}: {}", done.stdout);
    }
    let file = folder.path().join(".env");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(
        fs::read_to_string(&file)
            .unwrap()
            .contains("LARK_CONFIG_ENCRYPTION_KEY=")
    );

    let checked = bare(&folder, &["check"]).await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    let mut program = Program::bare(folder.path(), &["--host", "127.0.0.1", "--port", "0"], lark());
    let client = program.listening().await;
    let answer = client.send(&client.lark.click(json!({"nobody": "takes it"}))).await;
    assert_eq!(answer.status, 200, "the keys are byte for byte what was given");
    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));
}

#[tokio::test]
async fn init_overwrites_nothing_and_names_everything_that_is_missing_at_once() {
    let folder = empty();
    let missing = bare(
        &folder,
        &["init", "--app-id", "a1", "--public-url", "http://bot.example.com"],
    )
    .await;
    assert_eq!(missing.code, Some(2), "{missing:?}");
    for wanted in [
        "--app-id: ",
        "--app-secret",
        "--encrypt-key",
        "--verification-token",
        "--public-url: ",
    ] {
        assert!(missing.stderr.contains(wanted), "{wanted}: {missing:?}");
    }
    assert!(!folder.path().join(".env").exists());

    assert_eq!(bare(&folder, &whole(&[])).await.code, Some(0));
    let before = fs::read_to_string(folder.path().join(".env")).unwrap();
    let refused = bare(&folder, &whole(&[])).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("exists already; --force"), "{refused:?}");
    let forced = bare(&folder, &whole(&["--force", "--service", "lark", "--lang", "zh"])).await;
    assert_eq!(forced.code, Some(0), "{forced:?}");
    assert!(
        forced.stdout.contains("请求地址：https://bot.example.com/callback"),
        "{forced:?}"
    );
    let after = fs::read_to_string(folder.path().join(".env")).unwrap();
    assert!(after.contains("https://open.larksuite.com"), "{after}");
    let key = |text: &str| {
        text.lines()
            .find(|line| line.starts_with("LARK_CONFIG_ENCRYPTION_KEY"))
            .map(str::to_owned)
    };
    assert_eq!(key(&after), key(&before), "what was sealed with it can still be opened");
    assert_eq!(
        fs::read_to_string(folder.path().join(".env.before-init-1")).unwrap(),
        before
    );
}

#[tokio::test]
async fn check_tells_every_problem_at_once_wherever_it_is() {
    let place = Place::new()
        .set("CALLBACK_BUDGET_MS", "soon")
        .set("LARK_ENCRYPT_KEY", "")
        .set("CALLBACK_SERVER_ENABLED", "perhaps")
        .file("slip.toml", b"[limit]\n")
        .file("text.wasm", b"no component");
    let checked = place.run(&["check", "--json"]).finished().await;
    assert_eq!(checked.code, Some(3), "{checked:?}");
    let answer: Value = serde_json::from_str(&checked.stdout).unwrap();
    assert_eq!(answer["ok"], false);
    let problems = answer["problems"].to_string();
    for wanted in [
        "CALLBACK_BUDGET_MS",
        "LARK_ENCRYPT_KEY",
        "CALLBACK_SERVER_ENABLED",
        "`limit` is not a setting",
        "it is not WebAssembly",
    ] {
        assert!(problems.contains(wanted), "{wanted}: {problems}");
    }
    let served = place.run(&[]).finished().await;
    assert_eq!(served.code, Some(3), "a server refuses the same settings: {served:?}");

    let good = Place::new().unset("CALLBACK_SERVER_ENABLED");
    let checked = good.run(&["check"]).finished().await;
    assert_eq!(checked.code, Some(0), "{checked:?}");
    assert!(
        checked.stdout.contains("CALLBACK_SERVER_ENABLED is not on"),
        "{checked:?}"
    );
    let level = Place::new().set("RUST_LOG", "loud").run(&["check"]).finished().await;
    assert_eq!(level.code, Some(3), "{level:?}");
}

#[tokio::test]
async fn config_show_names_the_origin_of_each_value_and_shows_no_secret() {
    let place = Place::new()
        .unset("LARK_APP_SECRET")
        .unset("LARK_VERIFICATION_TOKEN")
        .settings_file("callback_budget_ms = 2000\n\n[apps.hr]\napp_id = \"cli_hr\"\nencrypt_key = \"key-of-hr\"\n");
    fs::write(place.path(".env"), "# keys\nLARK_VERIFICATION_TOKEN=token-in-env\n").unwrap();
    fs::write(place.path("secret"), "secret-in-file\n").unwrap();
    let secret_file = place.path("secret").to_string_lossy().into_owned();
    let place = place.set("LARK_APP_SECRET_FILE", &secret_file);
    let shown = place
        .run(&["config", "show", "--json", "--port", "1234"])
        .finished()
        .await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    let answer: Value = serde_json::from_str(&shown.stdout).unwrap();
    let of = |name: &str| {
        let all = answer["settings"].as_array().unwrap();
        all.iter()
            .find(|setting| setting["name"] == name)
            .cloned()
            .unwrap_or_default()
    };
    let token = of("LARK_VERIFICATION_TOKEN");
    assert_eq!(
        (&token["value"], &token["origin"], &token["line"]),
        (&json!("********"), &json!("env_file"), &json!(2)),
        "{token}"
    );
    assert_eq!(of("LARK_APP_SECRET")["secret_file"], secret_file.as_str());
    assert_eq!(of("LARK_APP_ID")["origin"], "environment");
    assert_eq!(
        (
            of("CALLBACK_SERVER_PORT")["value"].clone(),
            of("CALLBACK_SERVER_PORT")["origin"].clone()
        ),
        (json!("1234"), json!("flag"))
    );
    assert_eq!(
        (
            of("CALLBACK_BUDGET_MS")["origin"].clone(),
            of("CALLBACK_BUDGET_MS")["line"].clone()
        ),
        (json!("file"), json!(1))
    );
    assert_eq!(of("CALLBACK_LEASE_MS")["origin"], "default");
    assert_eq!(
        (
            of("apps.hr.app_id")["value"].clone(),
            of("apps.hr.app_id")["line"].clone()
        ),
        (json!("cli_hr"), json!(4))
    );
    let text = place.run(&["config", "show", "--set"]).finished().await.stdout;
    assert!(text.contains(".env, line 2"), "{text}");
    for secret in ["token-in-env", "secret-in-file", "key-of-hr", &place.lark.encrypt_key] {
        assert!(!shown.stdout.contains(secret) && !text.contains(secret), "{secret}");
    }
}
