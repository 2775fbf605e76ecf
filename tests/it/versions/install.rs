//! Plugins that are installed: checked first, and placed in one step.

use std::{collections::HashMap, fs, sync::Arc};

use axum::{
    Router,
    http::{StatusCode, Uri},
};
use serde_json::json;
use test_guests::guest;

use super::{ONE, TWO, hello};
use crate::{
    operate::{place, run},
    support::{Place, wasm},
};

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex::encode(sha2::Sha256::digest(bytes))
}

/// Serves these paths on this machine; tells its address.
async fn serve(files: HashMap<String, Vec<u8>>) -> String {
    let files = Arc::new(files);
    let router = Router::new().fallback(async move |uri: Uri| match files.get(uri.path()) {
        Some(content) => (StatusCode::OK, content.clone()),
        None => (StatusCode::NOT_FOUND, Vec::new()),
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn install(place: &Place, arguments: &[&str]) -> crate::support::Finished {
    run(place, &[&["plugin", "install"], arguments].concat()).await
}

#[tokio::test]
async fn a_plugin_is_installed_from_a_file_an_address_or_a_registry() {
    let (second, second_v2) = (wasm("second"), wasm("second_v2"));
    let digest = sha256(&second_v2);
    let manifest = json!({
        "schemaVersion": 2,
        "layers": [{"mediaType": "application/wasm", "digest": format!("sha256:{digest}"), "size": second_v2.len()}],
    })
    .to_string();
    let address = serve(HashMap::from([
        ("/files/second.wasm".to_owned(), second.clone()),
        ("/v2/acme/second/manifests/2".to_owned(), manifest.into_bytes()),
        (format!("/v2/acme/second/blobs/sha256:{digest}"), second_v2),
    ]))
    .await;
    let place = place();
    let mut program = place.run(&[]);
    let client = program.serving().await;

    let from_file = guest("second");
    let done = install(&place, &[from_file.to_str().unwrap()]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    client.until_click_says(hello(), ONE).await;

    let done = install(&place, &[&format!("oci://{address}/acme/second:2")]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stdout.contains("installed second 2"), "{done:?}");
    client.until_click_says(hello(), TWO).await;

    let url = format!("http://{address}/files/second.wasm#sha256={}", sha256(&second));
    let done = install(&place, &[&url]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    client.until_click_says(hello(), ONE).await;
}

#[tokio::test]
async fn the_signature_of_another_component_does_not_stay_beside_a_new_one() {
    let place = place()
        .plugin("second")
        .file("second.wasm.sig", b"of what was there before");
    let done = install(&place, &[guest("second_v2").to_str().unwrap(), "--name", "second"]).await;
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(fs::read(place.plugin_path("second.wasm")).unwrap() == wasm("second_v2"));
    let left: Vec<_> = fs::read_dir(place.path("plugins"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["second.wasm"]);
}

#[tokio::test]
async fn what_is_not_fit_replaces_nothing() {
    let second = wasm("second");
    let address = serve(HashMap::from([("/second.wasm".to_owned(), second.clone())])).await;
    let place = place().plugin("second").file("broken.txt", b"no component");
    let broken = place.plugin_path("broken.txt");
    let wants = guest("wants_config");
    let url = |rest: &str| format!("http://{address}/{rest}");
    for (source, code, told) in [
        (broken.to_str().unwrap(), 1, "not WebAssembly"),
        ("/no/such/file.wasm", 1, "cannot be read"),
        (wants.to_str().unwrap(), 1, "greeting"),
        (&url("second.wasm"), 2, "lacks the hash"),
        (
            &url(&format!("second.wasm#sha256={}", "0".repeat(64))),
            1,
            "its SHA-256 is",
        ),
        (&url(&format!("other.wasm#sha256={}", sha256(&second))), 1, "404"),
        (
            &format!("http://example.com/second.wasm#sha256={}", sha256(&second)),
            2,
            "not https",
        ),
        (&format!("oci://{address}/acme/second:1"), 1, "404"),
    ] {
        let done = install(&place, &[source, "--name", "second"]).await;
        assert_eq!(done.code, Some(code), "{source}: {done:?}");
        assert!(done.stderr.contains(told), "{source}: {done:?}");
    }
    assert!(fs::read(place.plugin_path("second.wasm")).unwrap() == second);
    let left: Vec<_> = fs::read_dir(place.path("plugins"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left.len(), 2, "{left:?}");
}
