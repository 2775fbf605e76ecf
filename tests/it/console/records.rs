//! Pages of records: refused requests, authorizations, settings, codes and changes; in both languages, for both roles.

use rustix::process::Signal;
use serde_json::json;

use super::{TOKEN, csrf, form, guarded, login, running};
use crate::{
    operate::place,
    support::{Client, Request},
};

const VIEWER: &str = "planted-viewer-token";

async fn page(console: &Client, path: &str, language: &str) -> String {
    let request = Request::get(path).header("accept-language", language);
    let answer = console.send(&request).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body
}

#[tokio::test]
async fn each_page_is_there_in_both_languages() {
    let place = place();
    let (_program, console) = running(&place).await;
    for (path, en, zh) in [
        ("/console/refused", "Refused requests", "被拒绝的请求"),
        ("/console/authorizations", "Users who have authorized", "已授权的用户"),
        ("/console/audit", "No change is on record", "没有变更记录"),
        ("/console/settings?all=1", "Secrets are masked", "密钥已隐藏"),
        ("/console/explain", "Code or log line", "错误码或日志行"),
        ("/console/explain?code=230002", "the bot is not in the chat", "机器人"),
    ] {
        assert!(page(&console, path, "en").await.contains(en), "{path}");
        assert!(page(&console, path, "zh-CN").await.contains(zh), "{path}");
    }
}

#[tokio::test]
async fn what_strangers_and_clients_wrote_stays_text() {
    const HOSTILE: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let place = place();
    let (_program, console) = running(&place).await;
    let hostile = super::encoded(HOSTILE);
    let prune = Request::post("/api/v1/prune", "").header("x-operator", HOSTILE);
    assert_eq!(console.send(&prune).await.status, 200);
    for path in [
        "/console/audit".to_owned(),
        format!("/console/audit?name={hostile}"),
        format!("/console/authorizations?user={hostile}&revoked={hostile}"),
        format!("/console/authorizations/revoke?app={hostile}&user={hostile}"),
        format!("/console/explain?code={hostile}"),
    ] {
        let page = page(&console, &path, "en").await;
        assert!(
            !page.contains("<script>alert") && !page.contains("<img"),
            "{path}: {page}"
        );
    }
    assert!(page(&console, "/console/audit", "en").await.contains("&lt;script&gt;"));
}

#[tokio::test]
async fn no_secret_of_the_settings_is_on_a_page() {
    let place = guarded();
    let (_program, console) = running(&place).await;
    let cookie = login(&console, TOKEN).await;
    let shown = console
        .send(&Request::get("/console/settings?all=1").header("cookie", &cookie))
        .await;
    assert_eq!(shown.status, 200, "{shown:?}");
    assert!(shown.body.contains("CALLBACK_ADMIN_TOKEN") && shown.body.contains("secret, set"));
    for secret in [TOKEN, place.lark.encrypt_key.as_str(), place.lark.token.as_str()] {
        assert!(!shown.body.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn settings_are_shown_as_they_are_in_force_after_a_reload() {
    let place = place().settings_file("lark_app_name = 'Before'\ncallback_event_days = 31\n");
    let (mut program, console) = running(&place).await;
    let shown = page(&console, "/console/settings", "en").await;
    assert!(
        shown.contains("Before") && !shown.contains("after a restart"),
        "{shown}"
    );

    let place = place.settings_file("lark_app_name = 'Afterwards'\ncallback_event_days = 62\n");
    program.signal(Signal::HUP);
    program.until_logged("take effect only after a restart").await;
    let shown = page(&console, "/console/settings", "en").await;
    assert!(shown.contains("Afterwards") && !shown.contains("Before"), "{shown}");
    assert!(shown.contains("1 changed and take effect after a restart"), "{shown}");
    let settings = console.send(&Request::get("/api/v1/settings")).await.json();
    let days = settings["settings"].as_array().unwrap().iter();
    let days = days.filter(|setting| setting["name"] == "CALLBACK_EVENT_DAYS");
    let days: Vec<_> = days
        .map(|days| (&days["value"], &days["after_restart"]["value"]))
        .collect();
    assert_eq!(days, [(&json!("31"), &json!("62"))]);

    let _place = place.settings_file("lark_app_name = 'Afterwards'\ncallback_event_days = 31\n");
    program.signal(Signal::HUP);
    program
        .until_logged("none of those that a running server can take has changed")
        .await;
    let shown = page(&console, "/console/settings", "en").await;
    assert!(!shown.contains("after a restart"), "{shown}");
}

#[tokio::test]
async fn an_authorization_is_revoked_after_a_question_by_an_operator_alone_and_on_record() {
    let place = guarded().set("CALLBACK_ADMIN_VIEWER_TOKEN", VIEWER);
    let (_program, console) = running(&place).await;
    let ask = "/console/authorizations/revoke?app=cli_a&user=ou_anna";
    let viewer = login(&console, VIEWER).await;
    assert_eq!(
        console.send(&Request::get(ask).header("cookie", &viewer)).await.status,
        403
    );
    let page = console
        .send(&Request::get("/console/audit").header("cookie", &viewer))
        .await;
    let forced = form(
        "/console/authorizations/revoke",
        &[("csrf", &csrf(&page)), ("app", "cli_a"), ("user", "ou_anna")],
    );
    assert_eq!(console.send(&forced.header("cookie", &viewer)).await.status, 403);

    let operator = login(&console, TOKEN).await;
    let question = console.send(&Request::get(ask).header("cookie", &operator)).await;
    assert_eq!(question.status, 200, "{question:?}");
    let revoke = form(
        "/console/authorizations/revoke",
        &[("csrf", &csrf(&question)), ("app", "cli_a"), ("user", "ou_anna")],
    );
    let refused = console.send(&revoke.header("cookie", &operator)).await;
    assert_eq!(refused.status, 404, "nobody has authorized: {refused:?}");
    let record = console
        .send(&Request::get("/console/audit").header("cookie", &operator))
        .await;
    assert!(
        record.body.contains("revoke an authorization")
            && record.body.contains("session ")
            && record
                .body
                .contains("this person has not authorized the application cli_a")
            && !record.body.contains("ou_anna"),
        "{record:?}"
    );
}

#[tokio::test]
async fn a_filter_that_means_nothing_is_told_and_one_that_finds_nothing_is_empty() {
    let place = place();
    let (_program, console) = running(&place).await;
    for path in ["/console/audit?event=x", "/console/audit?before=-"] {
        assert_eq!(console.send(&Request::get(path)).await.status, 400, "{path}");
    }
    assert_eq!(
        console.send(&Request::get("/console/audit?outcome=dnoe")).await.status,
        404
    );
    let long = format!("/console/explain?code={}", "x".repeat(20_000));
    assert!([400, 414, 431].contains(&console.send(&Request::get(&long)).await.status));
    let pasted = "日志".repeat(2_000) + " code 230002";
    let explain = console.send(&Request::get("/console/explain")).await;
    let answer = console
        .send(&form(
            "/console/explain",
            &[("csrf", &csrf(&explain)), ("code", &pasted)],
        ))
        .await;
    assert!(
        answer.status == 200 && answer.body.contains("the bot is not in the chat"),
        "{answer:?}"
    );
    let form_of_a_browser = "/console/audit?command=&name=&plugin=&event=&delivery=&outcome=";
    assert!(
        page(&console, form_of_a_browser, "en")
            .await
            .contains("No change is on record")
    );
}
