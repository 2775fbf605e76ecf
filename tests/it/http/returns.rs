//! `GET /callback` by somebody who was given no link: a page, and nothing that lasts.

use std::time::Duration;

use lark_callback::vault::{Purpose, Vault};

use crate::support::{Answer, Base, Place, Request, Scene, clock};

const KEY: &str = "WrzvWFS95fXKdxPEXyLKpJSIfe6R6eDCvbrb8TSZ3nM=";

fn title(answer: &Answer) -> &str {
    let (_, rest) = answer.body.split_once("<h1>").unwrap();
    rest.split_once("</h1>").unwrap().0
}

/// A state as a link has it.
fn state(app_id: &str, expires_at_ms: u64) -> String {
    let vault = Vault::from_keys(KEY).unwrap();
    vault
        .seal_text(Purpose::State { app_id }, &expires_at_ms.to_be_bytes())
        .unwrap()
}

fn in_minutes(minutes: u64) -> u64 {
    clock::now_ms() + minutes * 60_000
}

async fn visit(scene: &Scene, query: &str) -> (u16, String) {
    let answer = scene.send(&Request::get(&format!("/callback?{query}"))).await;
    (answer.status, title(&answer).to_owned())
}

/// The rows that are left when the server has stopped.
async fn rows(scene: Scene) -> usize {
    let place = scene.stop().await;
    Base::file_of(&place).receipts().await.len()
}

#[tokio::test]
async fn without_a_key_no_return_leaves_a_row() {
    let scene = Place::new().serve().await;
    for query in [
        "state=s1&code=abc",
        "state=s2&error=access_denied",
        "state=s3",
        "code=abc",
        "state=a&state=b&code=c",
    ] {
        assert_eq!(
            visit(&scene, query).await,
            (503, "授权功能尚未启用".to_owned()),
            "{query}"
        );
    }
    assert_eq!(rows(scene).await, 0);
}

#[tokio::test]
async fn a_state_that_this_server_did_not_make_leaves_no_row() {
    let scene = Place::new().set("LARK_CONFIG_ENCRYPTION_KEY", KEY).serve().await;
    let of_another = state("cli_of_somebody", in_minutes(5));
    let long = "a".repeat(512);
    for state in ["s1", &of_another, &of_another[1..], &long] {
        for brought in ["code=abc", "error=access_denied"] {
            let page = visit(&scene, &format!("state={state}&{brought}")).await;
            assert_eq!(page, (400, "链接无效".to_owned()), "{state}");
        }
    }
    assert_eq!(rows(scene).await, 0);
}

#[tokio::test]
async fn an_expired_state_is_told_so_and_leaves_no_row() {
    let scene = Place::new().set("LARK_CONFIG_ENCRYPTION_KEY", KEY).serve().await;
    let state = state(&scene.lark.app_id, in_minutes(16));
    clock::advance(Duration::from_secs(16 * 60 + 1));
    let page = visit(&scene, &format!("state={state}&code=abc")).await;
    assert_eq!(page, (400, "授权已过期".to_owned()));
    assert_eq!(rows(scene).await, 0);
}

#[tokio::test]
async fn one_link_brings_only_a_few_rows_however_often_it_is_changed() {
    let scene = Place::new().set("LARK_CONFIG_ENCRYPTION_KEY", KEY).serve().await;
    let state = state(&scene.lark.app_id, in_minutes(16));
    for number in 0..50 {
        let page = visit(&scene, &format!("state={state}&code=code-{number}")).await;
        let expected = if number < 4 { "链接无效" } else { "链接已使用" };
        assert_eq!(page, (400, expected.to_owned()), "{number}");
    }
    assert_eq!(rows(scene).await, 4);
}

#[tokio::test]
async fn the_address_alone_shows_a_neutral_page_and_warns_nobody() {
    for place in [Place::new(), Place::new().set("LARK_CONFIG_ENCRYPTION_KEY", KEY)] {
        let scene = place.serve().await;
        for path in ["/callback", "/callback?", "/callback?utm_source=chat"] {
            let answer = scene.send(&Request::get(path)).await;
            assert_eq!((answer.status, title(&answer)), (200, "服务运行正常"), "{path}");
        }
        assert_eq!(scene.log.lines_with("authorize page"), Vec::<String>::new());
    }
}
