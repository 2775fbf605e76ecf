//! The pages of plugins: what is shown, what is ordered, what is dropped, what is logged and kept.

use serde_json::json;

use super::{TOKEN, csrf, encoded, form, guarded, login, running};
use crate::{
    operate::{ask, place},
    support::{Answer, Client, Request, until, wasm},
};

async fn page(console: &Client, path: &str) -> Answer {
    let page = console.send(&Request::get(path)).await;
    assert_eq!(page.status, 200, "{path}: {page:?}");
    page
}

/// A component, as the script of the page sends it.
pub(super) async fn dropped(console: &Client, path: &str, name: &str, bytes: &[u8]) -> Answer {
    let token = token(console).await;
    let request = Request::post(&format!("/console/{path}?name={}", encoded(name)), bytes)
        .header("content-type", "application/wasm")
        .header("origin", "http://localhost")
        .header("x-csrf-token", &token);
    console.send(&request).await
}

pub(super) async fn token(console: &Client) -> String {
    csrf(&page(console, "/console/plugins").await)
}

#[tokio::test]
async fn a_plugin_is_listed_with_its_version_and_has_a_page_with_its_limits() {
    let place = place().plugin("moody");
    let (_program, console) = running(&place).await;
    let list = page(&console, "/console/plugins").await;
    assert!(list.body.contains("href=\"/console/plugins/moody\""), "{list:?}");
    let one = page(&console, "/console/plugins/moody").await;
    for word in [
        "cpu_ms_max",
        "memory_bytes_max",
        "im.message.receive_v1",
        "/console/plugins/moody/order/disable",
    ] {
        assert!(one.body.contains(word), "{word}: {one:?}");
    }
    let absent = console.send(&Request::get("/console/plugins/mody")).await;
    assert_eq!(absent.status, 404);
    assert!(absent.body.contains("did you mean <code>moody</code>"), "{absent:?}");
}

#[tokio::test]
async fn an_order_is_asked_first_and_then_carried_out() {
    let place = place().plugin("moody");
    let (_program, console) = running(&place).await;
    let question = page(&console, "/console/plugins/moody/order/disable").await;
    let token = csrf(&question);
    assert!(
        !ask(&place, &["plugin", "show", "moody"]).await["state"]["disabled"]
            .as_bool()
            .unwrap()
    );
    let forged = console
        .send(&form("/console/plugins/moody/order/disable", &[("csrf", "other")]))
        .await;
    assert_eq!(forged.status, 403, "{forged:?}");
    let done = console
        .send(&form("/console/plugins/moody/order/disable", &[("csrf", &token)]))
        .await;
    assert_eq!(
        (done.status, done.header("location")),
        (303, Some("/console/plugins/moody"))
    );
    until("the plugin is disabled", async || {
        let shown = ask(&place, &["plugin", "show", "moody"]).await;
        (shown["state"]["disabled"] == true).then_some(())
    })
    .await;
    let one = page(&console, "/console/plugins/moody").await;
    assert!(one.body.contains("/console/plugins/moody/order/enable"), "{one:?}");
    assert_eq!(
        console
            .send(&Request::get("/console/plugins/moody/order/erase"))
            .await
            .status,
        404
    );
    let nothing = console
        .send(&form("/console/plugins/moody/order/rollback", &[("csrf", &token)]))
        .await;
    assert_eq!(nothing.status, 409, "{nothing:?}");
}

#[tokio::test]
async fn a_dropped_component_is_checked_and_nothing_of_it_is_kept() {
    let place = place();
    let (_program, console) = running(&place).await;
    let good = dropped(&console, "plugin-check", "counter.wasm", &wasm("counter")).await;
    assert_eq!(good.status, 200, "{good:?}");
    assert!(
        good.body.contains("A server would load it") && good.body.contains("counter"),
        "{good:?}"
    );
    assert!(!place.plugin_path("counter.wasm").exists());
    let wants = dropped(&console, "plugin-check", "wants_config", &wasm("wants_config")).await;
    assert!(
        wants.body.contains("would not load") && wants.body.contains("[config]"),
        "{wants:?}"
    );
    for (bytes, word) in [
        (&b"not wasm at all"[..], "would not load"),
        (&b"\0asm\x01\0\0\0"[..], "would not load"),
        (&wasm("traps_in_describe"), "would not load"),
    ] {
        let bad = dropped(&console, "plugin-check", "bad", bytes).await;
        assert!(bad.status == 200 && bad.body.contains(word), "{bad:?}");
    }
    for name in ["../evil", "", "a/b", "<script>"] {
        let bad = dropped(&console, "plugin-check", name, &wasm("counter")).await;
        assert!(
            bad.body.contains("would not load") && !bad.body.contains("<script>"),
            "{name}: {bad:?}"
        );
    }
    let empty = dropped(&console, "plugin-check", "empty", b"").await;
    assert_eq!(empty.status, 400, "{empty:?}");
}

/// A component, as a browser without scripts sends the form of the page.
pub(super) async fn sent(console: &Client, path: &str, token: &str, name: &str, bytes: &[u8]) -> Answer {
    let field = |name: &str| format!("--xYz\r\nContent-Disposition: form-data; name=\"{name}\"");
    let csrf = field("csrf") + "\r\n\r\n" + token + "\r\n";
    let file = field("wasm") + "; filename=\"" + name + "\"\r\nContent-Type: application/wasm\r\n\r\n";
    let others = field("signature") + "; filename=\"\"\r\n\r\n\r\n" + &field("name") + "\r\n\r\n\r\n--xYz--\r\n";
    let body = [csrf.as_bytes(), file.as_bytes(), bytes, b"\r\n", others.as_bytes()].concat();
    let request = Request::post(path, body)
        .header("content-type", "multipart/form-data; boundary=xYz")
        .header("origin", "http://localhost")
        .header("sec-fetch-mode", "navigate");
    console.send(&request).await
}

#[tokio::test]
async fn a_component_is_checked_and_installed_without_a_script() {
    let place = place();
    let (_program, console) = running(&place).await;
    let page = page(&console, "/console/plugins").await;
    assert!(page.body.contains("enctype=\"multipart/form-data\""), "{page:?}");
    let (token, check) = (csrf(&page), "/console/plugin-check");
    let good = sent(&console, check, &token, "counter.wasm", &wasm("counter")).await;
    assert!(
        good.status == 200 && good.body.contains("A server would load it") && good.body.contains("<nav"),
        "a whole page: {good:?}"
    );
    assert!(!place.plugin_path("counter.wasm").exists());
    let hostile = sent(&console, check, &token, "<script>.wasm", b"no component").await;
    assert!(
        hostile.body.contains("would not load") && !hostile.body.contains("<script>."),
        "{hostile:?}"
    );
    let empty = sent(&console, check, &token, "counter.wasm", b"").await;
    assert!(
        empty.status == 400 && empty.body.contains("The file is empty"),
        "{empty:?}"
    );
    for wrong in ["", "not the token of this session"] {
        let refused = sent(
            &console,
            "/console/plugin-install",
            wrong,
            "counter.wasm",
            &wasm("counter"),
        )
        .await;
        assert_eq!(refused.status, 403, "{refused:?}");
    }
    let done = sent(
        &console,
        "/console/plugin-install",
        &token,
        "counter.wasm",
        &wasm("counter"),
    )
    .await;
    assert!(done.status == 200 && done.body.contains("Installed"), "{done:?}");
    assert!(place.plugin_path("counter.wasm").exists());
}

#[tokio::test]
async fn what_is_larger_than_a_plugin_is_refused_before_it_arrives() {
    let place = place();
    let (_program, console) = running(&place).await;
    let token = token(&console).await;
    let mut connection = console.connect().await;
    let head = format!(
        "POST /console/plugin-check?name=a HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost\r\nx-csrf-token: {token}\r\n\
         content-length: {}\r\n\r\n",
        200 << 20
    );
    connection.write(head.as_bytes()).await;
    let refused = connection.answer().await;
    assert_eq!(refused.status, 413, "{refused:?}");
}

#[tokio::test]
async fn a_viewer_who_sends_a_component_slowly_keeps_no_operator_from_checking_one() {
    let place = guarded().set("CALLBACK_ADMIN_VIEWER_TOKEN", "planted-viewer-token");
    let (_program, console) = running(&place).await;
    let viewer = login(&console, "planted-viewer-token").await;
    let operator = login(&console, TOKEN).await;
    let get = async |cookie: &str| {
        console
            .send(&Request::get("/console/plugins").header("cookie", cookie))
            .await
    };
    let mut slow = console.connect().await;
    let head = format!(
        "POST /console/plugin-check?name=a HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost\r\ncookie: {viewer}\r\n\
         x-csrf-token: {}\r\ncontent-length: 1000000\r\nexpect: 100-continue\r\n\r\n",
        csrf(&get(&viewer).await)
    );
    slow.write(head.as_bytes()).await;
    let begun = slow.answer().await;
    assert_eq!(begun.status, 100, "the component is being read: {begun:?}");
    let check = async |cookie: &str| {
        let request = Request::post("/console/plugin-check?name=counter", &*wasm("counter"))
            .header("content-type", "application/wasm")
            .header("origin", "http://localhost")
            .header("cookie", cookie)
            .header("x-csrf-token", &csrf(&get(cookie).await));
        console.send(&request).await
    };
    let second = check(&viewer).await;
    assert_eq!(second.status, 503, "one at a time: {second:?}");
    let checked = check(&operator).await;
    assert!(checked.status == 200 && checked.body.contains("counter"), "{checked:?}");
}

#[tokio::test]
async fn a_component_is_installed_by_an_operator_and_serves() {
    let place = place();
    let (_program, console) = running(&place).await;
    let done = dropped(&console, "plugin-install", "counter", &wasm("counter")).await;
    assert!(done.status == 200 && done.body.contains("Installed"), "{done:?}");
    until("the plugin serves", async || {
        let listed = console.send(&Request::get("/api/v1/plugins")).await.json();
        let plugins = listed["plugins"].as_array().unwrap().clone();
        let serves = |plugin: &serde_json::Value| plugin["name"] == "counter" && !plugin["active"].is_null();
        plugins.iter().any(serves).then_some(())
    })
    .await;
    let bad = dropped(&console, "plugin-install", "counter", &wasm("traps_in_describe")).await;
    assert!(bad.status == 409 && bad.body.contains("Not installed"), "{bad:?}");
    let audit = ask(&place, &["audit"]).await.to_string();
    assert!(audit.contains("plugin-install"), "{audit}");
}

#[tokio::test]
async fn what_was_rolled_back_is_told_as_such_and_is_not_tried_again_by_being_installed() {
    let place = place();
    let (_program, console) = running(&place).await;
    let active = async |name: &str| {
        let listed = console.send(&Request::get("/api/v1/plugins")).await.json();
        let plugins = listed["plugins"].as_array().unwrap().clone();
        let found = plugins.into_iter().find(|plugin| plugin["name"] == name)?;
        found["active"]["event_types"].as_array().cloned()
    };
    for (guest, way, types) in [("moody", "plugin-install", 2), ("hello", "plugin-replace", 1)] {
        let done = dropped(&console, way, "guest", &wasm(guest)).await;
        assert!(done.body.contains("The server takes it within a second."), "{done:?}");
        until("the plugin serves", async || {
            (active("guest").await?.len() == types).then_some(())
        })
        .await;
    }
    let token = token(&console).await;
    let back = form("/console/plugins/guest/order/rollback", &[("csrf", &token)]);
    // The versions are written down after they have begun to serve.
    until("the order is taken", async || {
        (console.send(&back).await.status == 303).then_some(())
    })
    .await;
    until("the older version serves", async || {
        (active("guest").await?.len() == 2).then_some(())
    })
    .await;
    let overview = page(&console, "/console/").await;
    assert!(
        overview.body.contains("the operator rolled back to number 1") && !overview.body.contains("probation"),
        "{overview:?}"
    );
    let chinese = Request::get("/console/plugins/guest").header("accept-language", "zh-CN");
    let chinese = console.send(&chinese).await;
    assert!(chinese.body.contains("运维人员已回滚到版本 1"), "{chinese:?}");
    let again = dropped(&console, "plugin-replace", "guest", &wasm("hello")).await;
    assert!(
        again.status == 200 && again.body.contains("It was sent back before"),
        "{again:?}"
    );
}

#[tokio::test]
async fn nobody_installs_what_no_trusted_key_has_signed() {
    let key = hex::encode(ed25519_dalek::SigningKey::from_bytes(&[1; 32]).verifying_key());
    let place = place().set("CALLBACK_PLUGIN_KEYS", &key);
    let (_program, console) = running(&place).await;
    let checked = dropped(&console, "plugin-check", "counter", &wasm("counter")).await;
    assert!(
        checked.body.contains("would not load") && !checked.body.contains("Memory at the start"),
        "it is not compiled either: {checked:?}"
    );
    assert!(checked.body.contains("CALLBACK_PLUGIN_KEYS"), "{checked:?}");
    let refused = dropped(&console, "plugin-install", "counter", &wasm("counter")).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    assert!(!place.plugin_path("counter.wasm").exists());
}

#[tokio::test]
async fn a_viewer_checks_and_orders_nothing() {
    let place = guarded()
        .set("CALLBACK_ADMIN_VIEWER_TOKEN", "planted-viewer-token")
        .plugin("moody");
    let (_program, console) = running(&place).await;
    let cookie = login(&console, "planted-viewer-token").await;
    let get = async |path: &str| console.send(&Request::get(path).header("cookie", &cookie)).await;
    let list = get("/console/plugins").await;
    assert!(list.status == 200 && !list.body.contains("plugin-install"), "{list:?}");
    let page = get("/console/plugins/moody").await.body;
    for refused in ["/order/", "/console/plugins/moody/kv", "/console/plugins/moody/log"] {
        assert!(!page.contains(refused), "{refused}: {page}");
    }
    for path in [
        "/console/plugins/moody/order/disable",
        "/console/plugins/moody/kv",
        "/console/plugins/moody/log",
    ] {
        assert_eq!(get(path).await.status, 403, "{path}");
    }
    let fields = [("csrf", csrf(&list))];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for path in [
        "/console/plugins/moody/order/disable",
        "/console/plugin-install?name=a",
        "/console/click",
    ] {
        let refused = console.send(&form(path, &fields).header("cookie", &cookie)).await;
        assert_eq!(refused.status, 403, "{path}: {refused:?}");
    }
    let operator = login(&console, TOKEN).await;
    let kv = console
        .send(&Request::get("/console/plugins/moody/kv").header("cookie", &operator))
        .await;
    assert_eq!(kv.status, 200, "{kv:?}");
}

#[tokio::test]
async fn what_a_plugin_keeps_and_logs_is_shown_as_text() {
    let place = place().plugin("counter");
    let mut program = place.run(&[]);
    let client = program.serving().await;
    let console = crate::admin::admin(&mut program, &place).await;
    for _ in 0..3 {
        client.click(json!({"count": "<script>"})).await;
    }
    let kv = page(&console, "/console/plugins/counter/kv").await;
    assert!(kv.body.contains("plugin-key"), "{kv:?}");
    let log = page(&console, "/console/plugins/counter/log?level=%3Cscript%3E").await;
    assert!(!log.body.contains("<script>"), "{log:?}");
    let none = page(&console, "/console/plugins/counter/kv?prefix=nothing-begins-like-this").await;
    assert!(none.body.contains("no such keys"), "{none:?}");
}
