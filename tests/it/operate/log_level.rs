//! The log level of a running server: changed by the operator, and gone with the process.

use rustix::process::Signal;
use serde_json::json;

use super::{ask, place, run};

#[tokio::test]
async fn the_level_is_changed_while_the_server_runs_and_ends_with_it() {
    let place = place().plugin("echo");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let before = ask(&place, &["log-level"]).await;
    assert_eq!(before, json!({"level": "info", "configured": "info", "until": null}));

    let changed = ask(&place, &["log-level", "warn,lark_callback=debug"]).await;
    assert_eq!(changed["level"], "warn,lark_callback=debug", "{changed}");
    let shown = run(&place, &["log-level"]).await.stdout;
    assert!(shown.contains("the server stops"), "{shown}");
    program.until_logged("Log levels changed by the operator").await;
    assert_eq!(client.click(json!({"echo": "x"})).await.status, 200);
    program.until_logged(r#""level":"DEBUG""#).await;

    // Log rotation sends it, too.
    program.signal(Signal::HUP);
    program.until_logged("Settings reloaded").await;
    assert_eq!(ask(&place, &["log-level"]).await["level"], "warn,lark_callback=debug");

    program.signal(Signal::TERM);
    assert_eq!(program.finished().await.code, Some(0));
    let mut program = place.run(&[]);
    program.serving().await;
    assert_eq!(ask(&place, &["log-level"]).await, before);
}

#[tokio::test]
async fn a_level_that_is_none_changes_nothing_and_reset_goes_back_to_the_settings() {
    let place = place().set("RUST_LOG", "warn,lark_callback=info");
    let mut program = place.run(&[]);
    program.serving().await;
    for wrong in ["loud", "lark_callback=loud", ""] {
        let refused = run(&place, &["log-level", wrong]).await;
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains("is no level"), "{refused:?}");
    }
    ask(&place, &["log-level", "off"]).await;
    program.until_logged("Log levels changed by the operator").await;
    let back = ask(&place, &["log-level", "--reset"]).await;
    let configured = "warn,lark_callback=info";
    assert_eq!(
        back,
        json!({"level": configured, "configured": configured, "until": null})
    );
}
