//! Access without a token: this machine's own pages, and no foreign one.

use super::{csrf, form, running};
use crate::{
    operate::place,
    support::{Connection, Request},
};

/// The header that must be on every answer, with what it must say.
pub(super) const HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

#[tokio::test]
async fn on_loopback_without_a_token_the_console_is_open_and_says_so() {
    let place = place();
    let (_program, console) = running(&place).await;
    let root = console.send(&Request::get("/")).await;
    assert_eq!((root.status, root.header("location")), (307, Some("/console/")));
    for path in [
        "/console/",
        "/console/nothing/here",
        "/console/login",
        "/console/assets/none.css",
    ] {
        let page = console.send(&Request::get(path)).await;
        for (name, value) in HEADERS {
            assert_eq!(page.header(name), Some(value), "{path}");
        }
        assert_eq!(page.header("cache-control"), Some("no-store"), "{path}");
    }
    let page = console.send(&Request::get("/console/")).await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("Operator") && !page.body.contains("/console/logout"),
        "{page:?}"
    );
    let missing = console.send(&Request::get("/console/nothing/here")).await;
    assert_eq!(missing.status, 404);
    assert!(
        missing.body.contains("There is no page at this address."),
        "{missing:?}"
    );
    assert_eq!(
        console
            .send(&Request::new("DELETE", "/console/").header("origin", "http://localhost"))
            .await
            .status,
        405
    );
}

#[tokio::test]
async fn a_foreign_page_can_neither_read_nor_cause_anything() {
    let place = place();
    let (_program, console) = running(&place).await;
    let page = console.send(&Request::get("/console/")).await;
    let token = csrf(&page);
    let change = form("/console/preferences", &[("csrf", &token), ("theme", "dark")]);
    assert_eq!(console.send(&change).await.status, 303, "our own page");
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "http://localhost.evil.example"),
        ("origin", "http://localhost:1"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let refused = console.send(&change.clone().header(name, value)).await;
        assert_eq!(
            (refused.status, refused.header("set-cookie")),
            (403, None),
            "{name}: {value}"
        );
    }
    assert_eq!(
        console.send(&change.clone().without("origin")).await.status,
        403,
        "nobody says where it is from"
    );
    for (site, mode, dest, status) in [
        ("cross-site", "navigate", "document", 200),
        ("cross-site", "navigate", "iframe", 403),
        ("cross-site", "no-cors", "script", 403),
        ("same-site", "cors", "empty", 403),
        ("same-origin", "navigate", "document", 200),
        ("none", "navigate", "document", 200),
    ] {
        let get = Request::get("/console/")
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", mode)
            .header("sec-fetch-dest", dest);
        assert_eq!(console.send(&get).await.status, status, "{site} {mode} {dest}");
    }
}

#[tokio::test]
async fn a_domain_that_somebody_points_to_this_machine_is_refused() {
    let place = place();
    let (_program, console) = running(&place).await;
    for (hosts, status) in [
        ("host: evil.example\r\n", 403),
        ("host: localhost\r\nhost: evil.example\r\n", 403),
        ("host: 127.0.0.1:8081\r\n", 200),
        ("host: [::1]\r\n", 200),
    ] {
        let mut connection = Connection::open(console.address).await;
        let get = format!("GET /console/ HTTP/1.1\r\n{hosts}\r\n");
        connection.write(get.as_bytes()).await;
        let answer = connection.answer().await;
        assert!(
            answer.status == status || (status == 403 && answer.status == 400),
            "{hosts}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn a_form_of_another_session_changes_nothing() {
    let place = place();
    let (_program, console) = running(&place).await;
    for fields in [
        &[("theme", "dark")][..],
        &[("csrf", ""), ("theme", "dark")],
        &[("csrf", "0a"), ("theme", "dark")],
    ] {
        let refused = console.send(&form("/console/preferences", fields)).await;
        assert_eq!(
            (refused.status, refused.header("set-cookie")),
            (403, None),
            "{fields:?}"
        );
        assert!(refused.body.contains("Nothing was changed"), "{refused:?}");
    }
    let token = csrf(&console.send(&Request::get("/console/")).await);
    let json = Request::post("/console/preferences", format!(r#"{{"csrf":"{token}"}}"#))
        .header("content-type", "application/json")
        .header("origin", "http://localhost");
    assert_eq!(console.send(&json).await.status, 403);
    assert_eq!(console.send(&json.header("x-csrf-token", &token)).await.status, 415);
    let large = form(
        "/console/preferences",
        &[("csrf", &token), ("theme", &"x".repeat(300_000))],
    );
    assert_eq!(console.send(&large).await.status, 413);
}

#[tokio::test]
async fn the_console_can_be_switched_off_and_the_api_stays() {
    let place = place().set("CALLBACK_CONSOLE", "off");
    let (_program, console) = running(&place).await;
    for path in ["/", "/console/", "/console/login"] {
        assert_eq!(console.send(&Request::get(path)).await.status, 404, "{path}");
    }
    assert_eq!(console.send(&Request::get("/api/v1/connections")).await.status, 200);
    let page = Request::get("/api/v1/connections").header("origin", "http://localhost");
    assert_eq!(console.send(&page).await.status, 403);
}

#[tokio::test]
async fn a_page_speaks_the_language_of_the_browser_or_the_one_that_was_chosen() {
    let place = place();
    let (_program, console) = running(&place).await;
    let get = Request::get("/console/");
    let chinese = console
        .send(&get.clone().header("accept-language", "zh-CN,zh;q=0.9,en;q=0.8"))
        .await;
    assert!(
        chinese.body.contains(r#"<html lang="zh-CN""#) && chinese.body.contains("概览"),
        "{chinese:?}"
    );
    let english = console.send(&get).await;
    assert!(
        english.body.contains(r#"<html lang="en""#) && english.body.contains("Overview"),
        "{english:?}"
    );
    let fields = [
        ("csrf", csrf(&english)),
        ("language", "zh".to_owned()),
        ("next", "/console/?span=7d".to_owned()),
    ];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let chosen = console.send(&form("/console/preferences", &fields)).await;
    assert_eq!(chosen.header("location"), Some("/console/?span=7d"));
    let cookie = chosen.header("set-cookie").unwrap().split(';').next().unwrap();
    assert!(console.send(&get.header("cookie", cookie)).await.body.contains("概览"));
}
