//! The way outward: through the environment's proxy, and over TLS with a CA of one's own.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::json;
use test_guests::parts::Part;

use super::place;
use crate::support::Service;

#[tokio::test]
async fn requests_go_through_the_proxy_of_the_environment_and_not_to_this_machine() {
    let (proxy, service) = (Service::start().await, Service::start().await);
    let url = service.url();
    let by_name = format!("http://localhost:{}", service.address.port());
    let place = place(&format!(
        "[grant]\nhttp = ['GET http://*.example.invalid/**']\n\
         http_private = ['GET {url}/**', 'GET {by_name}/**', 'GET http://10.1.2.3/**']"
    ));
    let proxies = [
        ("HTTP_PROXY", &proxy.url()[..]),
        ("NO_PROXY", "direct.example.invalid,10.1.2.3"),
    ];
    let mut program = place.run_with(&[], &proxies);
    let client = program.serving().await;
    let get = |url: &str| json!({"requests": [{"url": url, "timeout_ms": 1500}]});
    client
        .until_click_says(get("http://api.example.invalid/v1?a=b"), "200 ok")
        .await;
    let seen = proxy.requests();
    assert!(
        seen[0].starts_with("GET http://api.example.invalid/v1?a=b HTTP/1.1"),
        "{seen:?}"
    );
    // This machine, by any of its names, and what NO_PROXY names are called directly.
    for url in [&url, &by_name] {
        assert_eq!(client.click(get(url)).await.toast(), "200 ok");
    }
    assert_eq!(service.requests().len(), 2);
    let direct = client.click(get("http://direct.example.invalid/")).await.toast();
    assert!(direct.contains("could not be reached"), "{direct}");
    // What may not be called directly may not be called through a proxy either.
    for host in ["metadata.google.internal", "169.254.169.254", "localhost", "127.1"] {
        let said = client.click(get(&format!("http://{host}/"))).await.toast();
        assert!(
            said.contains("cannot be") || said.contains("not granted"),
            "{host}: {said}"
        );
    }
    assert_eq!(proxy.requests().len(), seen.len());
}

/// A service over TLS whose certificate a CA of one's own has issued; ended when it is dropped.
struct Tls(Child, u16);

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const MAKE: &str = r"
set -e
openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days 30 -subj /CN=root 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout leaf.key -out leaf.csr -subj /CN=localhost 2>/dev/null
printf 'subjectAltName=DNS:localhost\n' >leaf.ext
openssl x509 -req -in leaf.csr -CA root.pem -CAkey root.key -CAcreateserial -days 30 -extfile leaf.ext -out leaf.pem 2>/dev/null
";

impl Tls {
    fn start(folder: &std::path::Path) -> Self {
        let made = Command::new("sh").args(["-c", MAKE]).current_dir(folder).status();
        assert!(made.unwrap().success());
        let mut child = Command::new("openssl")
            .args([
                "s_server",
                "-accept",
                "127.0.0.1:0",
                "-cert",
                "leaf.pem",
                "-key",
                "leaf.key",
                "-www",
            ])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let line = lines.find(|line| line.starts_with("ACCEPT")).unwrap();
        let port = line.rsplit_once(':').unwrap().1.trim().parse().unwrap();
        // What it prints later is read by nobody, and must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self(child, port)
    }
}

#[tokio::test]
async fn a_ca_of_one_s_own_is_trusted_when_it_is_set_and_only_then() {
    // It comes with the same packages.
    if !Part::Nginx.is_here_or_said() {
        return;
    }
    let first = place("");
    let folder = first.path("tls");
    fs::create_dir(&folder).unwrap();
    let tls = Tls::start(&folder);
    let url = format!("https://localhost:{}/", tls.1);
    let request = json!({"bytes": true, "requests": [{"url": url}]});
    let toml = format!("[grant]\nhttp_private = ['GET {url}**']");
    first.write("http_calls.toml", toml.as_bytes());
    let scene = first.serve().await;
    let said = scene.click(request.clone()).await.toast();
    assert!(
        said.contains("not trusted") && said.contains("CALLBACK_ROOT_CERTIFICATES"),
        "{said}"
    );
    let place = scene.stop().await;
    let root = folder.join("root.pem").to_string_lossy().into_owned();
    let scene = place.set("CALLBACK_ROOT_CERTIFICATES", &root).serve().await;
    let said = scene.click(request).await.toast();
    assert!(said.starts_with("200 "), "{said}");
}
