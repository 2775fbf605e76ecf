//! Where a request of a plugin may lead: nowhere inside without a grant, to no metadata service, and to no address under
//! another spelling.

use serde_json::json;

use super::{got, place, scene, scene_for, told};
use crate::support::{Place, Service};

/// What a plugin may try although everything public was granted to it by name.
#[tokio::test]
async fn no_spelling_of_an_address_inside_is_called() {
    let service = Service::start().await;
    let port = service.address.port();
    let scene = scene("[grant]\nhttp = ['* http://*.example.com/**', '* https://*.example.com/**']").await;
    for host in [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "127.000.000.001",
        "127。0。0。1",
        "①②⑦.0.0.1",
        "0.0.0.0",
        "0",
        "localhost",
        "LOCALHOST",
        "localhost.",
        "a.localhost",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1%25lo]",
        "[fc00::1]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.0.1",
        "100.64.0.1",
        "169.254.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "a.example.com@127.0.0.1",
        "127.0.0.1#.example.com",
        "127.0.0.1?.example.com",
        "127.0.0.1\\\\.example.com",
        "127.0.0.1%00.example.com",
        "127.0.0.1%2f.example.com",
    ] {
        let said = got(&scene, &format!("http://{host}:{port}/")).await;
        let is_refused = ["is not granted", "cannot be sent"]
            .iter()
            .any(|text| said.contains(text));
        assert!(is_refused, "{host}: {said}");
    }
    assert_eq!(service.connections(), 0);
}

#[tokio::test]
async fn a_cloud_s_metadata_is_never_called_whatever_was_granted() {
    for host in [
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "168.63.129.16",
        "[fd00:ec2::254]",
        "[::ffff:a9fe:a9fe]",
        "metadata.google.internal",
    ] {
        let place = place(&format!("[grant]\nhttp_private = ['* http://{host}/**']"));
        let scene = place.serve().await;
        let line = scene.log.until("can never allow anything").await;
        assert!(line.contains("metadata"), "{host}: {line}");
    }
    let scene = scene("[grant]\nhttp_private = ['* http://*.internal.corp/**']").await;
    for host in [
        "169.254.169.254",
        "[::ffff:a9fe:a9fe]",
        "metadata.google.internal",
        "metadata",
    ] {
        let said = got(&scene, &format!("http://{host}/latest/meta-data/")).await;
        assert!(said.contains("cannot be granted"), "{host}: {said}");
        assert!(!said.contains("add `"), "{host}: {said}");
    }
}

#[tokio::test]
async fn an_entry_that_would_allow_too_much_or_nothing_is_told() {
    for (entry, says) in [
        ("GET http://127.0.0.1:8080/**", "list it under `http_private`"),
        ("GET http://localhost/**", "list it under `http_private`"),
        ("GET http://approve.corp", "add `/**`"),
        ("GET https://*/**", "only be its first part"),
        ("GET https://*.com/**", "followed by a domain"),
        ("GET https://a.*.example.com/**", "only be its first part"),
        ("https://api.example.com/**", "is no method and URL"),
        ("get https://api.example.com/**", "the nearest one is `GET`"),
        ("CONNECT https://api.example.com/**", "is not a method"),
        ("TRACE https://api.example.com/**", "is not a method"),
        ("GET api.example.com/**", "lacks the scheme"),
        ("GET ftp://api.example.com/**", "http:// or https://"),
        ("GET https://api.example.com/v1?a=b", "query"),
        ("GET https://api.example.com/**/x", "last part"),
        ("GET https://api.example.com/a*", "for any value write `*`"),
        ("GET https://api.example.com/{id}", "for any value write `*`"),
        ("GET https://api.example.com/../x", "`..`"),
        ("GET https://user:pass@api.example.com/**", "user or a password"),
        ("GET https://API.example.com./**", "written as"),
        ("GET http://0x7f.1/**", "written as `127.0.0.1`"),
        (
            "GET https://api.example.com/聊天/*",
            "write the path as `/%E8%81%8A%E5%A4%A9/*`",
        ),
    ] {
        let scene = scene(&format!("[grant]\nhttp = ['{entry}']")).await;
        let line = scene.log.until("can never allow anything").await;
        assert!(line.contains(&says.replace('"', "\\\"")), "{entry}: {line}");
    }
}

#[tokio::test]
async fn a_request_inside_needs_its_own_grant() {
    let service = Service::start().await;
    let scene = scene_for(&service, "").await;
    assert_eq!(got(&scene, &service.url()).await, "200 ok");
    let by_name = format!("http://localhost:{}/", service.address.port());
    assert!(got(&scene, &by_name).await.contains("is not granted"));
    scene.place.put(
        "http_calls.toml",
        format!("[grant]\nhttp_private = ['GET {by_name}**']").as_bytes(),
    );
    let requests = json!({"requests": [{"url": by_name}]});
    scene.until_click_says(requests, "200 ok").await;
}

#[tokio::test]
async fn the_host_of_a_grant_is_the_same_in_any_case() {
    let service = Service::start().await;
    let port = service.address.port();
    let scene = scene(&format!(
        "[grant]\nhttp_private = ['GET http://LocalHost:{port}/V1/**']"
    ))
    .await;
    assert_eq!(got(&scene, &format!("http://localhost:{port}/V1/a")).await, "200 ok");
    let other_path = got(&scene, &format!("http://localhost:{port}/v1/a")).await;
    assert!(other_path.contains("is not granted"), "{other_path}");
}

#[tokio::test]
async fn a_redirect_is_followed_only_where_it_was_granted_and_leads_nowhere_else() {
    let (service, other) = (Service::start().await, Service::start().await);
    let (url, other_url) = (service.url(), other.url());
    let more = format!("[http.'{url}']\nredirects_max = 2\nheaders = {{ Authorization = 'Bearer of the first' }}\n");
    let scene = scene(&format!(
        "[grant]\nhttp_private = ['* {url}/**', 'GET {other_url}/v1/**']\n{more}"
    ))
    .await;
    assert_eq!(got(&scene, &format!("{url}/redirect/302?/v1")).await, "200 ok");
    let twice = format!("{url}/redirect/302?/redirect/307?/redirect/302?/v1");
    assert_eq!(got(&scene, &twice).await, "302 location=/v1 ");
    // A credential, and what else was meant for the first, does not go along.
    let post = json!({"requests": [{"method": "POST", "url": format!("{url}/redirect/303?{other_url}/v1/x"), "body": "secret",
        "headers": {"X-Api-Key": "of the plugin", "Accept": "a/b"}}]});
    assert_eq!(told(&scene, post).await, "200 ok");
    let [seen] = other.requests().try_into().unwrap();
    assert!(
        seen.starts_with("GET /v1/x HTTP/1.1") && seen.contains("accept: a/b"),
        "{seen}"
    );
    for secret in ["of the first", "of the plugin", "secret"] {
        assert!(!seen.contains(secret), "{seen}");
    }
    for location in [
        &format!("{other_url}/v2")[..],
        "http://169.254.169.254/latest/meta-data/",
        "//169.254.169.254/",
        "http://127.1/",
        "http://[::1]/",
        "http://localhost/",
        "file:///etc/passwd",
        "https://user@api.example.com/",
        "/v1/../admin",
    ] {
        let said = got(&scene, &format!("{url}/redirect/307?{location}")).await;
        let is_refused = ["is not granted", "was not followed", "cannot be granted"];
        assert!(is_refused.iter().any(|text| said.contains(text)), "{location}: {said}");
    }
    assert_eq!(other.connections(), 1);
}

#[tokio::test]
async fn a_path_that_hides_another_is_refused_whatever_was_granted() {
    let service = Service::start().await;
    let scene = scene_for(&service, "").await;
    for path in [
        "/v1/../x",
        "/v1/%2e%2e/x",
        "/v1/..%2fx",
        "/v1/%252e%252e/x",
        "/v1/..;/x",
        "/v1\\..\\x",
        "/v1/a%0d%0ab",
    ] {
        let said = got(&scene, &format!("{}{path}", service.url())).await;
        assert!(said.contains("cannot be sent"), "{path}: {said}");
    }
    assert_eq!(service.connections(), 0);
}

#[tokio::test]
async fn there_is_no_http_without_a_grant() {
    let scene = Place::new().plugin("http_calls").serve().await;
    let said = got(&scene, "https://api.example.com/").await;
    assert!(
        said.contains("add `http = [\"GET https://api.example.com/\"]` under [grant]"),
        "{said}"
    );
}
