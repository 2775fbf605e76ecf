//! The proxies of the documents, with the real programs: what Lark sends gets through unchanged.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::json;
use test_guests::parts::Part;

use super::Page;
use crate::support::{Client, Place, Request, Scene, root, until};

/// A program that runs; it is ended when dropped.
struct Proxy(Child);

impl Proxy {
    fn start(command: &mut Command) -> Self {
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self(quiet.spawn().unwrap())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The blocks of a language on the page about proxies.
fn blocks(language: &str) -> Vec<String> {
    let page = Page::read(&root().join("host/docs/proxy.md"));
    let blocks = page.blocks.iter().filter(|block| block.language() == language);
    let texts: Vec<_> = blocks.map(|block| block.lines.join("\n")).collect();
    assert!(!texts.is_empty(), "no block of {language}");
    texts
}

/// A port that nobody has; the kernel does not give it to the next who asks.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Clicks, a click of the largest size, a return and the health go through it; what belongs to the operator does not.
async fn lets_everything_through(scene: &Scene, port: u16) {
    let client = Client {
        address: ([127, 0, 0, 1], port).into(),
        lark: scene.place.lark.clone(),
    };
    until("the proxy", async || std::net::TcpStream::connect(client.address).ok()).await;
    let answer = client.send(&client.lark.click(json!({"count": "clicks"}))).await;
    assert_eq!((answer.status, answer.toast()), (200, "1".to_owned()), "{answer:?}");
    let text = "x".repeat(600_000);
    let answer = client.send(&client.lark.click(json!({"nobody takes": text}))).await;
    assert_eq!((answer.status, &*answer.body), (200, "{}"));
    let answer = client.send(&Request::get("/callback?state=unknown&code=x")).await;
    // Authorization is not set up here, and the page says so.
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.body.contains("<html"), "the page of the server: {answer:?}");
    assert_eq!(client.send(&Request::get("/health")).await.status, 200);
    let forged = client.lark.click(json!({})).header("x-lark-signature", &"0".repeat(64));
    assert_eq!(client.send(&forged).await.status, 401);
    assert_eq!(client.send(&Request::get("/metrics")).await.status, 404);
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

/// The rest of a configuration around the blocks of the page, without a user's rights.
fn nginx(port: u16, upstream: &str, locations: &str) -> String {
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|what| format!("{what}_temp_path {what};\n"))
        .collect();
    format!(
        "daemon off;\nmaster_process off;\npid pid;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{upstream}\n\
         server {{\nlisten 127.0.0.1:{port};\n{locations}\n}}\n}}\n"
    )
}

#[tokio::test]
async fn nginx_lets_everything_through() {
    if !Part::Nginx.is_here_or_said() {
        return;
    }
    let [location, upstream] = &blocks("nginx")[..] else {
        panic!("the page has another number of blocks");
    };
    let kept = location.replace("http://127.0.0.1:8080", "http://lark_callback");
    assert_ne!(&kept, location);
    for locations in [location, &kept] {
        let scene = Place::new().plugin("counter").serve().await;
        let server = scene.client().address.to_string();
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let file = nginx(port, upstream, locations).replace("127.0.0.1:8080", &server);
        write(&folder.path().join("nginx.conf"), &file);
        let mut nginx = Command::new("nginx");
        nginx
            .arg("-p")
            .arg(folder.path())
            .args(["-e", "error.log", "-c", "nginx.conf"]);
        let _proxy = Proxy::start(&mut nginx);
        lets_everything_through(&scene, port).await;
    }
}

#[tokio::test]
async fn caddy_lets_everything_through() {
    if !Part::Caddy.is_here_or_said() {
        return;
    }
    let scene = Place::new().plugin("counter").serve().await;
    let folder = tempfile::tempdir().unwrap();
    let (port, path) = (free_port(), folder.path().join("Caddyfile"));
    let file = blocks("caddyfile").remove(0);
    assert!(file.starts_with("your.host {"), "{file}");
    // Without a certificate, which Caddy would fetch from the internet.
    let file = file
        .replace(
            "your.host",
            &format!("http://127.0.0.1:{port}, http://localhost:{port}"),
        )
        .replace("127.0.0.1:8080", &scene.client().address.to_string());
    write(&path, &format!("{{\n\tadmin off\n\tauto_https off\n}}\n{file}\n"));
    let mut caddy = Command::new("caddy");
    caddy
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(&path)
        .env("HOME", folder.path());
    let _proxy = Proxy::start(&mut caddy);
    lets_everything_through(&scene, port).await;
}
