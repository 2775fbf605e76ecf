//! Where the listeners are: Unix sockets, two listeners at one place, and the sender behind a proxy.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use rustix::process::Signal;
use serde_json::json;

use crate::support::{Place, Program, Request};

const PUBLIC: &str = "run/callback.sock";
const OPERATOR: &str = "run/operator.sock";

fn at_sockets() -> Place {
    let place = Place::new().plugin("echo");
    let unix = |name: &str| format!("unix:{}", place.path(name).display());
    let (public, operator) = (unix(PUBLIC), unix(OPERATOR));
    place
        .set("CALLBACK_SERVER_HOST", &public)
        .set("CALLBACK_ADMIN_HOST", &operator)
        .set("CALLBACK_ADMIN", "on")
}

async fn loaded(place: &Place) -> Program {
    let mut program = place.run(&[]);
    program.until_logged(r#""message":"All plugins are loaded""#).await;
    program
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn both_listeners_may_be_unix_sockets_and_the_commands_find_them() {
    let place = at_sockets().set("CALLBACK_SERVER_SOCKET_MODE", "0666");
    let program = loaded(&place).await;
    assert_eq!((mode(&place.path(PUBLIC)), mode(&place.path(OPERATOR))), (0o666, 0o600));
    let value = json!({"echo": "over a file"}).to_string();
    let sent = place.run(&["send", "card", "--value", &value]).finished().await;
    assert!(sent.stdout.contains("over a file"), "{sent:?}");
    for command in [&["events", "list"][..], &["plugin", "list"], &["db", "status"]] {
        let finished = place.run(command).finished().await;
        assert_eq!(finished.code, Some(0), "{finished:?}");
    }
    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));
    assert!(!place.path(PUBLIC).exists() && !place.path(OPERATOR).exists());
}

#[tokio::test]
async fn the_file_of_a_killed_server_is_replaced_and_that_of_a_running_one_is_not() {
    let place = at_sockets();
    let program = loaded(&place).await;
    let taken = place.run(&[]).finished().await;
    assert_eq!(taken.code, Some(1), "{taken:?}");
    assert!(taken.stderr.contains("another server is listening there"), "{taken:?}");
    program.signal(Signal::KILL);
    program.finished().await;
    assert!(place.path(PUBLIC).exists(), "it had no time to remove it");
    let program = loaded(&place).await;
    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));
    fs::write(place.path(PUBLIC), "somebody's file").unwrap();
    let refused = place.run(&[]).finished().await;
    assert!(
        refused.stderr.contains("a file that is not a socket is there"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_socket_that_is_set_wrongly_is_told_as_such() {
    let long = format!("unix:/{}", "x".repeat(120));
    for (name, value, wanted) in [
        (
            "CALLBACK_SERVER_HOST",
            "unix:callback.sock",
            "the whole path of a socket",
        ),
        ("CALLBACK_ADMIN_HOST", "unix:", "the whole path of a socket"),
        ("CALLBACK_SERVER_HOST", long.as_str(), "choose a shorter one"),
        ("CALLBACK_SERVER_SOCKET_MODE", "rw-rw----", "octal digits"),
        ("CALLBACK_ADMIN_SOCKET_MODE", "1777", "octal digits"),
        ("CALLBACK_TRUSTED_PROXIES", "10.0.0.0/33", "10.0.0.0/8"),
    ] {
        let finished = Place::new().set(name, value).run(&[]).finished().await;
        assert_eq!(finished.code, Some(3), "{finished:?}");
        assert!(
            finished.stderr.contains(name) && finished.stderr.contains(wanted),
            "{finished:?}"
        );
    }
}

#[tokio::test]
async fn two_listeners_at_one_place_are_told_as_such() {
    let on = || Place::new().set("CALLBACK_ADMIN", "on");
    let both = on()
        .set("CALLBACK_SERVER_PORT", "18081")
        .set("CALLBACK_ADMIN_PORT", "18081");
    let finished = both.run(&[]).finished().await;
    assert_eq!(finished.code, Some(3), "{finished:?}");
    let told = "CALLBACK_SERVER_PORT and CALLBACK_ADMIN_PORT are both 18081";
    assert!(finished.stderr.contains(told), "{finished:?}");
    let place = on();
    let unix = format!("unix:{}", place.path(PUBLIC).display());
    let both = place
        .set("CALLBACK_SERVER_HOST", &unix)
        .set("CALLBACK_ADMIN_HOST", &unix);
    let finished = both.run(&[]).finished().await;
    assert_eq!(finished.code, Some(3), "{finished:?}");
    assert!(finished.stderr.contains("need a socket each"), "{finished:?}");
}

#[tokio::test]
async fn only_a_trusted_proxy_says_who_was_refused() {
    for (trusted, wanted) in [("127.0.0.0/8", "203.0.113.7"), ("10.0.0.0/8", "127.0.0.1")] {
        let scene = Place::new().set("CALLBACK_TRUSTED_PROXIES", trusted).serve().await;
        let forged = Request::post("/callback", "{}").header("x-forwarded-for", "1.1.1.1, 203.0.113.7");
        assert_eq!(scene.send(&forged).await.status, 400);
        let lines = scene.log.lines_with("Callback refused");
        assert!(lines.iter().any(|line| line.contains(wanted)), "{lines:?}");
        assert!(!lines.iter().any(|line| line.contains("1.1.1.1")), "{lines:?}");
    }
}
