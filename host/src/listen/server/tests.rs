//! A stop, as those see it who keep connections open.

use axum::{Router, routing::post};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinHandle,
};

use super::*;

const REQUEST: &[u8] = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\nhi";

/// More than any test waits.
const LONG: Duration = Duration::from_mins(10);

struct Scene {
    address: std::net::SocketAddr,
    leaving: CancellationToken,
    stop: CancellationToken,
    serving: JoinHandle<()>,
}

impl Scene {
    async fn new(next_request: Duration) -> Self {
        let socket = Socket::bind("127.0.0.1", 0, 0).await.unwrap();
        let address = socket.address().tcp().unwrap();
        let (leaving, stop) = (CancellationToken::new(), CancellationToken::new());
        let settings = ServerSettings {
            leaving: leaving.clone(),
            next_request,
            ..ServerSettings::default()
        };
        let router = Router::new().route("/", post(|body: String| async { body }));
        let serving = tokio::spawn(serve(socket, router.into(), settings, stop.clone()));
        Self {
            address,
            leaving,
            stop,
            serving,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

/// Sends a request and reads its answer, in lower case.
async fn ask(stream: &mut TcpStream) -> String {
    stream.write_all(REQUEST).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"hi") {
        assert_ne!(
            stream.read_buf(&mut answer).await.unwrap(),
            0,
            "it was closed: {answer:?}"
        );
    }
    String::from_utf8(answer).unwrap().to_ascii_lowercase()
}

async fn assert_closed(stream: &mut TcpStream) {
    assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_request_that_comes_on_an_idle_connection_at_the_stop_is_answered_as_the_last() {
    let scene = Scene::new(LONG).await;
    let (mut one, mut other) = (scene.connect().await, scene.connect().await);
    for stream in [&mut one, &mut other] {
        assert!(!ask(stream).await.contains("connection: close"));
    }
    scene.stop.cancel();
    for stream in [&mut one, &mut other] {
        assert!(ask(stream).await.contains("connection: close"));
        assert_closed(stream).await;
    }
    // Nobody is left who might still ask.
    scene.serving.await.unwrap();
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_the_grace_period() {
    let scene = Scene::new(Duration::from_millis(50)).await;
    let mut idle = scene.connect().await;
    ask(&mut idle).await;
    scene.stop.cancel();
    assert_closed(&mut idle).await;
    scene.serving.await.unwrap();
}

#[tokio::test]
async fn new_connections_are_taken_while_others_are_idle() {
    let scene = Scene::new(LONG).await;
    let mut idle = scene.connect().await;
    ask(&mut idle).await;
    scene.stop.cancel();
    let mut new = scene.connect().await;
    assert!(ask(&mut new).await.contains("connection: close"));
    assert!(ask(&mut idle).await.contains("connection: close"));
    scene.serving.await.unwrap();
}

#[tokio::test]
async fn before_the_stop_proxies_are_sent_elsewhere_answer_by_answer() {
    let scene = Scene::new(LONG).await;
    let mut pooled = scene.connect().await;
    ask(&mut pooled).await;
    scene.leaving.cancel();
    assert!(ask(&mut pooled).await.contains("connection: close"));
    assert_closed(&mut pooled).await;
    // It is not the stop: whoever connects is served.
    assert!(ask(&mut scene.connect().await).await.contains("connection: close"));
    scene.stop.cancel();
    scene.serving.await.unwrap();
}
