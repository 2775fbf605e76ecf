//! What a real nginx does to Lark's requests is named, and what it does not is not.

use super::{Diagnosis, Practice};

/// As the documents have it.
const PASSES: &str = r#"
    listen 127.0.0.1:PORT;
    location /callback {
        proxy_pass http://127.0.0.1:SERVER;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        RULES
    }
"#;

async fn with(rules: &str) -> Option<Diagnosis> {
    let practice = Practice::open(|place| place.plugin("echo")).await;
    let found = practice.through(&PASSES.replace("RULES", rules)).await?;
    assert_eq!(practice.events().await, 0, "a probe was stored");
    Some(found)
}

#[tokio::test]
async fn a_proxy_that_passes_everything_is_well() {
    let Some(found) = with("").await else { return };
    assert_eq!((found.code, found.failed()), (Some(0), vec![]), "{:#}", found.json);
    for check in [
        "server.up",
        "server.ready",
        "keys.encrypt",
        "keys.token",
        "public.click",
        "public.challenge",
        "public.large",
        "public.latency",
        "clock.public",
        "public.buffering",
        "database.schema",
        "database.commit",
        "plugins.plugin",
    ] {
        found.assert_state(check, "ok");
    }
}

#[tokio::test]
async fn a_proxy_that_collects_requests_is_told_from_one_that_passes_them_on() {
    for (rules, says) in [
        ("proxy_request_buffering on;", "collects a request"),
        ("proxy_request_buffering off;", "as they come"),
    ] {
        let Some(found) = with(rules).await else { return };
        let result = found.assert_state("public.buffering", "ok")["result"].as_str().unwrap();
        assert!(result.contains(says), "{result}");
    }
}

#[tokio::test]
async fn a_proxy_that_changes_the_body_is_named() {
    let Some(found) = with(r#"proxy_set_body " $request_body";"#).await else {
        return;
    };
    assert_eq!(
        (found.code, found.failed()),
        (Some(1), vec!["public.body"]),
        "{:#}",
        found.json
    );
    let cause = found.finding("public.body")["cause"].as_str().unwrap();
    assert!(cause.contains("white space"), "{cause}");
}

#[tokio::test]
async fn a_proxy_that_wraps_the_body_is_named() {
    let Some(found) = with(r#"proxy_set_body '{"data":$request_body}';"#).await else {
        return;
    };
    assert_eq!(found.failed(), ["public.body"], "{:#}", found.json);
    let cause = found.finding("public.body")["cause"].as_str().unwrap();
    assert!(cause.contains("before or after"), "{cause}");
}

#[tokio::test]
async fn a_proxy_that_marks_the_body_as_compressed_is_named() {
    let Some(found) = with("proxy_set_header Content-Encoding gzip;").await else {
        return;
    };
    assert_eq!(found.failed(), ["public.compressed"], "{:#}", found.json);
    let cause = found.finding("public.compressed")["cause"].as_str().unwrap();
    assert!(cause.contains("Content-Encoding: gzip"), "{cause}");
}

#[tokio::test]
async fn a_proxy_that_compresses_answers_does_no_harm() {
    let Some(found) = with("gzip on; gzip_types application/json; gzip_min_length 1; gzip_proxied any;").await else {
        return;
    };
    assert!(found.failed().is_empty(), "{:#}", found.json);
    found.assert_state("public.compressed_answer", "ok");
}

#[tokio::test]
async fn a_proxy_that_drops_a_header_is_named() {
    let Some(found) = with(r#"proxy_set_header X-Lark-Signature "";"#).await else {
        return;
    };
    assert_eq!(found.failed(), ["public.headers"], "{:#}", found.json);
    let result = found.finding("public.headers")["result"].as_str().unwrap();
    assert!(result.ends_with("X-Lark-Signature"), "{result}");
}

#[tokio::test]
async fn a_proxy_that_drops_all_headers_is_named() {
    let Some(found) = with("proxy_pass_request_headers off;").await else {
        return;
    };
    assert!(found.failed().contains(&"public.headers"), "{:#}", found.json);
    let named = found.findings().any(|finding| {
        finding["result"]
            .as_str()
            .unwrap()
            .contains("X-Lark-Request-Timestamp, X-Lark-Request-Nonce, X-Lark-Signature")
    });
    assert!(named, "{:#}", found.json);
}

#[tokio::test]
async fn a_proxy_that_rewrites_the_path_is_named() {
    let rules = "listen 127.0.0.1:PORT; location /callback { proxy_pass http://127.0.0.1:SERVER/lark/hook; }";
    let practice = Practice::open(|place| place.plugin("echo")).await;
    let Some(found) = practice.through(rules).await else {
        return;
    };
    assert_eq!(found.failed(), ["public.path"], "{:#}", found.json);
    let result = found.finding("public.path")["result"].as_str().unwrap();
    assert!(result.contains("/callback arrives as /lark/hook"), "{result}");
    // It also speaks HTTP/1.0, as nginx does unless it is told otherwise.
    found.assert_state("public.http", "warning");
}

#[tokio::test]
async fn a_proxy_that_answers_by_itself_is_named() {
    for (rules, check, says) in [
        ("location / { return 403; }", "public.answered", "403"),
        ("location / { return 404; }", "public.answered", "404"),
        ("location / { return 200 hello; }", "public.answered", "200"),
        (
            "location / { proxy_pass http://127.0.0.1:9; }",
            "public.answered",
            "502",
        ),
        ("return 301 https://$host$request_uri;", "public.redirected", "301"),
        (
            "client_max_body_size 1k; location / { proxy_pass http://127.0.0.1:SERVER; }",
            "public.large",
            "100 KiB",
        ),
    ] {
        let practice = Practice::open(|place| place).await;
        let rules = format!("listen 127.0.0.1:PORT; {rules}");
        let Some(found) = practice.through(&rules).await else {
            return;
        };
        assert_eq!(found.failed(), [check], "{:#}", found.json);
        let finding = found.finding(check);
        assert!(finding["result"].as_str().unwrap().contains(says), "{finding}");
        assert!(!finding["cure"].as_str().unwrap().is_empty(), "{finding}");
    }
}

#[tokio::test]
async fn a_proxy_before_another_server_is_named() {
    let other = Practice::open(|place| place.set("LARK_ENCRYPT_KEY", "another-key-of-the-tests")).await;
    let practice = Practice::open(|place| place).await;
    let rules = format!(
        "listen 127.0.0.1:PORT; location / {{ proxy_pass http://127.0.0.1:{}; }}",
        other.port
    );
    let Some(found) = practice.through(&rules).await else {
        return;
    };
    assert_eq!(found.failed(), ["public.refused"], "{:#}", found.json);
    let result = found.finding("public.refused")["result"].as_str().unwrap();
    assert!(result.contains("another lark-callback server"), "{result}");
}

#[tokio::test]
async fn nobody_at_the_public_address_is_named() {
    let practice = Practice::open(|place| place.set("CALLBACK_PUBLIC_URL", "http://127.0.0.1:9")).await;
    let found = practice.doctor(&["--offline"]).await;
    assert_eq!(found.failed(), ["public.reach"], "{:#}", found.json);
    let cause = found.finding("public.reach")["cause"].as_str().unwrap();
    assert!(cause.contains("connection refused"), "{cause}");
}
