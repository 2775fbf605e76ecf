//! `GET /callback`: a browser comes back from the authorize page.

use std::{net::SocketAddr, sync::Arc};

use lark_callback::{
    app::now_ms,
    apps::{About, App, Retired, Transport},
    http::{self, AdmitReturn, Bodies, Front, RequestLimits},
    listen::{self, ServerSettings, Socket, TrustedProxies},
    trace::Tracer,
};
use lark_protocol::Keys;
use tokio_util::sync::CancellationToken;

use crate::support::{Answer, Connection, Place, Request, Scene};

/// A server whose public listener seals codes in a way that a test can read.
struct Returns {
    scene: Scene,
    address: SocketAddr,
}

impl Returns {
    async fn to(place: Place) -> Self {
        let scene = place.serve().await;
        let app = App {
            app_id: scene.lark.app_id.as_str().into(),
            path: "/callback".to_owned(),
            transport: Transport::default(),
            keys: Keys::default(),
            retired: Retired::default(),
            about: About::default(),
            name: String::new(),
            latencies: Arc::default(),
        };
        let front = Front {
            apps: [app].into_iter().collect(),
            path: "/callback".to_owned(),
            dispatcher: scene.server().dispatcher.clone(),
            admit_return: Some(AdmitReturn::new(|app_id, back, _now_ms| {
                let sealed = back.code().map(|code| format!("{} letters for {app_id}", code.len()));
                Ok(sealed)
            })),
            proxies: TrustedProxies::default(),
            limits: RequestLimits::default(),
            bodies: Arc::new(Bodies::new(0)),
            examiner: http::Examiner::new().0,
            refusals: Arc::default(),
            probes: Arc::default(),
            tracer: Tracer::default(),
            now_ms,
        };
        let socket = Socket::bind("127.0.0.1", 0, 0).await.unwrap();
        let address = socket.address().tcp().unwrap();
        let router = http::router(Arc::new(front));
        tokio::spawn(listen::serve(
            socket,
            router.into(),
            ServerSettings::default(),
            CancellationToken::new(),
        ));
        Self { scene, address }
    }

    async fn get(&self, query: &str) -> Answer {
        let path = format!("/callback?{query}");
        Connection::open(self.address).await.send(&Request::get(&path)).await
    }

    /// The payload that the plugin got.
    fn told(&self) -> Vec<String> {
        self.scene.log.lines_with("returned redirect")
    }
}

/// The plugin may authorize, so that it is asked.
fn place() -> Place {
    Place::new()
        .plugin("returns")
        .file("returns.toml", b"[grant]\noauth = ['authorize']")
}

async fn returns() -> Returns {
    Returns::to(place()).await
}

fn title(answer: &Answer) -> &str {
    let (_, rest) = answer.body.split_once("<h1>").unwrap();
    rest.split_once("</h1>").unwrap().0
}

#[tokio::test]
async fn the_page_says_what_the_plugin_found() {
    let returns = returns().await;
    for (page, status, said) in [
        ("authorized", 200, "授权成功"),
        ("refused", 200, "已取消授权"),
        ("expired", 400, "授权已过期"),
        ("used", 400, "链接已使用"),
        ("wrong_person", 403, "账号不一致"),
        ("not_allowed", 403, "无法使用此应用"),
        ("invalid", 400, "链接无效"),
        ("failed", 502, "授权未完成"),
        ("incomplete", 400, "链接不完整"),
        ("pass", 400, "链接无效"),
        ("fail", 502, "授权未完成"),
        ("no page at all", 502, "授权未完成"),
    ] {
        let answer = returns.get(&format!("code=abc&state={}", page.replace(' ', "+"))).await;
        assert_eq!((answer.status, title(&answer)), (status, said), "{page}");
    }
}

#[tokio::test]
async fn a_page_is_kept_nowhere_framed_nowhere_and_runs_nothing() {
    let answer = returns().await.get("code=abc&state=authorized").await;
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(
        policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
}

#[tokio::test]
async fn the_page_is_in_the_language_of_the_browser() {
    let returns = returns().await;
    for (accepted, said) in [("zh-CN,en;q=0.5", "授权成功"), ("en-GB,zh;q=0.5", "You're all set")] {
        let request = Request::get("/callback?code=abc&state=authorized").header("accept-language", accepted);
        let answer = Connection::open(returns.address).await.send(&request).await;
        assert_eq!(title(&answer), said);
    }
}

#[tokio::test]
async fn a_page_that_is_loaded_again_shows_the_first_outcome_and_runs_nothing_twice() {
    let returns = returns().await;
    let first = returns.get("code=abc&state=authorized").await;
    let again = returns.get("state=authorized&code=abc").await;
    assert_eq!((again.status, again.body), (first.status, first.body));
    assert_eq!(returns.told().len(), 1);

    returns.get("code=other&state=authorized").await;
    assert_eq!(returns.told().len(), 2, "another code is another return");
}

#[tokio::test]
async fn the_plugin_gets_the_code_sealed_and_a_browsers_patience() {
    let returns = returns().await;
    returns.get("code=canary-code&state=authorized").await;
    returns.get("error=access_denied&state=refused").await;
    let told = returns.told();
    assert!(
        told[0].contains(r#"\"code\":\"11 letters for cli_of_the_tests\""#),
        "{}",
        told[0]
    );
    assert!(
        told[1].contains(r#"{\"state\":\"refused\",\"error\":\"access_denied\"}"#),
        "{}",
        told[1]
    );
    let (_, left) = told[0].split_once(" with ").unwrap();
    let left: u64 = left.split_once(" ms").unwrap().0.parse().unwrap();
    assert!((10_000..=15_000).contains(&left), "{left}");
    assert!(!returns.scene.log.text().contains("canary"));
}

#[tokio::test]
async fn what_is_no_return_is_told_so_and_reaches_no_plugin() {
    let returns = returns().await;
    for query in [
        "code=abc",
        "state=",
        "state=authorized",
        "code=abc&state=authorized&state=authorized",
        "code=abc&error=access_denied&state=authorized",
        "code=%ff%fe&state=authorized",
        &format!("state=authorized&code={}", "a".repeat(4097)),
    ] {
        let answer = returns.get(query).await;
        assert_eq!((answer.status, title(&answer)), (400, "链接不完整"), "{query}");
    }
    assert!(returns.told().is_empty());
}

#[tokio::test]
async fn nothing_that_the_address_brings_is_shown() {
    let returns = returns().await;
    for query in [
        "code=%3Cscript%3Ecanary%3C/script%3E&state=authorized",
        "error=canary&state=refused",
        "error=access_denied&state=%3Cimg%20src=canary%3E&error_description=canary",
        "canary",
    ] {
        let answer = returns.get(query).await;
        assert!(!answer.body.contains("canary"), "{query}");
        assert!(
            answer.headers.iter().all(|(_, value)| !value.contains("canary")),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_look_without_the_page_does_nothing() {
    let returns = returns().await;
    let request = Request::new("HEAD", "/callback?code=abc&state=authorized");
    let answer = Connection::open(returns.address).await.send(&request).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert!(returns.told().is_empty());
}

#[tokio::test]
async fn an_application_that_is_not_there_is_the_same_as_for_lark() {
    let scene = Place::new().serve().await;
    for path in ["/callback/nobody?code=a&state=b", "/callback/%ff?code=a&state=b"] {
        let answer = scene.send(&Request::get(path)).await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (404, Some("unknown_app"))
        );
    }
}

#[tokio::test]
async fn without_anybody_who_takes_it_the_link_is_invalid() {
    let place = Place::new().file("card-auth.toml", b"enabled = false");
    let returns = Returns::to(place).await;
    let answer = returns.get("code=abc&state=authorized").await;
    assert_eq!((answer.status, title(&answer)), (400, "链接无效"));
    assert_eq!(returns.scene.log.lines_with("no plugin recognizes its state").len(), 1);
}

#[tokio::test]
async fn without_a_key_for_what_is_stored_the_page_says_so_and_the_log_says_what_to_set() {
    let scene = place().serve().await;
    let answer = scene.send(&Request::get("/callback?code=abc&state=authorized")).await;
    assert_eq!((answer.status, title(&answer)), (503, "授权功能尚未启用"));
    assert_eq!(scene.log.lines_with("LARK_CONFIG_ENCRYPTION_KEY").len(), 1);
    assert!(scene.log.lines_with("returned redirect").is_empty());
}

#[tokio::test]
async fn a_return_cannot_be_posted() {
    let scene = place().serve().await;
    let payload = serde_json::json!({"state": "authorized", "code": "forged"});
    let answer = scene.send(&scene.lark.event("oauth_redirect", payload)).await;
    assert_eq!(answer.body, r#"{"msg":"success"}"#, "it is an event like any other");
    // And its schema shows where it came from.
    scene.log.until("returned 2.0").await;
    assert!(scene.log.lines_with("returned redirect").is_empty());
}
