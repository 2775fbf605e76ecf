//! One budget from the arrival of a click to its answer, whatever it is waited for meanwhile.

use std::time::Duration;

use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};

use crate::support::{Place, Request, Scene, until};

/// Holds the database's only place to write, as a shell with `begin exclusive` does.
async fn stand_still(scene: &Scene) -> SqliteConnection {
    let url = format!("sqlite:{}", scene.place.path("data/config.db").display());
    let mut shell = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("begin immediate").execute(&mut shell).await.unwrap();
    shell
}

/// How long the database was waited for at last, as the log tells.
fn waited_ms(scene: &Scene) -> u64 {
    let lines = scene.log.lines_with("did not commit within ");
    let text = lines.last().expect("the log tells");
    let number = text
        .split("did not commit within ")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    number.and_then(|number| number.parse().ok()).expect("a number")
}

#[tokio::test]
async fn a_reply_that_cannot_be_stored_is_not_waited_for_beyond_the_budget() {
    let scene = Place::new()
        .plugin("slow")
        .set("CALLBACK_BUDGET_MS", "1000")
        .serve()
        .await;
    let click = scene.lark.click(json!({"sleep_ms": 400}));
    let (answer, shell) = tokio::join!(scene.send(&click), async {
        until("the plugin to begin", async || {
            (!scene.log.lines_with("sleeps 400 ms").is_empty()).then_some(())
        })
        .await;
        stand_still(&scene).await
    });
    assert_eq!(answer.toast(), "操作未能完成，请稍后重试");
    assert!(waited_ms(&scene) <= 600, "{} ms", waited_ms(&scene));
    shell.close().await.unwrap();
}

#[tokio::test]
async fn a_receipt_that_cannot_be_stored_is_not_waited_for_beyond_the_budget() {
    let scene = Place::new()
        .plugin("echo")
        .set("CALLBACK_BUDGET_MS", "300")
        .serve()
        .await;
    let shell = stand_still(&scene).await;
    let clicks = [(); 3].map(|()| scene.lark.click(json!({"echo": "lost"})));
    for click in &clicks {
        assert_eq!(scene.send(click).await.toast(), "操作未能完成，请稍后重试");
        assert!(waited_ms(&scene) <= 300, "{} ms", waited_ms(&scene));
    }
    shell.close().await.unwrap();
    let answer = until("the database to accept", async || {
        let answer = scene.click(json!({"echo": "well"})).await;
        (answer.toast() == "well").then_some(answer)
    });
    answer.await;
    // Refused, and so not stored while nobody looked: the same click is a new one.
    assert_eq!(scene.send(&clicks[0]).await.toast(), "lost");
}

#[tokio::test]
async fn a_server_whose_database_stands_still_is_not_ready_before_the_database_gives_up() {
    let scene = Place::new()
        .plugin("echo")
        .set("CALLBACK_BUDGET_MS", "300")
        .set("CALLBACK_ADMIN", "on")
        .set("CALLBACK_ADMIN_PORT", "0")
        .serve()
        .await;
    let operator = scene.operator();
    assert_eq!(operator.send(&Request::get("/readyz")).await.status, 200);
    let shell = stand_still(&scene).await;
    scene.click(json!({"echo": "lost"})).await;
    until("the load balancer to be told", async || {
        let ready = operator.send(&Request::get("/readyz")).await;
        (ready.status == 503).then_some(())
    })
    .await;
    assert!(scene.log.lines_with("The database cannot be written").is_empty());
    shell.close().await.unwrap();
    until("the server to be ready again", async || {
        let ready = operator.send(&Request::get("/readyz")).await;
        (ready.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_plugin_that_hangs_leaves_time_for_the_next_one() {
    let scene = Place::new()
        .plugin_as("a", "slow")
        .plugin_as("b", "echo")
        .set("CALLBACK_BUDGET_MS", "500")
        .serve()
        .await;
    let hanging = Duration::from_secs(60).as_millis();
    let answer = scene.click(json!({"sleep_ms": hanging, "echo": "in time"})).await;
    assert_eq!(answer.toast(), "in time");
    assert_eq!(
        scene
            .log
            .lines_with("A plugin failed before another one answered")
            .len(),
        1
    );
}
