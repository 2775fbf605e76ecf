//! Clicks whose plugin takes longer than Lark waits: a neutral toast at once, and the card when it is done.

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::support::{Place, fake_lark::FakeLark, until};

/// The token by which the test's clicks let their card be updated.
const TOKEN: &str = "c-update-token";

fn place(lark: &FakeLark) -> Place {
    lark.clicked(TOKEN);
    Place::new()
        .set("LARK_API_BASE_URL", &lark.url())
        .set("CALLBACK_BUDGET_MS", "600")
        .set("CALLBACK_RETRY_SECONDS", "0,0,0")
        .plugin("late")
}

fn card(text: &str) -> Value {
    json!({"elements": [{"tag": "markdown", "content": text}]})
}

/// The updated card, once it has changed.
async fn updated(lark: &FakeLark) -> Vec<Value> {
    until("an update of the card", async || {
        Some(lark.updates(TOKEN)).filter(|updates| !updates.is_empty())
    })
    .await
}

#[tokio::test]
async fn a_plugin_that_is_done_in_time_answers_itself() {
    let lark = FakeLark::start().await;
    let scene = place(&lark).serve().await;
    let answer = scene.click(json!({"late_ms": 0})).await;
    assert_eq!(answer.toast(), "took 0 ms");
    assert_eq!(answer.json()["card"]["data"], card("took 0 ms"));
    assert!(lark.requests().is_empty());
}

#[tokio::test]
async fn one_that_is_not_changes_the_card_after_the_answer() {
    let lark = FakeLark::start().await;
    let scene = place(&lark).serve().await;
    let click = scene.lark.click(json!({"late_ms": 1_500}));
    let answer = scene.send(&click).await;
    assert_eq!(answer.toast(), "正在处理，请稍候");
    lark.callback_answered(TOKEN);
    assert_eq!(
        scene.send(&click).await.body,
        answer.body,
        "a repeat gets the first reply"
    );
    assert_eq!(updated(&lark).await, [card("took 1500 ms")]);
    assert_eq!(scene.log.lines_with("takes 1500 ms").len(), 1, "it ran once");
}

#[tokio::test]
async fn an_update_that_does_not_get_through_is_tried_again() {
    let lark = FakeLark::start().await;
    let scene = place(&lark).serve().await;
    lark.fault(
        "/open-apis/interactive/v1/card/update",
        crate::support::fake_lark::Fault::text(502, "bad gateway"),
    );
    assert_eq!(scene.click(json!({"late_ms": 1_000})).await.toast(), "正在处理，请稍候");
    lark.callback_answered(TOKEN);
    assert_eq!(updated(&lark).await, [card("took 1000 ms")]);
    assert_eq!(
        scene.log.lines_with("takes 1000 ms").len(),
        1,
        "only the update is tried again"
    );
}

#[tokio::test]
async fn a_click_that_is_passed_on_late_goes_to_the_plugin_that_takes_it() {
    let lark = FakeLark::start().await;
    let scene = place(&lark)
        .plugin("hesitates")
        .plugin_as("hesitates-too", "hesitates")
        .serve()
        .await;
    let in_time = scene.click(json!({"hesitate_ms": 0, "late_ms": 0})).await;
    assert_eq!(in_time.toast(), "took 0 ms");
    let answer = scene.click(json!({"hesitate_ms": 900, "late_ms": 0})).await;
    assert_eq!(answer.toast(), "正在处理，请稍候");
    lark.callback_answered(TOKEN);
    assert_eq!(updated(&lark).await, [card("took 0 ms")]);
    assert_eq!(
        scene.log.lines_with("takes 0 ms").len(),
        2,
        "each click was shown to it once"
    );
}

#[tokio::test]
async fn a_plugin_that_breaks_late_does_not_take_its_neighbour_s_click_with_it() {
    let lark = FakeLark::start().await;
    let scene = place(&lark).plugin("hesitates").serve().await;
    let answer = scene.click(json!({"break_ms": 900, "late_ms": 0})).await;
    assert_eq!(answer.toast(), "正在处理，请稍候");
    lark.callback_answered(TOKEN);
    assert_eq!(updated(&lark).await, [card("took 0 ms")]);
    assert_eq!(
        scene.log.lines_with("A late call failed; asking the next plugin").len(),
        1
    );
}

#[tokio::test]
async fn an_update_that_overtakes_the_answer_is_tried_again_while_the_token_lasts() {
    let lark = FakeLark::start().await;
    let place = place(&lark)
        .set("CALLBACK_UPDATE_DELAY_MS", "0")
        .set("CALLBACK_RETRY_SECONDS", "1,1,1,1");
    let scene = place.serve().await;
    assert_eq!(scene.click(json!({"late_ms": 800})).await.toast(), "正在处理，请稍候");
    // A proxy still holds the answer back.
    let update = "/open-apis/interactive/v1/card/update";
    until("an update that is too early", async || lark.requests_to(update).pop()).await;
    assert!(lark.updates(TOKEN).is_empty());
    lark.callback_answered(TOKEN);
    assert_eq!(updated(&lark).await, [card("took 800 ms")]);
    assert!(lark.take_refusals().iter().all(|code| *code == 300_000));
}

#[tokio::test]
async fn an_update_leaves_the_answer_the_time_that_is_set() {
    let lark = FakeLark::start().await;
    let scene = place(&lark).set("CALLBACK_UPDATE_DELAY_MS", "2500").serve().await;
    assert_eq!(scene.click(json!({"late_ms": 600})).await.toast(), "正在处理，请稍候");
    lark.callback_answered(TOKEN);
    scene.log.until("takes 600 ms").await;
    let began = std::time::Instant::now();
    assert_eq!(updated(&lark).await, [card("took 600 ms")]);
    assert!(
        began.elapsed() > std::time::Duration::from_millis(2_400),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn an_update_that_can_never_get_through_is_given_up_at_once() {
    let lark = FakeLark::start().await;
    let scene = place(&lark).serve().await;
    let update = "/open-apis/interactive/v1/card/update";
    // The token is used up.
    lark.fault(update, crate::support::fake_lark::Fault::code(400, 300_040));
    assert_eq!(scene.click(json!({"late_ms": 600})).await.toast(), "正在处理，请稍候");
    lark.callback_answered(TOKEN);
    let line = scene.log.until("Delivery failed for good").await;
    assert!(line.contains("300040"), "{line}");
    assert_eq!(lark.requests_to(update).len(), 1);
}

#[tokio::test]
async fn a_kill_in_between_costs_another_attempt_and_no_answer() {
    let lark = FakeLark::start().await;
    let place = place(&lark);
    let mut program = place.run(&[]);
    let client = program.serving().await;
    assert_eq!(
        client.click(json!({"late_ms": 1_200})).await.toast(),
        "正在处理，请稍候"
    );
    lark.callback_answered(TOKEN);
    program.signal(Signal::KILL);
    program.finished().await;

    let mut program = place.run(&[]);
    program.serving().await;
    program.until_logged("try 2 takes 1200 ms").await;
    assert_eq!(updated(&lark).await, [card("took 1200 ms")]);
}
