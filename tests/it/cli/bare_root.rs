//! A root with nothing in it but the program: no `/proc`, no root certificates.

use serde_json::json;
use test_guests::parts::Part;

use crate::support::{Place, Program};

/// A place that calls nobody: Lark's addresses are on this machine.
fn place() -> Place {
    Place::new()
        .set("LARK_API_BASE_URL", "http://127.0.0.1:9")
        .set("LARK_ACCOUNTS_BASE_URL", "http://127.0.0.1:9")
}

#[tokio::test]
async fn without_proc_plugins_are_compiled_in_a_process_of_their_own() {
    if !Part::Mount.is_here_or_said() {
        return;
    }
    let place = place().plugin("counter").own_cache();
    let mut program = Program::without_proc(&place);
    let client = program.serving().await;
    let answer = client.send(&client.lark.click(json!({"count": "clicks"}))).await;
    assert_eq!((answer.status, answer.toast()), (200, "1".to_owned()), "{answer:?}");
}

#[tokio::test]
async fn without_root_certificates_a_server_that_needs_them_says_where_they_belong() {
    let nowhere = |place: Place| {
        let empty = place.path("empty");
        std::fs::write(&empty, "").unwrap();
        let empty = empty.to_string_lossy().into_owned();
        place.set("SSL_CERT_FILE", &empty).set("SSL_CERT_DIR", &empty)
    };
    let finished = nowhere(Place::new()).run(&[]).finished().await;
    assert_eq!(finished.code, Some(1), "{finished:?}");
    for word in ["ca-certificates", "/etc/ssl/certs/ca-certificates.crt", "SSL_CERT_FILE"] {
        assert!(finished.stderr.contains(word), "{word}: {finished:?}");
    }
    // With a simulated Lark there is nothing to verify.
    let place = nowhere(place());
    let mut program = place.run(&[]);
    assert_eq!(program.serving().await.health().await["status"], "ok");
}
