//! Login by the operator's token: what it gives, what it does not, and how often it may be tried.

use super::{TOKEN, csrf, form, guarded, login, running, try_login};
use crate::support::{Connection, Request};

#[tokio::test]
async fn without_a_login_there_is_only_the_login() {
    let place = guarded();
    let (_program, console) = running(&place).await;
    let asked = console.send(&Request::get("/console/?span=7d")).await;
    let location = asked.header("location").unwrap();
    assert_eq!(
        (asked.status, location),
        (303, "/console/login?next=%2Fconsole%2F%3Fspan%3D7d")
    );
    let page = console.send(&Request::get(location)).await;
    assert!(
        page.status == 200 && page.body.contains(r#"name="next" value="/console/?span=7d""#),
        "{page:?}"
    );
    let live = Request::get("/console/live/overview")
        .header("sec-fetch-mode", "cors")
        .header("sec-fetch-site", "same-origin");
    assert_eq!(console.send(&live).await.status, 401, "a script is not led to a page");
    let logout = form("/console/logout", &[("csrf", &csrf(&page))]);
    assert_eq!(console.send(&logout).await.status, 401);
    let style = page
        .body
        .split(r#"rel="stylesheet" href=""#)
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert_eq!(
        console.send(&Request::get(style)).await.status,
        200,
        "the login has its looks"
    );
    for cookie in [
        "lark_callback_console=",
        "lark_callback_console=operator.99999999999999.00.00",
    ] {
        let forged = console.send(&Request::get("/console/").header("cookie", cookie)).await;
        assert_eq!(forged.status, 303, "{cookie}");
    }
}

#[tokio::test]
async fn the_token_gives_a_cookie_that_is_not_the_token_and_opens_the_pages_alone() {
    let place = guarded();
    let (program, console) = running(&place).await;
    let answer = try_login(&console, &format!(" {TOKEN} ")).await;
    let cookie = answer.header("set-cookie").unwrap().to_owned();
    for attribute in ["; HttpOnly", "; SameSite=Strict", "; Path=/console", "; Max-Age=43200"] {
        assert!(cookie.contains(attribute), "{attribute} in {cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains(TOKEN), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    let page = console.send(&Request::get("/console/").header("cookie", cookie)).await;
    assert!(page.status == 200 && page.body.contains("Log out"), "{page:?}");
    assert!(!page.body.contains(TOKEN));
    for path in ["/api/v1/connections", "/metrics"] {
        assert_eq!(
            console.send(&Request::get(path).header("cookie", cookie)).await.status,
            401,
            "{path}"
        );
    }
    let bearer = Request::get("/console/").header("authorization", &format!("Bearer {TOKEN}"));
    assert_eq!(
        console.send(&bearer).await.status,
        303,
        "a browser does not send it by itself, and nobody else need come"
    );
    assert!(!program.stderr().contains(TOKEN));
}

#[tokio::test]
async fn a_session_ends_by_a_logout_even_for_who_has_copied_its_cookie() {
    let place = guarded();
    let (_program, console) = running(&place).await;
    let [first, second] = [login(&console, TOKEN).await, login(&console, TOKEN).await];
    let page = console.send(&Request::get("/console/").header("cookie", &first)).await;
    let of_another = form("/console/logout", &[("csrf", &csrf(&page))]).header("cookie", &second);
    assert_eq!(
        console.send(&of_another).await.status,
        403,
        "the form of one session is none of another"
    );
    let logout = form("/console/logout", &[("csrf", &csrf(&page))]).header("cookie", &first);
    let out = console.send(&logout).await;
    assert_eq!((out.status, out.header("location")), (303, Some("/console/login")));
    assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"), "{out:?}");
    for (cookie, status) in [(&first, 303), (&second, 200)] {
        let page = console.send(&Request::get("/console/").header("cookie", cookie)).await;
        assert_eq!(page.status, status);
    }
}

#[tokio::test]
async fn a_page_that_is_watched_ends_with_the_session() {
    let place = guarded().plugin("moody");
    let (mut program, console) = running(&place).await;
    let client = program.serving().await;
    let cookie = login(&console, TOKEN).await;
    let page = console.send(&Request::get("/console/").header("cookie", &cookie)).await;
    let mut watching = Connection::open(console.address).await;
    let watch = Request::get("/console/events-live").header("cookie", &cookie);
    watching.write(&watch.bytes()).await;
    assert_eq!(
        watching.answer().await.header("content-type"),
        Some("text/event-stream")
    );
    client.send(&place.lark.message("before")).await;
    watching.until_said("event: part").await;
    let logout = form("/console/logout", &[("csrf", &csrf(&page))]).header("cookie", &cookie);
    assert_eq!(console.send(&logout).await.status, 303);
    client.send(&place.lark.message("after")).await;
    // The last chunk; the connection itself may be used again.
    watching.until_said("\r\n0\r\n\r\n").await;
}

#[tokio::test]
async fn whoever_sends_a_form_slowly_keeps_nobody_out() {
    let place = guarded();
    let (_program, console) = running(&place).await;
    let page = console.send(&Request::get("/console/login")).await;
    let mut slow = Vec::new();
    for kind in ["application/x-www-form-urlencoded", "application/octet-stream"].repeat(32) {
        let head = format!(
            "POST /console/login HTTP/1.1\r\nhost: localhost\r\norigin: http://localhost\r\nx-csrf-token: {}\r\n\
             content-type: {kind}\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n",
            csrf(&page)
        );
        let mut connection = Connection::open(console.address).await;
        connection.write(head.as_bytes()).await;
        // Waited for, or refused.
        connection.until_said("HTTP/1.1").await;
        slow.push(connection);
    }
    assert_eq!(console.send(&Request::get("/console/login")).await.status, 200);
}

#[tokio::test]
async fn a_token_cannot_be_guessed_and_the_api_does_not_suffer() {
    let place = guarded();
    let (program, console) = running(&place).await;
    for attempt in 0..10 {
        let wrong = try_login(&console, &format!("guess-{attempt}")).await;
        assert_eq!((wrong.status, wrong.header("set-cookie")), (403, None), "{wrong:?}");
        assert!(wrong.body.contains("This is not a token of this server."));
        assert!(!wrong.body.contains("guess-"), "a token is not shown again");
    }
    let limited = try_login(&console, TOKEN).await;
    assert_eq!(limited.status, 429, "{limited:?}");
    assert!(
        limited
            .header("retry-after")
            .is_some_and(|seconds| seconds.parse::<u64>().unwrap() <= 301)
    );
    let bearer = Request::get("/api/v1/connections").header("authorization", &format!("Bearer {TOKEN}"));
    assert_eq!(console.send(&bearer).await.status, 200);
    assert!(!program.stderr().contains("guess-"));
}

#[tokio::test]
async fn behind_a_proxy_with_tls_the_cookie_is_secure_and_only_a_trusted_proxy_says_so() {
    for (trusted, is_secure) in [("127.0.0.1", true), ("192.0.2.1", false)] {
        let place = guarded().set("CALLBACK_TRUSTED_PROXIES", trusted);
        let (_program, console) = running(&place).await;
        let page = console.send(&Request::get("/console/login")).await;
        let fields = [("csrf", csrf(&page)), ("token", TOKEN.to_owned())];
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let login = form("/console/login", &fields)
            .header("origin", "https://localhost")
            .header("x-forwarded-proto", "https");
        let answer = console.send(&login).await;
        let cookie = answer.header("set-cookie").unwrap();
        assert_eq!(cookie.contains("; Secure"), is_secure, "{trusted}: {cookie}");
    }
}

#[tokio::test]
async fn a_login_leads_nowhere_else() {
    let place = guarded();
    let (_program, console) = running(&place).await;
    let page = console
        .send(&Request::get("/console/login?next=https%3A%2F%2Fevil.example%2F"))
        .await;
    assert!(page.body.contains(r#"name="next" value="/console/""#), "{page:?}");
    let fields = [
        ("csrf", csrf(&page)),
        ("token", TOKEN.to_owned()),
        ("next", "//evil.example/console/".to_owned()),
    ];
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let answer = console.send(&form("/console/login", &fields)).await;
    assert_eq!(answer.header("location"), Some("/console/"), "{answer:?}");
}
