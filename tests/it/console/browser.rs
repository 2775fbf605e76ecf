//! Each page in a real browser: both languages, both themes, wide and narrow; what is hostile stays text; the keyboard works.

use test_guests::parts::{AXE, Part};

use super::{
    TOKEN, guarded,
    hostile::{check, hostile_place, hurt},
    pages::PAGES,
    running,
};
use crate::{operate::place, support::Browser};

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
