//! What pages say before something fails, or instead of claiming that it did not.

use rustix::process::Signal;

use super::{TOKEN, form, guarded, login, running};
use crate::{
    operate::{ask, place},
    support::{Client, Request, until},
};

async fn page(console: &Client, path: &str) -> String {
    let page = console.send(&Request::get(path)).await;
    assert_eq!(page.status, 200, "{path}: {page:?}");
    page.body
}

#[tokio::test]
async fn an_order_that_would_be_refused_is_told_on_the_page_that_asks() {
    let place = place().plugin("moody");
    let (_program, console) = running(&place).await;
    for (order, told) in [
        ("rollback", "Plugin moody has no version before the one that serves"),
        ("pin?version=99", "Plugin moody has no version 99."),
        ("rollback?version=99", "Plugin moody has no version 99."),
    ] {
        let asked = page(&console, &format!("/console/plugins/moody/order/{order}")).await;
        assert!(
            asked.contains(told) && !asked.contains(r#"<button type="submit" class="primary""#),
            "{order}: {asked}"
        );
    }
    // Versions are written down after they have begun to serve.
    until("the page that asks about a version that there is", async || {
        let asked = page(&console, "/console/plugins/moody/order/pin?version=1").await;
        (asked.contains("This version serves whatever the files say") && asked.contains(r#"class="primary""#))
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_plugin_whose_file_was_deleted_says_so() {
    let place = place().plugin("moody");
    let (mut program, console) = running(&place).await;
    program.serving().await;
    let there = page(&console, "/console/plugins/moody").await;
    assert!(!there.contains("Its file is gone"), "{there}");
    place.remove("moody.wasm");
    until("the page without the file", async || {
        let gone = page(&console, "/console/plugins/moody").await;
        (gone.contains("not loaded") && gone.contains("Its file is gone")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_reload_that_was_refused_is_told_until_one_succeeds() {
    let place = place();
    let (mut program, console) = running(&place).await;
    std::fs::write(place.path(".env"), "CALLBACK_BUDGET_MSS=7\n").unwrap();
    program.signal(Signal::HUP);
    program.until_logged("Settings not reloaded").await;
    for path in ["/console/settings", "/console/"] {
        until("the refusal on the page", async || {
            let shown = page(&console, path).await;
            (shown.contains("was refused") && shown.contains("CALLBACK_BUDGET_MSS")).then_some(())
        })
        .await;
    }
    std::fs::remove_file(place.path(".env")).unwrap();
    program.signal(Signal::HUP);
    program.until_logged("Settings reloaded").await;
    let shown = page(&console, "/console/settings").await;
    assert!(!shown.contains("was refused"), "{shown}");
}

#[tokio::test]
async fn an_address_alone_does_not_claim_that_somebody_was_revoked() {
    let place = place();
    let (_program, console) = running(&place).await;
    for address in ["revoked=ou_nobody", "revoked=ou_nobody&proof=", "revoked=&proof="] {
        let shown = page(&console, &format!("/console/authorizations?{address}")).await;
        assert!(!shown.contains("was revoked"), "{address}: {shown}");
    }
}

#[tokio::test]
async fn a_form_after_the_session_leads_to_the_login_and_back_to_its_page() {
    let place = guarded();
    let (_program, console) = running(&place).await;
    let cookie = login(&console, TOKEN).await;
    let list = console
        .send(&Request::get("/console/events").header("cookie", &cookie))
        .await;
    assert_eq!(list.status, 200, "{list:?}");
    let late = form("/console/jobs", &[("csrf", "old"), ("action", "replay"), ("id", "1")])
        .header("referer", "http://localhost/console/events?type=a");
    let told = console.send(&late).await;
    assert_eq!(told.status, 401, "{told:?}");
    assert!(
        told.body
            .contains(r#"<a href="/console/login?next=%2Fconsole%2Fevents%3Ftype%3Da">Log in</a>"#),
        "{told:?}"
    );
    assert!(
        ask(&place, &["events", "list"]).await["events"]
            .as_array()
            .unwrap()
            .is_empty()
    );
}
