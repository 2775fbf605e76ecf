//! A database of an older version, and one of a newer: what a start makes of each.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection, migrate::Migrator, sqlite::SqliteConnectOptions};

use crate::{
    operate::{ask, place, run},
    support::{Place, root, until},
};

/// The last migration of the old version: before answers had an outcome and deliveries counted lost attempts.
const OLD: i64 = 12;

/// An event with a dead letter, and a user's token, as the old version left them.
const ROWS: &str = "
    insert into events (id, app, event_id, message_id, event_type, kind, schema, app_id, tenant_key, create_time_ms,
                        received_at_ms, node)
    values (41, 'cli_of_the_tests', 'e-old', 'om_old', 'im.message.receive_v1', 'event', '2.0', 'cli_of_the_tests', 't', 0,
            unixepoch() * 1000, 'n');
    insert into payloads (event, payload) values (41, '{\"message\":{\"message_id\":\"om_old\",\"content\":\"{}\"}}');
    insert into receipts (app, kind, key, event, expires_at_ms)
    values ('cli_of_the_tests', 'event', 'e-old', 41, unixepoch() * 1000 + 86400000);
    insert into deliveries (id, event, kind, app, plugin, state, attempt, due_at_ms, next_at_ms, created_at_ms, expires_at_ms,
                            finished_at_ms)
    values (7, 41, 'event', 'cli_of_the_tests', 'counter', 'dead', 8, 0, 0, unixepoch() * 1000, unixepoch() * 1000 + 86400000,
            unixepoch() * 1000);
    insert into user_tokens (app, open_id, sealed, scopes, access_expires_at_ms, authorized_at_ms, version)
    values ('cli_of_the_tests', 'ou_1', x'00', '', unixepoch() * 1000 + 86400000, 0, 1);";

async fn connect(file: &Path) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .connect()
        .await
        .unwrap()
}

/// Writes the database of the old version to where the server of this place looks for it.
async fn old_database(place: &Place) {
    let file = place.path("data/config.db");
    fs::create_dir(file.parent().unwrap()).unwrap();
    let mut connection = connect(&file).await;
    let mut migrator = Migrator::new(root().join("migrations/sqlite")).await.unwrap();
    migrator
        .migrations
        .to_mut()
        .retain(|migration| migration.version <= OLD);
    migrator.run_direct(None, &mut connection, false).await.unwrap();
    sqlx::raw_sql(ROWS).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn the_database_of_an_older_version_is_copied_and_brought_up_to_date_and_loses_nothing() {
    let place = place().plugin("counter");
    old_database(&place).await;
    let mut program = place.run(&[]);
    let client = program.serving().await;
    program.until_logged("The database was copied before its schema").await;
    let copy = place.path(&format!("data/config.db.before-migration-{OLD}"));
    assert_eq!(fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);

    let shown = ask(&place, &["events", "show", "e-old"]).await;
    assert_eq!(shown["payload"]["message"]["message_id"], "om_old", "{shown}");
    assert_eq!(ask(&place, &["dead", "list"]).await["dead"][0]["id"], 7);
    assert_eq!(ask(&place, &["db", "status"]).await["rows"]["user_tokens"], 1);
    let repeat = place.lark.message_of("e-old", "om_old", "again");
    assert_eq!(client.send(&repeat).await.status, 200);
    assert_eq!(
        ask(&place, &["events", "show", "e-old"]).await["duplicates"],
        1,
        "its receipt counts"
    );
    assert_eq!(ask(&place, &["dead", "retry", "7"]).await["retried"], 1);
    until("the old delivery to be done", async || {
        let event = ask(&place, &["events", "show", "41"]).await;
        (event["deliveries"][0]["state"] == "done").then_some(())
    })
    .await;

    let checked = ask(&place, &["db", "restore", copy.to_str().unwrap(), "--check"]).await;
    assert_eq!(checked["restorable"], true, "{checked}");
    assert_eq!(checked["migration"], OLD, "{checked}");
    assert!(checked["pending_migrations"].as_u64().unwrap() > 0, "{checked}");
    assert_eq!(checked["rows"]["events"], 1, "{checked}");
    assert!(checked["newest_event_at_ms"].as_u64().unwrap() > 0, "{checked}");
    let beside: Vec<_> = fs::read_dir(place.path("data"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("before-migration"))
        .collect();
    assert_eq!(beside.len(), 1, "a check writes nothing beside the file: {beside:?}");
}

#[tokio::test]
async fn no_copy_is_made_when_the_settings_say_so_or_nothing_is_to_be_changed() {
    let place = place().set("DATABASE_MIGRATION_COPY", "off");
    old_database(&place).await;
    assert_eq!(ask(&place, &["db", "migrate"]).await["rows"]["events"], 1);
    let place = place.set("DATABASE_MIGRATION_COPY", "on");
    assert_eq!(ask(&place, &["db", "migrate"]).await["rows"]["events"], 1);
    let names: Vec<_> = fs::read_dir(place.path("data"))
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert!(
        names
            .iter()
            .all(|name| !name.to_str().unwrap().contains("before-migration")),
        "{names:?}"
    );
}

#[tokio::test]
async fn an_upgrade_that_does_not_reach_its_end_leaves_the_old_database_and_the_copy_of_it() {
    let place = place();
    old_database(&place).await;
    let file = place.path("data/config.db");
    // The last steps cannot be done.
    sqlx::raw_sql("create table plugin_history (x)")
        .execute(&mut connect(&file).await)
        .await
        .unwrap();
    let failed = run(&place, &["db", "migrate"]).await;
    assert_eq!(failed.code, Some(4), "{failed:?}");
    let mut connection = connect(&file).await;
    let last: i64 = sqlx::query_scalar("select max(version) from _sqlx_migrations")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(last, OLD, "no step of a part is kept");
    sqlx::raw_sql("drop table plugin_history")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    assert_eq!(ask(&place, &["db", "migrate"]).await["rows"]["events"], 1);
    assert!(place.path(&format!("data/config.db.before-migration-{OLD}")).exists());
}

#[tokio::test]
async fn the_database_of_a_newer_version_is_refused_and_the_way_back_is_named() {
    let place = place();
    old_database(&place).await;
    ask(&place, &["db", "migrate"]).await;
    let file = place.path("data/config.db");
    let mut connection = connect(&file).await;
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (9999, 'of tomorrow', true, x'', 0)";
    sqlx::query(newer).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let before = fs::read(&file).unwrap();
    let refused = run(&place, &[]).await;
    assert_eq!(refused.code, Some(4), "{refused:?}");
    for wanted in [
        "migration 9999",
        "nothing was changed",
        "db restore",
        &format!("before-migration-{OLD}"),
    ] {
        assert!(refused.stderr.contains(wanted), "{wanted}: {refused:?}");
    }
    assert_eq!(fs::read(&file).unwrap(), before);
    let copy = place.path(&format!("data/config.db.before-migration-{OLD}"));
    let restored = ask(&place, &["db", "restore", copy.to_str().unwrap()]).await;
    assert!(
        restored["kept"].as_str().unwrap().contains("before-restore"),
        "{restored}"
    );
    assert_eq!(ask(&place, &["events", "list"]).await["events"][0]["event_id"], "e-old");
}

#[tokio::test]
async fn a_damaged_or_foreign_backup_is_told_from_a_whole_one() {
    let place = place();
    let foreign = place.path("foreign.db");
    let mut connection = connect(&foreign).await;
    sqlx::raw_sql("create table x (y)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let refused = run(&place, &["db", "restore", foreign.to_str().unwrap(), "--check"]).await;
    assert_eq!(refused.code, Some(4), "{refused:?}");
    assert!(refused.stderr.contains("no database of this server"), "{refused:?}");

    // Another program that keeps its migrations under the same name.
    sqlx::raw_sql(
        "create table _sqlx_migrations (version bigint, checksum blob); insert into _sqlx_migrations values (1, x'00')",
    )
    .execute(&mut connect(&foreign).await)
    .await
    .unwrap();
    let refused = run(&place, &["db", "restore", foreign.to_str().unwrap(), "--check"]).await;
    assert_eq!(refused.code, Some(4), "{refused:?}");
    assert!(refused.stderr.contains("no database of this server"), "{refused:?}");

    fs::write(place.path("noise.db"), [7; 10_000]).unwrap();
    fs::create_dir(place.path("folder.db")).unwrap();
    for (file, reason) in [
        (
            "noise.db",
            "noise.db cannot be restored: it is damaged, truncated or no database of SQLite",
        ),
        ("folder.db", "folder.db cannot be restored: it is not a regular file"),
        ("/dev/zero", "/dev/zero cannot be restored: it is not a regular file"),
    ] {
        let refused = run(&place, &["db", "restore", file, "--check"]).await;
        assert!(
            refused.code == Some(4) && refused.stderr.contains(reason),
            "{refused:?}"
        );
    }

    let mut program = place.run(&[]);
    let client = program.serving().await;
    for _ in 0..50 {
        assert_eq!(client.send(&place.lark.message(&"x".repeat(2_000))).await.status, 200);
    }
    ask(&place, &["db", "backup", "whole.db"]).await;
    let mut bytes = fs::read(place.path("whole.db")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8_192].fill(0xff);
    fs::write(place.path("damaged.db"), bytes).unwrap();
    let refused = run(&place, &["db", "restore", "damaged.db", "--check"]).await;
    assert_eq!(refused.code, Some(4), "{refused:?}");
    assert!(
        refused.stderr.contains("damaged.db cannot be restored: it is damaged"),
        "{refused:?}"
    );
    let whole: Value = ask(&place, &["db", "restore", "whole.db", "--check"]).await;
    assert_eq!(
        (&whole["rows"]["payloads"], &whole["pending_migrations"]),
        (&json!(50), &json!(0)),
        "{whole}"
    );
}
