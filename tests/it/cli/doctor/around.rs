//! What stands around the server: settings, port, keys, database, plugins; and the language that is spoken.

use std::{fs, net::TcpListener};

use rustix::process::Signal;
use test_guests::postgres::Cluster;

use sqlx::{ConnectOptions, Executor, sqlite::SqliteConnectOptions};

use super::{Diagnosis, Practice};

const KEY: &str = "WrzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=";

#[tokio::test]
async fn settings_that_no_server_starts_with_are_told_with_exit_code_3() {
    let practice = Practice::closed(|place| place.unset("LARK_APP_ID").set("CALLBACK_BUDGET_MS", "many")).await;
    let found = practice.doctor(&[]).await;
    assert_eq!(found.code, Some(3));
    assert_eq!(
        found.failed(),
        ["settings.problem", "settings.problem"],
        "{:#}",
        found.json
    );
}

#[tokio::test]
async fn without_a_server_the_port_is_free_and_plugins_are_tried() {
    let practice = Practice::closed(|place| {
        place
            .plugin("echo")
            .plugin("wants_config")
            .file("bad.wasm", b"no component")
            .file("off.wasm", b"whatever")
            .file("off.toml", b"enabled = false")
    })
    .await;
    let found = practice.doctor(&["--offline"]).await;
    let result = found.assert_state("server.up", "failed")["result"].as_str().unwrap();
    assert!(result.contains("the port is free"), "{result}");
    let plugins: Vec<_> = found
        .findings()
        .filter(|finding| finding["check"] == "plugins.plugin")
        .map(|finding| (finding["state"].as_str().unwrap(), finding["result"].as_str().unwrap()))
        .collect();
    assert_eq!(plugins.len(), 5, "{plugins:?}");
    for (state, says) in [
        ("ok", "card-auth"),
        ("ok", "echo"),
        ("ok", "off is disabled"),
        ("failed", "bad is not loaded"),
        ("failed", "wants_config is not loaded"),
    ] {
        let is_told = plugins
            .iter()
            .any(|(other, result)| *other == state && result.contains(says));
        assert!(is_told, "{state} {says}: {plugins:?}");
    }
    // Looking changes nothing.
    assert!(!practice.place.path("data/config.db").exists());
}

#[tokio::test]
async fn a_port_of_another_program_is_named_with_its_process() {
    let practice = Practice::closed(|place| place).await;
    let taken = TcpListener::bind(("127.0.0.1", practice.port)).unwrap();
    // Takes no connection, as something that is no web server.
    let found = practice.doctor(&["--offline"]).await;
    drop(taken);
    let result = found.assert_state("server.port", "failed")["result"].as_str().unwrap();
    assert!(result.contains(&format!("(pid {})", std::process::id())), "{result}");
}

#[tokio::test]
async fn keys_that_differ_from_those_of_the_running_server_are_named() {
    let practice = Practice::open(|place| place).await;
    let changed = async |name: &str, value: &str| {
        let doctor = practice
            .place
            .run_with(&["doctor", "--json", "--offline"], &[(name, value)]);
        Diagnosis::of(&doctor.finished().await)
    };
    let found = changed("LARK_ENCRYPT_KEY", "another-key").await;
    found.assert_state("keys.encrypt", "failed");
    let found = changed("LARK_VERIFICATION_TOKEN", "another-token").await;
    found.assert_state("keys.encrypt", "ok");
    let cure = found.assert_state("keys.token", "failed")["cure"].as_str().unwrap();
    assert!(cure.contains("SIGHUP"), "{cure}");
}

#[tokio::test]
async fn secrets_that_the_key_does_not_open_are_named() {
    let mut practice = Practice::open(|place| place.set("LARK_CONFIG_ENCRYPTION_KEY", KEY)).await;
    practice.doctor(&["--offline"]).await.assert_state("database.key", "ok");
    let server = practice.server.take().unwrap();
    server.signal(Signal::TERM);
    server.finished().await;
    let options = SqliteConnectOptions::new().filename(practice.place.path("data/config.db"));
    let mut connection = options.connect().await.unwrap();
    // Of the layout that is known, under a key that nobody has.
    let insert = "insert into user_tokens values ('cli_a', 'ou_a', x'01aabbccddeeff0011', '', 0, null, 0, 1)";
    connection.execute(insert).await.unwrap();
    drop(connection);
    let found = practice.doctor(&["--offline"]).await;
    found.assert_state("database.key", "failed");
    found.assert_state("database.schema", "ok");
}

#[tokio::test]
async fn a_postgresql_is_looked_at_without_being_changed() {
    let Some(cluster) = Cluster::shared() else { return };
    let url = cluster.database();
    let practice =
        Practice::closed(|place| place.set("DATABASE_URL", &url).set("LARK_CONFIG_ENCRYPTION_KEY", KEY)).await;
    let found = practice.doctor(&["--offline"]).await;
    // Nothing has been started there yet.
    found.assert_state("database.schema", "warning");
    assert_eq!(
        cluster
            .ask(&url, "select count(*) from pg_tables where schemaname = 'public'")
            .trim(),
        "0"
    );
    let migrated = practice.place.run(&["db", "migrate"]).finished().await;
    assert_eq!(migrated.code, Some(0), "{migrated:?}");
    let found = practice.doctor(&["--offline"]).await;
    for check in [
        "database.there",
        "database.schema",
        "database.encoding",
        "database.key",
        "database.commit",
    ] {
        found.assert_state(check, "ok");
    }
    let practice = Practice::closed(|place| place.set("DATABASE_URL", "postgres://postgres@127.0.0.1:9/none")).await;
    practice
        .doctor(&["--offline"])
        .await
        .assert_state("database.there", "failed");
}

#[tokio::test]
async fn a_database_that_is_none_is_named() {
    let practice = Practice::closed(|place| {
        fs::create_dir_all(place.path("data")).unwrap();
        fs::write(
            place.path("data/config.db"),
            "this is no database, and long enough to be looked at",
        )
        .unwrap();
        place
    })
    .await;
    let found = practice.doctor(&["--offline"]).await;
    let cause = found.assert_state("database.there", "failed")["cause"]
        .as_str()
        .unwrap();
    assert!(cause.contains("not a SQLite file"), "{cause}");
}

#[tokio::test]
async fn a_redirect_url_that_leads_here_is_served() {
    let mut practice = Practice::closed(|place| place).await;
    let uri = format!("http://127.0.0.1:{}/callback", practice.port);
    let place = practice.place.set("OAUTH_REDIRECT_URI", &uri);
    let place = place.set("LARK_CONFIG_ENCRYPTION_KEY", KEY);
    let mut server = place.run(&[]);
    server.serving().await;
    practice.place = place;
    practice.server = Some(server);
    let found = practice.doctor(&["--offline"]).await;
    found.assert_state("redirect.served", "ok");
    // It also tells the public address.
    found.assert_state("public.click", "ok");
}

#[tokio::test]
async fn it_speaks_chinese_and_finds_the_application_that_is_asked_for() {
    let practice = Practice::open(|place| {
        place.settings_file(
            "[apps.hr]\napp_id = 'cli_of_the_others'\napp_secret = 'app-secret-of-the-others'\n\
             verification_token = 'others'\nencrypt_key = 'others-key'",
        )
    })
    .await;
    let url = format!("http://127.0.0.1:{}/callback", practice.port);
    let spoken = practice
        .place
        .run(&["doctor", "--lang", "zh", "--offline", "--url", &url])
        .finished()
        .await;
    assert!(
        spoken.stdout.contains("公网地址与反向代理") && spoken.stdout.contains("原样到达"),
        "{spoken:?}"
    );
    assert!(spoken.stdout.contains("  [hr]\n"), "{spoken:?}");
    let found = practice.doctor(&["--offline", "--app", "hr", "--url", &url]).await;
    let apps: Vec<_> = found
        .findings()
        .filter(|finding| finding["check"] == "public.click")
        .collect();
    assert!(apps.len() == 1 && apps[0]["app"] == "hr", "{:#}", found.json);
    let unknown = practice.place.run(&["doctor", "--app", "nobody"]).finished().await;
    assert_eq!(unknown.code, Some(5), "{unknown:?}");
}
