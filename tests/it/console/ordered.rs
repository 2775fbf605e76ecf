//! The page of a plugin tells the truth about orders: which can do something, what they did, and what the settings say against them.

use super::{csrf, form, running};
use crate::{
    operate::{ask, place},
    support::{Answer, Client, Request, until, wasm},
};

const MOODY: &str = "/console/plugins/moody";

async fn get(console: &Client, path: &str) -> Answer {
    let page = console.send(&Request::get(path)).await;
    assert_eq!(page.status, 200, "{path}: {page:?}");
    page
}

async fn chinese(console: &Client, path: &str) -> Answer {
    console
        .send(&Request::get(path).header("accept-language", "zh-CN"))
        .await
}

/// The answer to an order for the plugin.
async fn order(console: &Client, order: &str) -> Answer {
    let token = csrf(&get(console, "/console/plugins").await);
    let form = form(&format!("{MOODY}/order/{order}"), &[("csrf", &token)]);
    console.send(&form).await
}

/// The page right after an order.
async fn after(console: &Client, ordered: &str) -> Answer {
    let done = order(console, ordered).await;
    assert_eq!(done.status, 303, "{ordered}: {done:?}");
    get(console, MOODY).await
}

/// Waits until the first version of the plugin is written down, which is after it has begun to serve.
async fn kept(console: &Client) {
    until("the version is kept", async || {
        let page = get(console, MOODY).await;
        page.body.contains("/order/pin").then_some(())
    })
    .await;
}

#[track_caller]
fn offers(page: &Answer, orders: &[&str]) {
    for known in ["disable", "enable", "pause", "resume", "rollback", "unpin", "lift"] {
        let is_offered = page.body.contains(&format!("{MOODY}/order/{known}\""));
        assert_eq!(is_offered, orders.contains(&known), "{known}: {page:?}");
    }
}

#[track_caller]
fn says(page: &Answer, sentence: &str) {
    assert!(page.body.contains(sentence), "{sentence}: {page:?}");
}

#[track_caller]
fn says_not(page: &Answer, sentence: &str) {
    assert!(!page.body.contains(sentence), "{sentence}: {page:?}");
}

#[tokio::test]
async fn the_page_right_after_an_order_shows_what_it_did() {
    let place = place().plugin("moody");
    let (_program, console) = running(&place).await;
    kept(&console).await;
    offers(&get(&console, MOODY).await, &["disable", "pause"]);
    for (ordered, state, offered) in [
        ("pause", ">paused<", ["disable", "resume"].as_slice()),
        ("resume", ">serves<", &["disable", "pause"]),
        ("disable", ">disabled<", &["enable"]),
        ("enable", ">serves<", &["disable", "pause"]),
        ("pin", "Pinned to version No. 1. ", &["disable", "pause", "unpin"]),
        ("unpin", ">serves<", &["disable", "pause"]),
    ] {
        let page = after(&console, ordered).await;
        says(&page, state);
        says_not(&page, "being carried out");
        offers(&page, offered);
    }
}

#[tokio::test]
async fn what_the_settings_pause_is_told_and_no_order_claims_that_it_goes_on() {
    let place = place().plugin("moody").file("moody.toml", b"paused = true\n");
    let (_program, console) = running(&place).await;
    let told = "The settings in <code>moody.toml</code> pause it";
    let page = get(&console, MOODY).await;
    offers(&page, &["disable"]);
    says(&page, told);
    says(&page, "once <code>paused = true</code> is removed");
    offers(&after(&console, "pause").await, &["disable", "resume"]);
    let question = get(&console, &format!("{MOODY}/order/resume")).await;
    says(&question, told);
    says_not(&question, "handled now");
    let page = after(&console, "resume").await;
    offers(&page, &["disable"]);
    says(&page, ">paused<");
    says(&page, told);
    let page = chinese(&console, MOODY).await;
    says(&page, "<code>moody.toml</code> 中的配置暂停了此插件");
    let state = &ask(&place, &["plugin", "show", "moody"]).await["state"];
    assert_eq!(
        (&state["paused_by_settings"], &state["paused_by_command"]),
        (&true.into(), &false.into())
    );
}

#[tokio::test]
async fn what_the_settings_disable_is_told_and_no_order_claims_that_it_serves() {
    let place = place().plugin("moody").file("moody.toml", b"enabled = false\n");
    let (_program, console) = running(&place).await;
    let told = "The settings in <code>moody.toml</code> disable it";
    let page = get(&console, MOODY).await;
    offers(&page, &[]);
    says(&page, told);
    offers(&after(&console, "disable").await, &["enable"]);
    let question = get(&console, &format!("{MOODY}/order/enable")).await;
    says(&question, told);
    says_not(&question, "It serves again");
    let page = after(&console, "enable").await;
    offers(&page, &[]);
    says(&page, told);
    says(&page, ">disabled<");
    says_not(&page, "being carried out");
    let page = chinese(&console, MOODY).await;
    says(&page, "改为 <code>enabled = true</code> 后才会提供服务");
}

#[tokio::test]
async fn what_an_order_will_do_is_told_as_the_server_does_it() {
    let place = place().plugin("moody");
    let (_program, console) = running(&place).await;
    for (order, en, zh) in [
        (
            "pause",
            "go to the next plugin that takes",
            "交给接收该类型的下一个插件",
        ),
        ("disable", "expires at its maximum age", "到最长存活时间后过期"),
    ] {
        let path = format!("{MOODY}/order/{order}");
        says(&get(&console, &path).await, en);
        says(&chinese(&console, &path).await, zh);
    }
}

#[tokio::test]
async fn an_order_that_cannot_work_is_not_offered_and_its_refusal_leads_back() {
    let place = place().plugin("moody");
    let (_program, console) = running(&place).await;
    kept(&console).await;
    let refused = order(&console, "rollback").await;
    assert_eq!(refused.status, 409, "{refused:?}");
    says(&refused, "href=\"/console/plugins/moody\">Back to the plugin");
    says_not(&refused, "`");
}

#[tokio::test]
async fn an_order_is_told_in_natural_chinese() {
    let place = place().plugin("moody");
    let (_program, console) = running(&place).await;
    kept(&console).await;
    after(&console, "pin").await;
    after(&console, "pause").await;
    let page = chinese(&console, MOODY).await;
    says(&page, "已固定为序号 1 的版本。");
    says(&page, "已按指令暂停。");
    says(&page, "最近一次更改：运维人员，");
}

#[tokio::test]
async fn a_rollback_is_shown_at_once_and_lifted_under_a_name_of_its_own() {
    let place = place().plugin("moody");
    let (_program, console) = running(&place).await;
    kept(&console).await;
    std::fs::write(place.plugin_path("moody.wasm"), wasm("hello")).unwrap();
    until("a version before", async || {
        let page = get(&console, MOODY).await;
        page.body.contains("/order/rollback\"").then_some(())
    })
    .await;
    // What is asked about is named, and the key that opened the question does not answer it.
    let question = get(&console, &format!("{MOODY}/order/rollback")).await;
    says(&question, "No. 1: ");
    says(&question, r#"name="version" value="1""#);
    says(&question, "autofocus");
    let page = after(&console, "rollback").await;
    says(&page, "Rolled back to version No. 1. ");
    says_not(&page, "being carried out");
    offers(&page, &["disable", "pause", "lift"]);
    says(&chinese(&console, MOODY).await, "已回滚到序号 1 的版本。");
    let page = after(&console, "lift").await;
    says_not(&page, "Rolled back");
    offers(&page, &["disable", "pause", "rollback"]);
}

#[tokio::test]
async fn what_a_plugin_that_is_not_loaded_was_granted_is_not_known() {
    let place = place()
        .plugin_as("moody", "wants_config")
        .file("moody.toml", b"[config]\ngreeting = 'hello'\n");
    let (_program, console) = running(&place).await;
    kept(&console).await;
    says(&get(&console, MOODY).await, ">yes<");
    let page = after(&console, "disable").await;
    says(&page, "what its settings grant is not known");
    says_not(&page, ">no<");
    says_not(&page, "To be added to");
}

#[tokio::test]
async fn no_version_of_a_plugin_that_is_gone_serves() {
    let place = place().plugin("moody");
    let (_program, console) = running(&place).await;
    kept(&console).await;
    says(&get(&console, MOODY).await, ">serves<");
    std::fs::remove_file(place.plugin_path("moody.wasm")).unwrap();
    let page = until("the plugin is gone", async || {
        let page = get(&console, MOODY).await;
        page.body.contains(">not loaded<").then_some(page)
    })
    .await;
    says_not(&page, ">serves<");
    offers(&page, &[]);
}

#[tokio::test]
async fn a_file_whose_name_no_plugin_can_have_is_listed_with_what_is_wrong() {
    let place = place().plugin("moody").file("坏 b.wasm", b"whatever");
    let (_program, console) = running(&place).await;
    let list = get(&console, "/console/plugins").await;
    says(&list, "坏 b.wasm");
    says(&list, "rename the file");
    says(&chinese(&console, "/console/plugins").await, "请重命名文件");
    let page = get(&console, &format!("/console/plugins/{}", super::encoded("坏 b.wasm"))).await;
    says(&page, "rename the file");
    says_not(&page, "/order/");
}
