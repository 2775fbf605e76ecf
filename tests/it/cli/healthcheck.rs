//! `healthcheck`: what a container's health check hears.

use std::net::TcpListener;

use crate::support::{Finished, Place};

async fn ask(place: &Place, arguments: &[&str]) -> Finished {
    place.run(&[&["healthcheck"], arguments].concat()).finished().await
}

fn place() -> Place {
    Place::new().set("CALLBACK_ADMIN", "on").set("CALLBACK_ADMIN_PORT", "0")
}

#[tokio::test]
async fn a_server_that_serves_is_well() {
    // On all addresses, as in a pod; the token is for everything else.
    for place in [
        place(),
        place()
            .set("CALLBACK_ADMIN_HOST", "0.0.0.0")
            .set("CALLBACK_ADMIN_TOKEN", "token-of-the-tests"),
    ] {
        let mut program = place.run(&[]);
        program.serving().await;
        for arguments in [&[][..], &["--live"]] {
            let finished = ask(&place, arguments).await;
            assert_eq!(
                (finished.code, finished.stdout.as_str()),
                (Some(0), "ok"),
                "{finished:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_server_that_starts_only_now_is_waited_for() {
    let place = place();
    let asking = place.run(&["healthcheck", "--wait", "60"]);
    let mut program = place.run(&[]);
    let finished = asking.finished().await;
    assert_eq!(
        (finished.code, finished.stdout.as_str()),
        (Some(0), "ok"),
        "{finished:?}"
    );
    program.serving().await;
}

#[tokio::test]
async fn a_server_that_is_not_there_is_not_well() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let finished = ask(&place().set("CALLBACK_ADMIN_PORT", &free.to_string()), &[]).await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(
        finished.stderr.contains("no answer from the operator's listener"),
        "{finished:?}"
    );
    let finished = ask(&Place::new(), &[]).await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(finished.stderr.contains("CALLBACK_ADMIN=off"), "{finished:?}");
}
