//! A plugin that crashes at every call: clicks get a clear answer at once, events wait, and it is tried again by itself.

use serde_json::{Value, json};

use crate::support::{Place, Request, Scene, event_id, until};

const UNAVAILABLE: &str = "该功能暂时不可用，请稍后再试";
const FAILED: &str = "操作未能完成，请稍后重试";

fn crash() -> Value {
    json!({"do": "trap"})
}

fn operated(place: Place) -> Place {
    place.set("CALLBACK_ADMIN", "on").set("CALLBACK_ADMIN_PORT", "0")
}

async fn until_refused(scene: &Scene) {
    for _ in 0..5 {
        assert_eq!(scene.click(crash()).await.toast(), FAILED);
    }
    assert_eq!(scene.click(crash()).await.toast(), UNAVAILABLE);
}

#[tokio::test]
async fn a_plugin_that_crashes_at_every_click_is_not_called_for_a_while_and_others_are() {
    let scene = operated(Place::new()).plugin("naughty").plugin("second").serve().await;
    until_refused(&scene).await;
    let line = scene.log.until("crashed 5 times in a row").await;
    assert!(
        line.contains(r#""plugin.name":"naughty""#) && line.contains("it gave up"),
        "{line}"
    );

    // Clicks go on to the next plugin.
    let answer = scene.click(json!({"do": "trap", "second": "hello"})).await;
    assert_eq!(answer.toast(), "version 1 heard hello");

    let id = event_id();
    scene.send(&scene.lark.click_of(&id, crash())).await;
    let line = scene.log.until(&id).await;
    assert!(
        line.contains(r#""outcome":"backing_off""#) && line.contains("the last crash"),
        "{line}"
    );

    let operator = scene.operator();
    let plugins: Value = serde_json::from_str(&operator.send(&Request::get("/api/v1/plugins")).await.body).unwrap();
    let of = |name: &str| {
        let all = plugins["plugins"].as_array().unwrap();
        all.iter().find(|plugin| plugin["name"] == name).unwrap()["backoff"].clone()
    };
    assert!(of("naughty")["crashes"].as_u64() >= Some(5), "{plugins}");
    assert_eq!(of("second"), Value::Null);
    let metrics = operator.send(&Request::get("/metrics")).await.body;
    assert!(
        metrics.contains(r#"lark_callback_backoff_seconds{plugin="naughty"}"#),
        "{metrics}"
    );
    assert!(
        !metrics.contains(r#"lark_callback_backoff_seconds{plugin="second"}"#),
        "{metrics}"
    );

    // One call is tried at the end of the pause, and it works.
    scene.until_click_says(json!({"do": "ok"}), "ok").await;
    scene.log.until("works again").await;
    assert_eq!(scene.click(crash()).await.toast(), FAILED, "the count begins anew");
}

#[tokio::test]
async fn a_plugin_that_is_loaded_again_is_called_at_once() {
    let scene = Place::new().plugin("naughty").serve().await;
    // Fifteen crashes more would make the pause so long that no test waits for its end.
    until_refused(&scene).await;
    scene.place.put("naughty.toml", b"[limits]\ncpu_ms_max = 400\n");
    scene.log.until("replaces").await;
    assert_eq!(scene.click(crash()).await.toast(), FAILED);
}

#[tokio::test]
async fn the_operator_says_how_many_crashes_are_too_many() {
    let place = Place::new().plugin("naughty");
    let scene = place.file("naughty.toml", b"[limits]\ncrashes_max = 1\n").serve().await;
    assert_eq!(scene.click(crash()).await.toast(), FAILED);
    assert_eq!(scene.click(crash()).await.toast(), UNAVAILABLE);
}

#[tokio::test]
async fn events_wait_while_their_plugin_is_not_called_and_lose_no_attempt() {
    let place = Place::new()
        .plugin("moody")
        .file("moody.toml", b"[limits]\ncrashes_max = 1\n");
    let scene = place.set("CALLBACK_RETRY_SECONDS", "1,2,3").serve().await;
    // The first attempt crashes, and what comes meanwhile in another chat waits for the end of the pause.
    scene.send(&scene.lark.message("panic once")).await;
    scene.log.until(r#""outcome":"trap""#).await;
    let id = event_id();
    let message = scene.lark.message_in("oc_2", &id, &event_id(), "hello");
    assert_eq!(scene.send(&message).await.status, 200);
    until("both to be delivered", async || {
        (scene.log.lines_with(r#""message":"Delivered""#).len() == 2).then_some(())
    })
    .await;
    scene.log.until("works again").await;
    let tries = scene.log.lines_with(&format!("of {id}"));
    assert!(tries.len() == 1 && tries[0].contains("try 1 of"), "{tries:?}");
    assert!(scene.log.lines_with(r#""outcome":"backing_off""#).is_empty());
}
