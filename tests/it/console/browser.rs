//! Each page in a real browser: both languages, both themes, wide and narrow; what is hostile stays text; the keyboard works.

use serde_json::json;
use test_guests::parts::{AXE, Part};

use super::{
    TOKEN, guarded,
    hostile::{check, hostile_place, hurt},
    pages::PAGES,
    running,
};
use crate::{
    operate::place,
    support::{Browser, until},
};

/// Violations of the rules of accessibility, in words.
async fn inaccessible(browser: &Browser) -> Vec<String> {
    let axe = std::fs::read_to_string(AXE).unwrap();
    browser.run(&axe).await;
    let found = browser
        .run_to_end(
            "() => axe.run(document, {resultTypes: ['violations']}).then((result) => result.violations.flatMap(
                (rule) => rule.nodes.map((node) => rule.id + ': ' + node.html + ' ' + node.failureSummary)))",
        )
        .await;
    let found = found.as_array().unwrap_or_else(|| panic!("{found}")).iter();
    found.map(|one| one.as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_well_in_both_languages_both_themes_and_on_a_phone() {
    if !Part::Axe.is_here_or_said() {
        return;
    }
    let mut wrong = Vec::new();
    for (language, word) in [("en", "Overview"), ("zh-CN", "概览")] {
        let Some(browser) = Browser::open(language).await else {
            return;
        };
        let place = hostile_place();
        let (_program, console) = hurt(&place).await;
        for theme in ["light", "dark"] {
            browser.width(1_280).await;
            browser.go(&format!("http://{}/console/", console.address)).await;
            browser.click(&format!("button[name=theme][value={theme}]")).await;
            browser.text(&format!("html[data-theme={theme}] nav.menu")).await;
            for path in PAGES {
                browser.width(1_280).await;
                browser.go(&format!("http://{}{path}", console.address)).await;
                assert!(browser.text("nav.menu").await.contains(word), "{path}");
                let is_theme = format!("return document.documentElement.dataset.theme === '{theme}'");
                assert_eq!(browser.run(&is_theme).await, true, "{path}");
                check(&browser, path).await;
                let found = inaccessible(&browser).await;
                wrong.extend(
                    found
                        .iter()
                        .map(|found| format!("{path} in {language}, {theme}: {found}")),
                );
                browser.width(500).await;
                let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
                if browser.run(wide).await != 0 {
                    wrong.push(format!("{path} in {language}, {theme} is wider than a narrow window"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_logs_in_looks_and_logs_out() {
    let Some(browser) = Browser::open("en").await else {
        return;
    };
    let place = guarded();
    let (_program, console) = running(&place).await;
    browser
        .go(&format!("http://{}/console/?span=7d", console.address))
        .await;
    browser.type_into("#token", "wrong").await;
    browser.click("form.login button").await;
    assert!(browser.text("[role=alert]").await.contains("not a token"));
    // A wrong token is answered 403, which the browser notes.
    browser.complaints().await;
    if Part::Axe.is_here_or_said() {
        assert_eq!(inaccessible(&browser).await, [] as [&str; 0]);
    }
    browser.type_into("#token", TOKEN).await;
    browser.click("form.login button").await;
    // The login has a heading, too: the menu is what only the next page has.
    browser.text("nav.menu").await;
    assert_eq!(browser.text("main h1").await, "Overview");
    let at = browser.run("return location.href + document.cookie").await;
    let at = at.as_str().unwrap();
    assert!(
        at.ends_with("/console/?span=7d") && !at.contains(TOKEN),
        "no script reads the cookie: {at}"
    );
    check(&browser, "/console/").await;
    browser.click("form[action='/console/logout'] button").await;
    browser.text("#token").await;
    browser.go(&format!("http://{}/console/", console.address)).await;
    browser.text("#token").await;
    check(&browser, "/console/login").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_page_frames_the_console_or_sends_its_forms() {
    let Some(browser) = Browser::open("en").await else {
        return;
    };
    let place = place();
    let (_program, console) = running(&place).await;
    let own = format!("http://{}", console.address);
    // Another origin on this machine: the same server by another of its names.
    let foreign = format!("http://localhost:{}/health", console.address.port());
    browser.go(&foreign).await;
    let tried = browser
        .run_to_end(&format!(
            "async () => {{
                const frame = document.createElement('iframe');
                frame.src = '{own}/console/';
                const loaded = new Promise((done) => {{ frame.onload = done; frame.onerror = done; }});
                document.documentElement.append(frame);
                await loaded;
                let framed;
                try {{ framed = frame.contentDocument !== null; }} catch {{ framed = 'foreign'; }}
                const read = await fetch('{own}/console/').then((r) => r.status, () => 'refused');
                const sent = await fetch('{own}/console/preferences', {{
                    method: 'POST', mode: 'no-cors', body: new URLSearchParams({{theme: 'dark'}}),
                }}).then((r) => r.type, () => 'refused');
                return [String(framed), String(read), String(sent)];
            }}"
        ))
        .await;
    assert_eq!(tried[1], "refused", "{tried}");
    browser.go(&format!("{own}/console/")).await;
    assert_eq!(
        browser.run("return document.documentElement.dataset.theme").await,
        "system"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_was_chosen_is_checked_by_the_button_for_it() {
    let Some(browser) = Browser::open("en").await else {
        return;
    };
    let place = place();
    let (_program, console) = running(&place).await;
    browser.go(&format!("http://{}/console/plugins", console.address)).await;
    browser
        .run(
            "const chosen = new DataTransfer();
             chosen.items.add(new File(['no component'], 'a.wasm'));
             document.querySelector('[name=wasm]').files = chosen.files;",
        )
        .await;
    browser.click("form.plugin-drop button.primary").await;
    let found = browser.text("[data-result] .badge").await;
    assert_eq!(found, "A server would not load it");
}

#[tokio::test(flavor = "multi_thread")]
async fn times_go_on_and_a_session_that_ended_is_told_with_the_way_back() {
    let Some(browser) = Browser::open("en").await else {
        return;
    };
    let place = guarded().plugin("moody");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    client.send(&place.lark.message("one")).await;
    browser
        .go(&format!("http://{}/console/events?live=off", console.address))
        .await;
    browser.type_into("#token", TOKEN).await;
    browser.click("form.login button").await;
    browser.text("nav.menu").await;
    let first = browser.text("td time[data-ago]").await;
    until("a time that goes on without anything that happens", async || {
        let shown = browser.text("td time[data-ago]").await;
        (shown != first && shown.ends_with(" ago")).then_some(())
    })
    .await;
    browser.go(&format!("http://{}/console/events", console.address)).await;
    browser.text(".live").await;
    browser
        .run_to_end(
            "() => fetch('/console/logout', {
                method: 'POST',
                headers: {'Content-Type': 'application/x-www-form-urlencoded'},
                body: 'csrf=' + document.body.dataset.csrf,
            }).then(() => 0)",
        )
        .await;
    let told = browser.text("[data-stream=out]:not([hidden])").await;
    assert!(told.starts_with("You are logged out"), "{told}");
    browser.click("[data-stream=out] a").await;
    browser.text("#token").await;
    let at = browser.run("return location.search").await;
    assert_eq!(at, "?next=%2Fconsole%2Fevents");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_follows_although_it_was_clicked_into_and_waits_for_who_works_in_it() {
    let Some(browser) = Browser::open("en").await else {
        return;
    };
    let place = place().plugin("moody");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    client.send(&place.lark.message("one")).await;
    browser.go(&format!("http://{}/console/events", console.address)).await;
    browser.text("tr[data-row]").await;
    let rows = async || {
        browser
            .run("return document.querySelectorAll('tr[data-row]').length")
            .await
    };
    let until_rows = async |count: usize| {
        until("a row for each event", async || {
            (rows().await == json!(count)).then_some(())
        })
        .await;
    };
    browser.run("document.querySelector('.live .scroll').focus()").await;
    client.send(&place.lark.message("two")).await;
    until_rows(2).await;
    let is_kept = browser
        .run("return document.activeElement.matches('.live .scroll')")
        .await;
    assert_eq!(is_kept, true);

    browser.run("document.querySelector('tr[data-row] a').focus()").await;
    client.send(&place.lark.message("three")).await;
    let told = browser.text("[data-stream=held]:not([hidden])").await;
    assert_eq!(told, "This part waits while you work in it; Esc lets it follow again.");
    assert_eq!(rows().await, 2);
    browser
        .run("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape', bubbles: true}))")
        .await;
    until_rows(3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_answer_is_told() {
    let Some(browser) = Browser::open("zh-CN").await else {
        return;
    };
    let place = place();
    let (program, console) = running(&place).await;
    browser.go(&format!("http://{}/console/events", console.address)).await;
    browser.text(".live").await;
    drop(program);
    let told = browser.text("[data-stream=silent]:not([hidden])").await;
    assert_eq!(told, "服务器没有响应，正在重试。");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_may_be_dropped_anywhere_on_the_page() {
    let Some(browser) = Browser::open("en").await else {
        return;
    };
    let place = place();
    let (_program, console) = running(&place).await;
    browser.go(&format!("http://{}/console/plugins", console.address)).await;
    let is_left_to_the_browser = browser
        .run(
            "const dropped = new DataTransfer();
             dropped.items.add(new File(['no component'], 'a.wasm'));
             const event = (name) => new DragEvent(name, {bubbles: true, cancelable: true, dataTransfer: dropped});
             const heading = document.querySelector('h1');
             return [heading.dispatchEvent(event('dragover')), heading.dispatchEvent(event('drop'))];",
        )
        .await;
    assert_eq!(is_left_to_the_browser, json!([false, false]));
    let found = browser.text("[data-result] .badge").await;
    assert_eq!(found, "A server would not load it");
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_read_on_a_phone_without_scrolling_sideways() {
    let Some(browser) = Browser::open("en").await else {
        return;
    };
    let place = hostile_place();
    let (_program, console) = hurt(&place).await;
    browser.width(500).await;
    for path in [
        "/console/events",
        "/console/deliveries?state=dead",
        "/console/dead",
        "/console/audit",
        "/console/refused",
    ] {
        browser.go(&format!("http://{}{path}", console.address)).await;
        let wide = "return [...document.querySelectorAll('.scroll:has(.stacking)')].map((list) => list.scrollWidth - list.clientWidth)";
        let wide = browser.run(wide).await;
        let wide = wide.as_array().unwrap();
        assert!(
            !wide.is_empty() && wide.iter().all(|more| *more == 0),
            "{path}: {wide:?}"
        );
    }
}
