//! `db backup` and `db restore`: a copy at one moment, made while the server works, and put back.

use std::os::unix::fs::PermissionsExt;

use rustix::process::Signal;
use serde_json::json;

use crate::{
    operate::{ask, place, run},
    support::event_id,
};

#[tokio::test]
async fn a_backup_is_made_beside_the_server_and_put_back_without_it() {
    let place = place().plugin("counter");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    assert_eq!(
        client
            .send(&place.lark.click_of(&event_id(), json!({"count": "clicks"})))
            .await
            .toast(),
        "1"
    );
    let made = ask(&place, &["db", "backup", "copy.db"]).await;
    assert!(made["backup"]["bytes"].as_u64().unwrap() > 0, "{made}");
    let mode = std::fs::metadata(place.path("copy.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "others must not read it");
    let again = run(&place, &["db", "backup", "copy.db"]).await;
    assert!(again.stderr.contains("exists already"), "{again:?}");
    // Not even root may make a file there.
    let elsewhere = run(&place, &["db", "backup", "/sys/copy.db"]).await;
    assert!(
        elsewhere.stderr.contains("made by the user that runs the server"),
        "{elsewhere:?}"
    );
    assert_eq!(
        client
            .send(&place.lark.click_of(&event_id(), json!({"count": "clicks"})))
            .await
            .toast(),
        "2"
    );

    let refused = run(&place, &["db", "restore", "copy.db"]).await;
    assert_eq!(refused.code, Some(4), "{refused:?}");
    assert!(
        refused.stderr.contains("in use by a server that is running"),
        "{refused:?}"
    );
    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));

    place.write("broken.db", b"no database");
    let broken = run(&place, &["db", "restore", "broken.db", "--check"]).await;
    assert_eq!(broken.code, Some(4), "{broken:?}");
    assert_eq!(
        ask(&place, &["db", "restore", "copy.db", "--check"]).await["restorable"],
        true
    );
    let restored = ask(&place, &["db", "restore", "copy.db"]).await;
    assert!(
        restored["kept"].as_str().unwrap().contains("before-restore"),
        "{restored}"
    );

    let mut program = place.run(&[]);
    let client = program.serving().await;
    let answer = client
        .send(&place.lark.click_of(&event_id(), json!({"count": "clicks"})))
        .await;
    assert_eq!(answer.toast(), "2", "what came after the backup is not there");
}
