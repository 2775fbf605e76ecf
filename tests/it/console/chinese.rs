//! What a Chinese browser is told when something is refused or fails. Programs go on being told in English.

use serde_json::Value;

use super::{csrf, form, running};
use crate::{
    operate::{ask, give_up, place},
    support::{Answer, Client, Request, until},
};

async fn get(console: &Client, path: &str) -> Answer {
    console
        .send(&Request::get(path).header("accept-language", "zh-CN,zh;q=0.9"))
        .await
}

/// A form, with the token of a page.
async fn send(console: &Client, path: &str, fields: &[(&str, &str)]) -> Answer {
    let token = csrf(&get(console, "/console/plugins").await);
    let fields = [&[("csrf", token.as_str())], fields].concat();
    console
        .send(&form(path, &fields).header("accept-language", "zh-CN"))
        .await
}

#[track_caller]
fn says(answer: &Answer, status: u16, sentence: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    // On a page, what stands between backticks is code.
    let body = answer.body.replace("<code>", "`").replace("</code>", "`");
    assert!(body.contains(sentence), "{sentence}: {answer:?}");
}

/// A job that was counted, and started when there is something to do: its page once it has ended, and what programs are told.
async fn ended(console: &Client, fields: &[(&str, &str)]) -> (Answer, Value) {
    let counted = send(console, "/console/jobs", fields).await;
    assert_eq!(counted.status, 303, "{counted:?}");
    let page = counted.header("location").unwrap().to_owned();
    let api = page.replace("/console/", "/api/v1/");
    send(console, &format!("{page}/start"), &[]).await;
    let job = until("the end of the job", async || {
        let job = console.send(&Request::get(&api)).await.json();
        (["done", "failed"].iter().any(|end| job["phase"] == *end)).then_some(job)
    });
    let job = job.await;
    (get(console, &page).await, job)
}

#[tokio::test]
async fn a_name_that_there_is_not_is_told_with_the_one_that_was_probably_meant() {
    let place = place().plugin("moody");
    let (_program, console) = running(&place).await;
    let plugin = get(&console, "/console/plugins/mody").await;
    says(&plugin, 404, "没有名为 `mody` 的插件；是否指 `moody`？");
    says(&get(&console, "/console/events/4711").await, 404, "没有事件 4711");
    says(
        &get(&console, "/console/audit?outcome=dnoe").await,
        404,
        "没有名为 `dnoe` 的处理结果；是否指 `done`？",
    );
    let revoke = send(
        &console,
        "/console/authorizations/revoke",
        &[("app", "cli_a"), ("user", "ou_anna")],
    )
    .await;
    says(&revoke, 404, "ou_anna 未授权应用 cli_a");
}

#[tokio::test]
async fn a_filter_that_is_wrong_is_told() {
    let place = place();
    let (_program, console) = running(&place).await;
    let reversed = get(&console, "/console/events?from=2026-02-02T00:00&to=2026-01-01T00:00").await;
    says(&reversed, 400, "since 晚于 until");
    let unknown = get(&console, "/console/deliveries?state=daed").await;
    says(&unknown, 404, "没有名为 `daed` 的状态；是否指 `dead`？");
    let two = get(&console, "/console/audit?event=1&delivery=2").await;
    says(&two, 400, "事件、投递和插件只能指定其一");
}

#[tokio::test]
async fn an_order_that_is_refused_is_told_and_stays_on_record_in_both_languages() {
    let place = place().plugin("moody");
    let (_program, console) = running(&place).await;
    let order = "/console/plugins/moody/order";
    let rollback = send(&console, &format!("{order}/rollback"), &[]).await;
    says(&rollback, 409, "没有可以再次提供服务的版本");
    let pin = send(&console, &format!("{order}/pin"), &[("version", "4711")]).await;
    says(&pin, 404, "插件 moody 没有版本 4711");

    says(&get(&console, "/console/audit").await, 200, "插件 moody 没有版本 4711");
    says(
        &get(&console, "/console/plugins/moody").await,
        200,
        "插件 moody 没有版本 4711",
    );
    let english = console.send(&Request::get("/console/audit")).await;
    says(&english, 200, "plugin moody has no version 4711");
    for path in ["/api/v1/audit", "/api/v1/plugins/moody"] {
        let told = console.send(&Request::get(path)).await;
        says(&told, 200, "plugin moody has no version 4711");
        assert!(!told.body.contains("没有版本"), "{told:?}");
    }
}

#[tokio::test]
async fn a_delivery_in_the_wrong_state_is_told_by_its_job() {
    let place = place().plugin("moody");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    let event = give_up(&place, &client).await;
    let delivery = ask(&place, &["events", "show", &event]).await["deliveries_in_full"][0]["id"].to_string();
    let (page, job) = ended(&console, &[("action", "drop"), ("id", &delivery)]).await;
    says(&page, 200, "已丢弃");
    assert_eq!(job["results"][0]["text"], "dropped", "{job}");

    let fields = [("action", "retry"), ("id", delivery.as_str()), ("id", "4711")];
    let (page, job) = ended(&console, &fields).await;
    says(
        &page,
        200,
        "当前状态为“已跳过”；允许的状态：待处理、等待重试、死信或已过期",
    );
    says(&page, 200, "没有投递 4711");
    let told = |at: usize| job["failures"][at]["text"].as_str().unwrap().to_owned();
    assert_eq!(
        [told(0), told(1)],
        [
            "it is skipped now; allowed: ready, retry_wait, dead or expired",
            "there is no delivery 4711"
        ],
        "{job}"
    );
}

#[tokio::test]
async fn a_job_that_cannot_go_on_tells_why() {
    let place = place().plugin("moody");
    let (_program, console) = running(&place).await;
    let (page, job) = ended(&console, &[("action", "retry:all"), ("filter", "plugin=mody")]).await;
    says(&page, 200, "没有名为 `mody` 的插件；是否指 `moody`？");
    assert_eq!(
        job["error"], "the plugin `mody` is not known; did you mean `moody`?",
        "{job}"
    );
    let none = get(&console, "/console/jobs/none").await;
    says(&none, 404, "本服务器上没有该批量任务");
    let many: Vec<_> = (0..10_001).map(|id| id.to_string()).collect();
    let many = many.iter().map(|id| ("id", id.as_str()));
    let fields: Vec<_> = [("action", "retry")].into_iter().chain(many).collect();
    says(
        &send(&console, "/console/jobs", &fields).await,
        400,
        "最多指定 10000 个编号",
    );
}

#[tokio::test]
async fn a_component_that_would_not_be_loaded_is_told() {
    let place = place();
    let (_program, console) = running(&place).await;
    let token = csrf(&get(&console, "/console/plugins").await);
    for (path, status, name, sentence) in [
        ("plugin-check", 200, "a", "不是 WebAssembly 文件"),
        ("plugin-check", 200, "A", "插件名称只能包含 a-z、0-9、- 和 _"),
        ("plugin-install", 409, "a", "未安装：不是 WebAssembly 文件"),
    ] {
        let dropped = Request::post(&format!("/console/{path}?name={name}"), b"not wasm at all")
            .header("content-type", "application/wasm")
            .header("origin", "http://localhost")
            .header("accept-language", "zh-CN")
            .header("x-csrf-token", &token);
        says(&console.send(&dropped).await, status, sentence);
    }
    says(
        &get(&console, "/console/audit").await,
        200,
        "未安装：不是 WebAssembly 文件",
    );
}

#[tokio::test]
async fn a_file_that_is_not_used_is_told_in_the_language_of_the_browser_and_programs_get_both() {
    let place = place().plugin("moody").file("moody.toml", b"[limit]\ncpu_ms_max = 1\n");
    let (_program, console) = running(&place).await;
    let told = "没有 `limit` 这项配置；最接近的是 `limits`";
    until("the refusal", async || {
        let page = get(&console, "/console/plugins/moody").await;
        (page.status == 200).then_some(page)
    })
    .await;
    says(&get(&console, "/console/plugins/moody").await, 200, told);
    says(&get(&console, "/console/").await, 200, told);
    let plugins = console.send(&Request::get("/api/v1/plugins")).await.json();
    let held = plugins["plugins"]
        .as_array()
        .unwrap()
        .iter()
        .find(|plugin| plugin["name"] == "moody")
        .map(|plugin| &plugin["held"])
        .unwrap();
    assert_eq!(held["reason"], "`limit` is not a setting; the nearest one is `limits`");
    assert_eq!(held["reason_zh"], told);
}
