//! Sentences on the pages: true of what happened, in the words of whoever reads them, and with the way on.

use serde_json::json;

use super::{TOKEN, csrf, form, guarded, login, running, try_login};
use crate::{
    operate::{ask, place},
    support::{Browser, Client, Request, event_id, until},
};

const VIEWER: &str = "planted-viewer-token";

async fn page(console: &Client, path: &str, headers: &[(&str, &str)]) -> String {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let answer = console.send(&request).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body
}

/// A form as the browser of nobody's session sends it.
async fn sent(console: &Client, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let token = csrf(&console.send(&Request::get("/console/events")).await);
    let fields = [&[("csrf", token.as_str())], fields].concat();
    let answer = console.send(&form(path, &fields)).await;
    let told = match answer.header("location") {
        Some(location) => location.to_owned(),
        None => answer.body.clone(),
    };
    (answer.status, told)
}

#[tokio::test]
async fn a_mistyped_token_is_told_as_such_and_counted_as_none_of_larks() {
    let place = guarded();
    let (_program, console) = running(&place).await;
    let wrong = try_login(&console, "mistyped").await;
    for name in ["CALLBACK_ADMIN_TOKEN", "CALLBACK_ADMIN_VIEWER_TOKEN"] {
        assert!(
            wrong.body.matches(name).count() >= 2,
            "as an error and as a hint: {wrong:?}"
        );
    }
    let cookie = login(&console, TOKEN).await;
    let refused = page(&console, "/console/refused", &[("cookie", &cookie)]).await;
    for told in [
        "a login to the console, or a request to the operator's listener, had a wrong or no token",
        "No request to the address that Lark calls was refused since the start.",
    ] {
        assert!(refused.contains(told), "{told}: {refused}");
    }
    let chinese = [("cookie", cookie.as_str()), ("accept-language", "zh-CN")];
    let refused = page(&console, "/console/refused", &chinese).await;
    assert!(
        refused.contains("登录控制台或发往运维端口的请求没有令牌或令牌不正确"),
        "{refused}"
    );
    let overview = page(&console, "/console/", &[("cookie", &cookie)]).await;
    let tile = r#"<a href="/console/refused">Refused</a></h2><p class="value">0</p>"#;
    assert!(overview.contains(tile), "{overview}");
}

#[tokio::test]
async fn what_waits_for_a_paused_plugin_says_so() {
    let place = place().plugin("moody");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    ask(&place, &["plugin", "pause", "moody"]).await;
    program.until_logged("Plugin moody is paused").await;
    let id = event_id();
    let answer = client.send(&place.lark.message_of(&id, &event_id(), "hello")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let number = ask(&place, &["events", "show", &id]).await["id"].to_string();
    for (path, language, told) in [
        (format!("/console/events/{number}"), "en", "Waits: the plugin is paused"),
        (format!("/console/events/{number}"), "zh-CN", "等待中：插件已暂停"),
        ("/console/deliveries".to_owned(), "en", "waits: the plugin is paused"),
        ("/console/deliveries".to_owned(), "zh-CN", "等待中：插件已暂停"),
    ] {
        let shown = page(&console, &path, &[("accept-language", language)]).await;
        assert!(shown.contains(told), "{path}: {shown}");
        assert!(!shown.contains("Next attempt: <time"), "{path}: {shown}");
    }
}

#[tokio::test]
async fn a_filter_speaks_the_language_of_the_rows_and_its_address_does_not() {
    let place = place();
    let (_program, console) = running(&place).await;
    for (language, state, age) in [
        ("zh-CN", "等待重试", "最近 60 分钟"),
        ("en", "waits for retry", "last 60 min"),
    ] {
        let list = page(&console, "/console/events", &[("accept-language", language)]).await;
        for option in [
            format!(r#"<option value="retry_wait">{state}</option>"#),
            format!(r#"<option value="1h">{age}</option>"#),
        ] {
            assert!(list.contains(&option), "{option}: {list}");
        }
    }
    let nobody = page(&console, "/console/authorizations?user=ou_nobody", &[]).await;
    for told in [
        "No authorization of this user or application.",
        "No attempt of this user or application in the last day.",
    ] {
        assert!(nobody.contains(told), "{told}: {nobody}");
    }
}

#[tokio::test]
async fn whoever_ticks_nothing_is_led_back_to_the_list_with_its_filter() {
    let place = place();
    let (_program, console) = running(&place).await;
    for (action, list) in [
        ("replay", "/console/events"),
        ("retry", "/console/deliveries"),
        ("drop_dead", "/console/dead"),
    ] {
        let fields = [("action", action), ("filter", "type=a.b&age=1d")];
        let (status, told) = sent(&console, "/console/jobs", &fields).await;
        let back = format!(r#"<a href="{list}?type=a.b&amp;age=1d">Back to the list</a>"#);
        assert!(status == 400 && told.contains(&back), "{action}: {told}");
    }
}

#[tokio::test]
async fn a_viewer_is_not_led_to_what_is_refused() {
    let place = guarded().set("CALLBACK_ADMIN_VIEWER_TOKEN", VIEWER);
    let (_program, console) = running(&place).await;
    for (token, is_led) in [(VIEWER, false), (TOKEN, true)] {
        let cookie = login(&console, token).await;
        let overview = page(&console, "/console/", &[("cookie", &cookie)]).await;
        assert_eq!(overview.contains(r#"href="/console/jobs""#), is_led, "{overview}");
    }
}

#[tokio::test]
async fn counts_that_nobody_starts_leave_the_results_of_a_job_alone() {
    let place = place().plugin("counter");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    let id = event_id();
    client.send(&place.lark.message_of(&id, &event_id(), "hello")).await;
    let number = ask(&place, &["events", "show", &id]).await["id"].to_string();
    let replay = [("action", "replay"), ("id", number.as_str())];
    let (_, done) = sent(&console, "/console/jobs", &replay).await;
    sent(&console, &format!("{done}/start"), &[]).await;
    let key = done.rsplit('/').next().unwrap();
    until("the end of the job", async || {
        let job = console.send(&Request::get(&format!("/api/v1/jobs/{key}"))).await.json();
        (job["phase"] == "done").then_some(())
    })
    .await;
    for _ in 0..18 {
        assert_eq!(sent(&console, "/console/jobs", &replay).await.0, 303);
    }
    let job = console.send(&Request::get(&format!("/api/v1/jobs/{key}"))).await.json();
    assert_eq!((&job["phase"], &job["changed"]), (&json!("done"), &json!(1)), "{job}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_is_entered_as_times_are_shown_and_the_address_stays_in_utc() {
    let Some(browser) = Browser::open("en").await else {
        return;
    };
    let place = place();
    let (_program, console) = running(&place).await;
    let list = format!("http://{}/console/events", console.address);
    browser.go(&format!("{list}?from=2026-01-02T03:04:05Z")).await;
    let shown = "const at = new Date('2026-01-02T03:04:05Z'), pad = (n) => String(n).padStart(2, '0');
        return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} \
         ${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`";
    let local = browser.run(shown).await;
    let entered = browser
        .run("return document.querySelector('input[name=from]').value")
        .await;
    assert_eq!(entered, local);
    let label = browser
        .run("return document.querySelector('label[data-moment] span').textContent")
        .await;
    assert_eq!(label, "From");
    browser.click("form.event-filters button.primary").await;
    let address = browser.run("return location.search").await;
    assert!(
        address.as_str().unwrap().contains("from=2026-01-02T03%3A04%3A05Z"),
        "{address}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_shows_the_current_page_in_the_menu_and_buttons_wait_for_a_tick() {
    let Some(browser) = Browser::open("zh-CN").await else {
        return;
    };
    let place = place().plugin("counter");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    client
        .send(&place.lark.message_of(&event_id(), &event_id(), "hello"))
        .await;
    browser.width(500).await;
    for path in ["/console/authorizations", "/console/settings", "/console/explain"] {
        browser.go(&format!("http://{}{path}", console.address)).await;
        let is_seen = "const one = document.querySelector('.menu [aria-current]').getBoundingClientRect();
            return one.left >= 0 && one.right <= document.documentElement.clientWidth";
        assert_eq!(browser.run(is_seen).await, true, "{path}");
    }
    browser.go(&format!("http://{}/console/events", console.address)).await;
    let disabled = "return document.querySelector('button[value=replay]').disabled";
    assert_eq!(browser.run(disabled).await, true);
    browser.click("tr[data-row] input[name=id]").await;
    assert_eq!(browser.run(disabled).await, false);
}
