//! Settings that would mean something else than they seem to, at the start.

use std::fs;

use crate::support::{Finished, Place, Program};

async fn run(place: &Place) -> Finished {
    place.run(&[]).finished().await
}

#[tokio::test]
async fn a_key_that_is_missing_does_not_switch_signatures_off() {
    let beyond = || Place::new().set("CALLBACK_SERVER_HOST", "0.0.0.0");
    for (place, wanted) in [
        (
            Place::new().set("LARK_ENCRYPT_KEY", ""),
            "LARK_ENCRYPT_KEY (in the environment) is empty",
        ),
        (
            Place::new().set("LARK_APP_SECRET", " "),
            "LARK_APP_SECRET (in the environment) holds nothing but white space",
        ),
        (
            Place::new().set("LARK_ENCRYPT_KEY", "key\n"),
            "begins or ends with white space",
        ),
        (
            Place::new().set("DATABASE_URL", ""),
            "DATABASE_URL (in the environment) is empty",
        ),
        (
            beyond().unset("LARK_ENCRYPT_KEY"),
            "or, if the application really has none, set LARK_ENCRYPT_KEY_REQUIRED=off",
        ),
    ] {
        let finished = run(&place).await;
        assert_eq!(finished.code, Some(3), "{finished:?}");
        assert!(finished.stderr.contains(wanted), "{finished:?}");
        assert!(!place.path("data").exists(), "nothing was begun");
    }
    let asked_for = beyond()
        .unset("LARK_ENCRYPT_KEY")
        .set("LARK_ENCRYPT_KEY_REQUIRED", "off");
    let mut program = asked_for.run(&[]);
    program
        .until_logged("LARK_ENCRYPT_KEY is not set, as LARK_ENCRYPT_KEY_REQUIRED=off asks for")
        .await;
    program.serving().await;
}

#[tokio::test]
async fn a_switch_in_quotes_is_not_a_server_that_is_off() {
    for (word, told) in [("\"true\"", "is in quotes"), ("enabled", "must be one of")] {
        let finished = run(&Place::new().set("CALLBACK_SERVER_ENABLED", word)).await;
        assert_eq!(finished.code, Some(3), "{finished:?}");
        assert!(
            finished
                .stderr
                .contains(&format!("CALLBACK_SERVER_ENABLED (in the environment) {told}")),
            "{finished:?}"
        );
    }
    let mut program = Place::new().set("LARK_ENCRYPT_KEY", "'key'").run(&[]);
    program
        .until_logged("LARK_ENCRYPT_KEY (in the environment) is in quotes")
        .await;
}

#[tokio::test]
async fn an_env_file_with_a_byte_order_mark_is_read() {
    let place = Place::new();
    let lines: String = place
        .settings()
        .iter()
        .map(|(name, value)| format!("{name}={value}\r\n"))
        .collect();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join(".env"), format!("\u{feff}{lines}")).unwrap();
    let mut program = Program::bare(elsewhere.path(), &[], place.lark.clone());
    assert_eq!(program.serving().await.health().await["status"], "ok");
}

#[tokio::test]
async fn links_of_services_are_no_settings() {
    let place = Place::new().set("CALLBACK_SERVER_PORT", "tcp://10.96.0.5:8080");
    let place = place
        .set("CALLBACK_SERVER_PORT_8080_TCP", "tcp://10.96.0.5:8080")
        .set("CALLBACK_ADMIN_PORT", "tcp://10.96.0.6:8081")
        .set("LARK_CALLBACK_SERVICE_HOST", "10.96.0.5");
    let mut program = place.run(&["serve", "--port", "0"]);
    program
        .until_logged("and 3 more (in the environment) describe services")
        .await;
    program.serving().await;
    assert_eq!(program.stderr().matches("is not used by this version").count(), 0);
}

#[tokio::test]
async fn brackets_around_an_address_are_taken() {
    let mut program = Place::new()
        .set("CALLBACK_SERVER_HOST", "[::1]")
        .set("CALLBACK_ADMIN", "on")
        .set("CALLBACK_ADMIN_HOST", "[::1]")
        .set("CALLBACK_ADMIN_PORT", "0")
        .run(&[]);
    program
        .until_logged(r#""message":"Operator's listener ready","address":"[::1]:"#)
        .await;
    assert!(program.serving().await.address.is_ipv6());
}

#[tokio::test]
async fn a_misspelt_folder_of_plugins_is_not_made_in_silence() {
    let misspelt = Place::new();
    let path = misspelt.path("plugin");
    let misspelt = misspelt.set("CALLBACK_PLUGINS_DIR", path.to_str().unwrap());
    let finished = run(&misspelt).await;
    assert_eq!(finished.code, Some(3), "{finished:?}");
    assert!(
        finished.stderr.contains("did you mean") && finished.stderr.contains("/plugins?"),
        "{finished:?}"
    );
    assert!(!path.exists());

    let other = Place::new();
    let path = other.path("handlers");
    let mut program = other.set("CALLBACK_PLUGINS_DIR", path.to_str().unwrap()).run(&[]);
    program
        .until_logged("names a folder that does not exist; an empty one is created")
        .await;
    program.serving().await;
    assert!(path.is_dir());
}
